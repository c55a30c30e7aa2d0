"""表体 of the 保税核注清单: InvtListType (BondInvtDt in receipts) and, with the same fields, InvtGoodsType."""

from __future__ import annotations

from typing import Annotated

from customs.documents.books import under_logistics_book
from customs.documents.conditions import all_, filled, in_section, is_, like, not_
from customs.documents.fields import Fields, Part, Source

_f = Fields(
    Source("Import dialect: generator code of four implementers and production messages 2019–2024", "H")
)
_late = Fields(Source("One production system of 2024; the older meaning of the element is still met", "M"))
_down = Fields(Source("Customs dialect, schema of 2017", "M"))


class GoodsRow(Part):
    """One goods row. Amounts and quantities are decimal strings; units, countries and currency are numeric codes."""

    seq_no: Annotated[
        str | None, _f.exact("中心统一编号", "SeqNo", 18, "system", form="digits", down=None)
    ] = None
    customs_no: Annotated[
        str | None, _down.text("清单编号", None, 64, "system", form="word", down="bondInvtNo", confidence="L")
    ] = None
    change_count: Annotated[
        int | None,
        _down.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative", confidence="L"),
    ] = None
    line_no: Annotated[int | None, _f.integer("商品序号", "GdsSeqno", 19, "declare", note="从1起连续")] = None
    book_line_no: Annotated[
        int | None,
        _f.integer(
            "备案序号",
            "PutrecSeqno",
            19,
            "when",
            sign="not_negative",
            needed_if=all_(
                filled("head.book_no"),
                not_(all_(is_("head.direction", "I"), under_logistics_book("head.book_no"))),
            ),
        ),
    ] = None
    material_no: Annotated[str | None, _f.text("商品料号", "GdsMtno", 32, "declare", form="mark")] = None
    hs_code: Annotated[
        str | None,
        _f.exact("商品编码", "Gdecd", 10, "declare", form="digits", changeable=True),
    ] = None
    name: Annotated[str | None, _f.text("商品名称", "GdsNm", 512, "declare", changeable=True)] = None
    specification: Annotated[
        str | None,
        _f.text(
            "规格型号",
            "GdsSpcfModelDesc",
            512,
            "declare",
            advised_length=255,
            changeable=True,
            note="申报要素以竖线分隔",
        ),
    ] = None
    unit: Annotated[
        str | None, _f.code("申报计量单位", "DclUnitcd", 3, "units", "declare", exact=True, form="digits")
    ] = None
    statutory_unit: Annotated[
        str | None, _f.code("法定计量单位", "LawfUnitcd", 3, "units", "declare", exact=True, form="digits")
    ] = None
    second_statutory_unit: Annotated[
        str | None,
        _f.code(
            "法定第二计量单位",
            "SecdLawfUnitcd",
            3,
            "units",
            "when",
            exact=True,
            form="digits",
            when="税则规定有第二法定单位时填写",
        ),
    ] = None
    origin_country: Annotated[
        str | None,
        _f.code(
            "原产国(地区)", "Natcd", 3, "countries", "declare", exact=True, form="digits", changeable=True
        ),
    ] = None
    unit_price: Annotated[
        str | None, _f.decimal("申报单价", "DclUprcAmt", 19, 4, "declare", sign="positive", changeable=True)
    ] = None
    total_price: Annotated[
        str | None, _f.decimal("申报总价", "DclTotalAmt", 19, 2, "declare", sign="positive", changeable=True)
    ] = None
    usd_total: Annotated[str | None, _f.decimal("美元统计总金额", "UsdStatTotalAmt", 25, 5)] = None
    currency: Annotated[
        str | None,
        _f.code("币制", "DclCurrcd", 3, "currencies", "declare", exact=True, form="digits", changeable=True),
    ] = None
    statutory_quantity: Annotated[
        str | None, _f.decimal("法定数量", "LawfQty", 19, 5, "declare", sign="positive", changeable=True)
    ] = None
    second_statutory_quantity: Annotated[
        str | None,
        _f.decimal(
            "法定第二数量",
            "SecdLawfQty",
            19,
            5,
            "when",
            changeable=True,
            needed_if=filled("second_statutory_unit"),
        ),
    ] = None
    weight_factor: Annotated[str | None, _f.decimal("重量比例因子", "WtSfVal", 19, 5)] = None
    first_factor: Annotated[str | None, _f.decimal("第一比例因子", "FstSfVal", 19, 5)] = None
    second_factor: Annotated[str | None, _f.decimal("第二比例因子", "SecdSfVal", 19, 5)] = None
    quantity: Annotated[
        str | None, _f.decimal("申报数量", "DclQty", 19, 5, "declare", sign="positive", changeable=True)
    ] = None
    gross_weight: Annotated[str | None, _f.decimal("毛重", "GrossWt", 19, 5, note="单位为千克")] = None
    net_weight: Annotated[str | None, _f.decimal("净重", "NetWt", 19, 5, note="单位为千克")] = None
    key_goods_mark: Annotated[
        str | None, _late.code("重点商品标识", "UseCd", 4, "key_goods_marks", note="原为用途代码")
    ] = None
    levy_mode: Annotated[
        str | None, _f.code("征免方式", "LvyrlfModecd", 1, "levy_modes", "declare", changeable=True)
    ] = None
    consumption_version: Annotated[
        str | None,
        _f.text(
            "单耗版本号",
            "UcnsVerno",
            8,
            "when",
            changeable=True,
            form="mark",
            needed_if=all_(
                in_section("goods"),
                like("head.book_no", "E", "以E开头"),
                is_("head.direction", "I"),
                is_("head.supervision_mode", "4400", "4600"),
            ),
        ),
    ] = None
    entry_line_no: Annotated[
        int | None,
        _f.integer(
            "报关单商品序号",
            "EntryGdsSeqno",
            19,
            note="归并到的报关单商品项；不填则由单一窗口归并",
            on_reverse="clear",
        ),
    ] = None
    form_line_no: Annotated[
        int | None,
        _f.integer(
            "流转申报表序号", "ApplyTbSeqno", 19, sign="not_negative", note="结转业务填写", on_reverse="clear"
        ),
    ] = None
    hazard_mark: Annotated[
        str | None, _late.code("危化品标志", "ClyMarkcd", 4, "hazard_marks", note="原为归类标志")
    ] = None
    destination_country: Annotated[
        str | None,
        _f.code(
            "最终目的国(地区)",
            "DestinationNatcd",
            3,
            "countries",
            "declare",
            exact=True,
            form="digits",
            changeable=True,
            on_reverse="clear",
        ),
    ] = None
    change_mark: Annotated[
        str | None,
        _f.code("修改标志", "ModfMarkcd", 1, "change_marks", "declare", copy_as="3", note="新增的行为3"),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 4000, advised_length=255, changeable=True)] = None
    added_at: Annotated[str | None, _f.datetime("入库时间", "AddTime", down=None, confidence="L")] = None
    source_mark: Annotated[str | None, _late.code("来源标识", "Param1", 64, "goods_sources")] = None
    param2: Annotated[str | None, _down.text("备用2", "Param2", 64)] = None
    param3: Annotated[str | None, _down.decimal("备用3", "Param3", 19, 5)] = None
    param4: Annotated[str | None, _down.datetime("备用4", "Param4", "optional")] = None
    passed_quantity: Annotated[
        str | None, _down.decimal("实际过卡数量", None, 19, 5, "system", down="actlPassQty", confidence="H")
    ] = None
    gate_pass_quantity: Annotated[
        str | None,
        _down.decimal("核放单已用数量", None, 19, 5, "system", down="passportUsedQty", confidence="H"),
    ] = None


class MaterialRow(GoodsRow):
    """One row of the second goods list: the same fields, but 规格型号 may be left out (entry page, H)."""

    specification: Annotated[
        str | None,
        _f.text(
            "规格型号",
            "GdsSpcfModelDesc",
            512,
            advised_length=255,
            changeable=True,
            note="申报要素以竖线分隔",
        ),
    ] = None
