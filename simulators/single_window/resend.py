"""INV141: an enterprise asks for the receipts of a document once more.

Names of the fields from the schemas of 2017 (M). What the import dialect calls the business element is not public (L).
"""

from __future__ import annotations

from simulators.single_window.elements import fixed, table, text
from simulators.single_window.form import MessageForm, Section

_HEAD = table(
    text("BusinessId", "单证编号", 128, also="businessId"),
    text("EtpsPreentNo", "企业内部编号或预录入统一编号", 64, also="etpsPreentNo"),
    fixed("SeqNo", "预录入统一编号", 18, numeric=True),
)
RESEND = MessageForm(
    message_type="INV141",
    element="ReceiptDclMessage",
    sections=(Section("ReceiptDclHead", "表头", _HEAD, single=True),),
    internal_no="EtpsPreentNo",
    owner=(),
    applicant="",
    customs_no="BusinessId",
    has_sys_id=True,
)
