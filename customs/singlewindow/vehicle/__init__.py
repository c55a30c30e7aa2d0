"""Receipt of the 车辆备案."""

from __future__ import annotations

from customs.singlewindow.receipt_forms import ReceiptForm, hde_receipt
from customs.singlewindow.sas_approval import reviewed

# Result codes as for the other SAS documents (M).
FORMS: tuple[ReceiptForm, ...] = (hde_receipt("SAS231", "车辆备案审核回执", reviewed),)

__all__ = ["FORMS"]
