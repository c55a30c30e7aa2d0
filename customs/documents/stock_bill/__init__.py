"""出入库单 (SAS111): field catalogue and rules."""

from __future__ import annotations

from customs.documents.stock_bill.document import STOCK_BILL, StockBill

__all__ = ["STOCK_BILL", "StockBill"]
