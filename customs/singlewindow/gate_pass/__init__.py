"""Receipts of the 核放单."""

from __future__ import annotations

from customs.singlewindow.gate_pass.receipts import FORMS

__all__ = ["FORMS"]
