"""两步申报核放单: a rarely used form of the 核放单 that links 报关单 of a 两步申报."""

from __future__ import annotations

from customs.documents.two_step_pass.document import TWO_STEP_PASS

__all__ = ["TWO_STEP_PASS"]
