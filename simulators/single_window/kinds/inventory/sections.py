"""The sections of an INV101."""

from __future__ import annotations

from simulators.single_window.form import MessageForm, Section
from simulators.single_window.kinds.inventory import table

GOODS, SECOND_GOODS, GATHERED = "InvtListType", "InvtGoodsType", "InvtWarehouseType"
DECLARATION_ROWS, ECOMMERCE = "InvtDecListType", "InvtCbecBill"

FORM = MessageForm(
    message_type="INV101",
    element="InvtMessage",
    sections=(
        Section("InvtHeadType", "表头", table.HEAD, single=True, least=1),
        Section(GOODS, "表体", table.GOODS, least=1, numbered="GdsSeqno"),
        Section("InvtDecHeadType", "报关单草稿表头", table.DECLARATION_HEAD, single=True),
        Section(DECLARATION_ROWS, "报关单草稿表体", table.DECLARATION_ROW),
        Section(SECOND_GOODS, "料件表体", table.MATERIALS, numbered="GdsSeqno"),
        Section(GATHERED, "出入库单", table.GATHERED_BILL),
        Section(ECOMMERCE, "电商单", table.ECOMMERCE_BILL),
    ),
    internal_no="EtpsInnerInvtNo",
    owner=("BizopEtpsno",),
    applicant="DclEtpsno",
    customs_no="BondInvtNo",
    has_sys_id=True,
    goods=GOODS,
)
