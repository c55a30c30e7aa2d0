"""What a 核放单 covers: its linked documents (PassportAcmp) and, where needed, the goods on the truck (PassportList)."""

from __future__ import annotations

from typing import Annotated

from customs.documents.conditions import is_, not_
from customs.documents.fields import Fields, Part, Source

_linked = Fields(Source("Import dialect: generator code of three implementers and production messages", "H"))
_goods = Fields(Source("One production system of 2024; customs schema of 2017", "M"))


class LinkedDocumentRow(Part):
    """One linked 核注清单, 出入库单 or 提运单."""

    seq_no: Annotated[
        str | None, _linked.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down=None)
    ] = None
    # Capital P in the middle, unlike the same number of the head.
    customs_no: Annotated[
        str | None, _linked.text("核放单编号", "PassPortNo", 64, "system", form="word", down="passportNo")
    ] = None
    linked_type: Annotated[
        str | None,
        _linked.code(
            "关联单证类型", "RtlBillTypecd", 1, "linked_document_types", "declare", down="rltTbTypecd"
        ),
    ] = None
    bill_no: Annotated[
        str | None,
        _linked.text("关联单证编号", "RtlBillNo", 64, "save", down="rltNo", on_reverse="clear", form="mark"),
    ] = None


class LoadedGoodsRow(Part):
    """One goods row of this truck. Weights are kilograms."""

    seq_no: Annotated[
        str | None, _goods.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down=None)
    ] = None
    customs_no: Annotated[str | None, _goods.text("核放单编号", "PassportNo", 64, "system", form="word")] = (
        None
    )
    line_no: Annotated[
        int | None,
        _goods.integer(
            "序号",
            "PassportSeqNo",
            19,
            "declare",
            down="passportSeqno",
            also=("passportSeqNo",),
            note="从1起连续",
        ),
    ] = None
    related_line_no: Annotated[
        int | None,
        _goods.integer(
            "关联商品序号",
            "RltGdsSeqno",
            19,
            "when",
            needed_if=not_(is_("head.gate_pass_type", "5")),
            note="关联单证的商品序号",
            on_reverse="clear",
        ),
    ] = None
    material_no: Annotated[str | None, _goods.text("商品料号", "GdsMtno", 32, "declare", form="mark")] = None
    hs_code: Annotated[str | None, _goods.exact("商品编码", "Gdecd", 10, "declare", form="digits")] = None
    name: Annotated[str | None, _goods.text("商品名称", "GdsNm", 512, "declare")] = None
    unit: Annotated[str | None, _goods.digits_code("申报计量单位", "DclUnitcd", 3, "units", "declare")] = None
    quantity: Annotated[
        str | None, _goods.decimal("申报数量", "DclQty", 19, 5, "declare", sign="positive")
    ] = None
    gross_weight: Annotated[
        str | None, _goods.decimal("毛重", "GrossWt", 19, 5, "declare", sign="positive", note="单位为千克")
    ] = None
    net_weight: Annotated[
        str | None, _goods.decimal("净重", "NetWt", 19, 5, "declare", sign="positive", note="单位为千克")
    ] = None
    remark: Annotated[str | None, _goods.text("备注", "Rmk", 512)] = None
    reserve1: Annotated[str | None, _goods.text("备用1", "Col1", 255)] = None
    reserve2: Annotated[str | None, _goods.text("备用2", "Col2", 255)] = None
    reserve3: Annotated[str | None, _goods.text("备用3", "Col3", 255)] = None
    reserve4: Annotated[str | None, _goods.text("备用4", "Col4", 255)] = None
    change_count: Annotated[
        int | None,
        _goods.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative"),
    ] = None
