"""Receipt of the 车辆备案."""

from __future__ import annotations

from customs.singlewindow.receipt_forms import HDE_APPROVAL, ReceiptForm
from customs.singlewindow.sas_approval import reviewed

# Result codes as for the other SAS documents (M).
FORMS: tuple[ReceiptForm, ...] = (
    ReceiptForm("SAS231", reviewed, "HdeApprResult", HDE_APPROVAL, reason_fields=("remark",)),
)

__all__ = ["FORMS"]
