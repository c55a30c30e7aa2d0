"""Receipts of the 保税核注清单."""

from __future__ import annotations

from customs.singlewindow.inventory.receipts import FORMS

__all__ = ["FORMS"]
