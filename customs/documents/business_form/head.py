"""表头 of the 业务申报表: AppHead in the import dialect, SasDclBsc in receipts, in the order of the import schema."""

from __future__ import annotations

from typing import Annotated

from customs.documents.conditions import is_
from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(
    Source(
        "Import schema as one generator re-types it, field remarks of a second; customs schema of 2017", "H"
    )
)
# Names the customs schema of 2017 does not have yet: receipts of later years carry more than it lists.
_late = Fields(Source("Import schema as one generator re-types it", "M"))
_own = Fields(Source("Import schema as one generator re-types it", "H"), receipts=False)
_told = Fields(Source("Customs schema of 2017", "H"))


class BusinessFormHead(Part):
    """One 业务申报表. Conditional needs are explained in `when` and checked by the rules of this folder."""

    seq_no: Annotated[
        str | None,
        _f.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down="sasDclPreentNo"),
    ] = None
    customs_no: Annotated[str | None, _f.text("申报表编号", "SasDclNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    supervising_customs: Annotated[
        str | None,
        _f.code(
            "主管海关",
            spelt("SAS101", "MasterCuscd"),
            4,
            "customs_districts",
            "declare",
            exact=True,
            down="masterCuscd",
        ),
    ] = None
    declaration_type: Annotated[
        str | None,
        _f.code(
            "申报类型",
            "DclTypecd",
            1,
            "form_declaration_types",
            "declare",
            copy_as="1",
            note="首次申报为1（备案）",
        ),
    ] = None
    business_type: Annotated[
        str | None, _f.code("业务类型", "BusinessTypecd", 1, "business_types", "save")
    ] = None
    direction: Annotated[
        str | None, _f.code("货物流向", "DirectionTypecd", 1, "area_directions", "save", on_reverse="flip")
    ] = None
    area_book_no: Annotated[str | None, _f.text("区内账册编号", "AreainOriactNo", 64, form="word")] = None
    outside_book_no: Annotated[
        str | None, _f.text("区外账册编号", "AreaoutOriactNo", 64, form="word", changeable=True)
    ] = None
    area_code: Annotated[str | None, _f.exact("区内企业编码", "AreainEtpsno", 10, "declare")] = None
    area_name: Annotated[str | None, _f.text("区内企业名称", "AreainEtpsNm", 512, "declare")] = None
    area_uscc: Annotated[str | None, _f.uscc("区内企业社会信用代码", "AreainEtpsSccd")] = None
    outside_code: Annotated[str | None, _f.exact("区外企业编码", "AreaoutEtpsno", 10, changeable=True)] = None
    outside_name: Annotated[str | None, _f.text("区外企业名称", "AreaoutEtpsNm", 512, changeable=True)] = None
    outside_uscc: Annotated[
        str | None, _f.uscc("区外企业社会信用代码", "AreaoutEtpsSccd", changeable=True)
    ] = None
    deposit_no: Annotated[
        str | None,
        _f.text(
            "保证金征收单编号",
            "DpstLevyBlNo",
            64,
            "when",
            form="word",
            on_copy="clear",
            confidence="M",
            when="海关征收保证金时填写",
        ),
    ] = None
    valid_until: Annotated[
        str | None, _f.date("有效期", "ValidTime", "declare", changeable=True, note="不早于申报当日")
    ] = None
    applicant: Annotated[str | None, _f.text("申请人", "DclEr", 256, "declare", changeable=True)] = None
    exhibition_place: Annotated[
        str | None,
        _f.text(
            "展示地",
            "ExhibitionPlace",
            512,
            "when",
            changeable=True,
            confidence="M",
            when="业务类型C（保税展示交易）填写",
            shown_if=is_("business_type", "C"),
        ),
    ] = None
    declaring_code: Annotated[
        str | None, _late.exact("申报企业编码", "DclEtpsno", 10, "declare", note="应为操作卡所属企业")
    ] = None
    declaring_name: Annotated[str | None, _late.text("申报企业名称", "DclEtpsNm", 512, "declare")] = None
    declaring_uscc: Annotated[str | None, _late.uscc("申报企业社会信用代码", "DclEtpsSccd")] = None
    input_code: Annotated[str | None, _own.exact("录入单位编码", "InputCode", 10, "declare")] = None
    input_uscc: Annotated[str | None, _own.uscc("录入单位社会信用代码", "InputSccd", confidence="M")] = None
    input_name: Annotated[str | None, _own.text("录入单位名称", "InputName", 255, "declare")] = None
    # Receipts call the 预录入统一编号 etpsPreentNo, so that name is never read as this one.
    internal_no: Annotated[
        str | None,
        _own.text(
            "企业内部编号", "EtpsPreentNo", 64, "save", on_copy="clear", note="同一企业内不得重复", form="key"
        ),
    ] = None
    material_mark: Annotated[
        str | None,
        _late.code(
            "底账料件成品标志", "MtpckEndprdTypecd", 4, "form_material_marks", "declare", confidence="H"
        ),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 512, changeable=True)] = None
    scrap_mark: Annotated[
        str | None,
        _f.text("边角料标志", "Col1", 255, changeable=True, confidence="M", note="1表示是，空表示否"),
    ] = None
    reserve2: Annotated[str | None, _f.text("备用2", "Col2", 255, changeable=True, confidence="M")] = None
    reserve3: Annotated[str | None, _f.text("备用3", "Col3", 255, changeable=True, confidence="M")] = None
    reserve4: Annotated[str | None, _f.text("备用4", "Col4", 255, changeable=True, confidence="M")] = None
    guarantee_ratio: Annotated[
        str | None, _late.decimal("担保征收比例", "Col4Cus", 19, 5, changeable=True)
    ] = None
    domestic_sale_mark: Annotated[
        str | None,
        _late.code(
            "保税区内销标志", "FreeDomestic", 1, "domestic_sale_marks", changeable=True, note="空表示否"
        ),
    ] = None
    declared_at: Annotated[str | None, _told.datetime("申报日期", None, down="dclTime")] = None
    filing_approved_at: Annotated[
        str | None, _told.datetime("备案审批时间", None, down="putrecEmapvTime")
    ] = None
    change_approved_at: Annotated[str | None, _told.datetime("变更审批时间", None, down="chgEmapvTime")] = (
        None
    )
    concluded_at: Annotated[str | None, _told.datetime("结案审批时间", None, down="clsCaseTime")] = None
    approval_mark: Annotated[
        str | None, _told.code("审批标志", None, 4, "approval_marks", "system", down="emapvMarkcd")
    ] = None
    form_status: Annotated[
        str | None,
        _told.code("申报表状态", None, 4, "form_statuses", "system", down="dclTbStucd", confidence="L"),
    ] = None
    owner_system: Annotated[
        str | None, _told.code("所属系统", None, 4, "owner_systems", "system", down="ownerSystem")
    ] = None
    approval_note: Annotated[
        str | None, _told.text("审批意见", None, 4000, "system", down="emapvDescription")
    ] = None
