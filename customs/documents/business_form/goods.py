"""表体 of the 业务申报表: AppGoods and the 单耗 AppUcns; in receipts SasDclDt and SasDclUcnsDt."""

from __future__ import annotations

from typing import Annotated

from customs.documents.books import under_logistics_book
from customs.documents.conditions import all_, is_, not_
from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(
    Source(
        "Import schema as one generator re-types it, field remarks of a second; customs schema of 2017", "H"
    )
)
# Names the customs schema of 2017 does not have yet: receipts of later years carry more than it lists.
_late = Fields(Source("Import schema as one generator re-types it", "H"))
_own = Fields(Source("Import schema as one generator re-types it", "H"), receipts=False)
_told = Fields(Source("Customs schema of 2017", "H"))


class FormGoodsRow(Part):
    """One goods row: what may enter or leave the area under this form, and how much of it."""

    seq_no: Annotated[str | None, _own.exact("预录入编号", "SeqNo", 18, "system", form="digits")] = None
    customs_no: Annotated[str | None, _f.text("申报表编号", "SasDclNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    line_no: Annotated[
        int | None,
        _f.integer("申报序号", "SasDclSeqno", 19, "declare", note="在同一料件成品标志内不得重复"),
    ] = None
    book_line_no: Annotated[
        int | None,
        _f.integer(
            "底账商品序号",
            "OriactGdsSeqno",
            19,
            "when",
            sign="not_negative",
            needed_if=not_(all_(is_("head.direction", "I"), under_logistics_book("head.area_book_no"))),
        ),
    ] = None
    material_mark: Annotated[
        str | None, _f.code("料件成品标志", "MtpckEndprdTypecd", 25, "form_material_marks", "declare")
    ] = None
    hs_code: Annotated[
        str | None, _f.exact("商品编码", "Gdecd", 10, "declare", form="digits", changeable=True)
    ] = None
    name: Annotated[str | None, _f.text("商品名称", "GdsNm", 512, "declare", changeable=True)] = None
    specification: Annotated[
        str | None,
        _f.text("规格型号", "GdsSpcfModelDesc", 512, "declare", changeable=True, note="申报要素以竖线分隔"),
    ] = None
    quantity: Annotated[
        str | None, _f.decimal("数量", "DclQty", 25, 5, "declare", sign="positive", changeable=True)
    ] = None
    unit: Annotated[
        str | None, _f.digits_code("申报计量单位", "DclUnitcd", 3, "units", "declare", changeable=True)
    ] = None
    unit_price: Annotated[str | None, _f.decimal("单价", "DclUprcAmt", 31, 4, "declare", changeable=True)] = (
        None
    )
    total_price: Annotated[
        str | None, _f.decimal("总价", "DclTotalAmt", 31, 2, "declare", changeable=True)
    ] = None
    currency: Annotated[
        str | None, _f.digits_code("币制", "DclCurrcd", 3, "currencies", "declare", changeable=True)
    ] = None
    licence_no: Annotated[
        str | None, _f.text("许可证编号", "LicenceNo", 30, changeable=True, form="mark")
    ] = None
    licence_valid_until: Annotated[
        str | None,
        _f.date(
            "许可证有效期",
            spelt("SAS101", "LicenceValidTime"),
            down="licenceValidTime",
            changeable=True,
            confidence="M",
        ),
    ] = None
    goods_mark: Annotated[
        str | None, _f.text("商品标记", "GdsMarkcd", 4, changeable=True, confidence="M", form="mark")
    ] = None
    goods_remark: Annotated[
        str | None, _f.text("商品备注", "GdsRmk", 4000, changeable=True, confidence="M")
    ] = None
    change_mark: Annotated[
        str | None,
        _f.code("修改标志", "ModfMarkcd", 4, "change_marks", "declare", copy_as="3", note="新增的行为3"),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 512, changeable=True)] = None
    material_no: Annotated[
        str | None, _late.text("商品料号", "GdsMtno", 32, "declare", changeable=True, form="mark")
    ] = None
    statutory_unit: Annotated[
        str | None, _late.digits_code("法定计量单位", "LawfUnitcd", 3, "units", "declare", changeable=True)
    ] = None
    second_statutory_unit: Annotated[
        str | None,
        _late.digits_code("法定第二计量单位", "SecdLawfUnitcd", 3, "units", changeable=True, confidence="M"),
    ] = None
    product_type: Annotated[
        str | None, _late.text("成品类型", "EndprdGdsTypecd", 4, changeable=True, confidence="M", form="mark")
    ] = None
    reserve1: Annotated[str | None, _f.text("备用1", "Col1", 255, changeable=True, confidence="M")] = None
    reserve2: Annotated[str | None, _f.text("备用2", "Col2", 255, changeable=True, confidence="M")] = None
    reserve3: Annotated[str | None, _f.text("备用3", "Col3", 255, changeable=True, confidence="M")] = None
    reserve4: Annotated[str | None, _f.text("备用4", "Col4", 255, changeable=True, confidence="M")] = None
    out_quantity: Annotated[
        str | None, _told.decimal("实际出区数量", None, 19, 5, "system", down="actlAreaoutQty")
    ] = None
    in_quantity: Annotated[
        str | None, _told.decimal("实际进区数量", None, 19, 5, "system", down="actlAreainQty")
    ] = None
    deducted_quantity: Annotated[
        str | None, _told.decimal("清单已核扣数量", None, 19, 5, "system", down="invtVdedtQty")
    ] = None
    deducted_at: Annotated[str | None, _told.datetime("最近核扣时间", None, down="rcntVdedtTime")] = None


class ConsumptionRow(Part):
    """One 单耗: how much of a material one piece of a finished product takes up."""

    seq_no: Annotated[str | None, _own.exact("预录入统一编号", "SeqNo", 18, "system", form="digits")] = None
    customs_no: Annotated[str | None, _f.text("申报表编号", "SasDclNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    product_line_no: Annotated[
        int | None, _f.integer("成品序号", "EndprdSeqno", 19, "declare", note="表体中成品的申报序号")
    ] = None
    material_line_no: Annotated[
        int | None, _f.integer("料件序号", "MtpckSeqno", 19, "declare", note="表体中料件的申报序号")
    ] = None
    net_consumption: Annotated[
        str | None, _f.decimal("净耗", "NetUseupQty", 19, 9, "declare", changeable=True)
    ] = None
    loss_rate: Annotated[str | None, _f.decimal("损耗率", "LossRate", 19, 9, "declare", changeable=True)] = (
        None
    )
    change_mark: Annotated[
        str | None,
        _f.code("修改标志", "ModfMarkcd", 1, "change_marks", "declare", copy_as="3", note="新增的行为3"),
    ] = None
    reserve1: Annotated[str | None, _f.text("备用1", "Col1", 255, changeable=True, confidence="M")] = None
    reserve2: Annotated[str | None, _f.text("备用2", "Col2", 255, changeable=True, confidence="M")] = None
    reserve3: Annotated[str | None, _f.text("备用3", "Col3", 255, changeable=True, confidence="M")] = None
    reserve4: Annotated[str | None, _f.text("备用4", "Col4", 255, changeable=True, confidence="M")] = None
