"""Receipts of the 出入库单."""

from __future__ import annotations

from customs.singlewindow.stock_bill.receipts import FORMS

__all__ = ["FORMS"]
