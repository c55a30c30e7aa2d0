"""Receipts of the 两步申报核放单: review, and the gate as for every 核放单."""

from __future__ import annotations

from customs.singlewindow.gate_pass.receipts import PASSING_TIMES, passing
from customs.singlewindow.receipt_forms import ReceiptForm, hde_receipt
from customs.singlewindow.sas_approval import reviewed

FORMS: tuple[ReceiptForm, ...] = (
    hde_receipt("SAS251", "两步申报核放单审核回执", reviewed),
    hde_receipt("SAS253", "两步申报核放单过卡回执", passing, head_time=PASSING_TIMES),
)

__all__ = ["FORMS"]
