"""Receipts of the 保税核注清单."""

from __future__ import annotations

from contracts.singlewindow.inventory.receipts import FORMS

__all__ = ["FORMS"]
