"""Receipts of the 出入库单."""

from __future__ import annotations

from contracts.singlewindow.stock_bill.receipts import FORMS

__all__ = ["FORMS"]
