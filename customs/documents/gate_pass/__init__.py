"""核放单: a truck's leave to pass the gate with what its linked documents cover."""

from __future__ import annotations

from customs.documents.gate_pass.document import GATE_PASS

__all__ = ["GATE_PASS"]
