"""Receipts of the 两步申报核放单: review, and the gate as for every 核放单."""

from __future__ import annotations

from customs.singlewindow.gate_pass.receipts import PASSING_TIMES, passing
from customs.singlewindow.receipt_forms import HDE_APPROVAL, ReceiptForm
from customs.singlewindow.sas_approval import reviewed

FORMS: tuple[ReceiptForm, ...] = (
    ReceiptForm("SAS251", reviewed, "HdeApprResult", HDE_APPROVAL, reason_fields=("remark",)),
    ReceiptForm(
        "SAS253", passing, "HdeApprResult", HDE_APPROVAL, reason_fields=("remark",), head_time=PASSING_TIMES
    ),
)

__all__ = ["FORMS"]
