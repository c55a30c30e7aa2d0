"""表头 of the 保税核注清单: InvtHeadType in the import dialect, BondInvtBsc in receipts, in the generators' order."""

from __future__ import annotations

from typing import Annotated

from customs.documents.conditions import all_, filled, is_, not_
from customs.documents.fields import Fields, Part, Source
from customs.documents.inventory import situations as on

_f = Fields(
    Source(
        "Import dialect: generator code of four implementers and production messages 2019–2024; receipts 2024",
        "H",
    )
)
_page = Fields(Source("The authority's own entry page, 2020", "M"))

_NO_CODE = "企业没有海关编码时填写NO"


class InventoryHead(Part):
    """One 核注清单. Conditional needs are explained in `when` and checked by the rules of this folder."""

    seq_no: Annotated[
        str | None,
        _f.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down="invtPreentNo"),
    ] = None
    customs_no: Annotated[str | None, _f.text("清单编号", "BondInvtNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _f.integer("变更次数", "ChgTmsCnt", 19, "system", sign="not_negative")
    ] = None
    book_no: Annotated[
        str | None,
        _f.exact(
            "手(账)册编号",
            "PutrecNo",
            12,
            "when",
            needed_if=all_(filled("inventory_type"), not_(is_("inventory_type", "4"))),
        ),
    ] = None
    inventory_type: Annotated[
        str | None, _f.code("清单类型", "InvtType", 1, "inventory_types", "save", down="bondInvtTypecd")
    ] = None
    internal_no: Annotated[
        str | None,
        _f.text(
            "企业内部清单编号",
            "EtpsInnerInvtNo",
            64,
            "save",
            on_copy="clear",
            note="同一企业内不得重复",
            form="key",
        ),
    ] = None
    operating_code: Annotated[str | None, _f.exact("经营企业编码", "BizopEtpsno", 10, "save")] = None
    operating_uscc: Annotated[str | None, _f.uscc("经营企业社会信用代码", "BizopEtpsSccd")] = None
    operating_name: Annotated[str | None, _f.text("经营企业名称", "BizopEtpsNm", 512, "declare")] = None
    receiving_code: Annotated[str | None, _f.exact("加工(收货)企业编码", "RcvgdEtpsno", 10, "declare")] = None
    # The authority spells this one Rvsngd beside its neighbours' Rcvgd.
    receiving_uscc: Annotated[str | None, _f.uscc("加工(收货)企业社会信用代码", "RvsngdEtpsSccd")] = None
    receiving_name: Annotated[str | None, _f.text("加工(收货)企业名称", "RcvgdEtpsNm", 512, "declare")] = None
    declaring_code: Annotated[
        str | None,
        _f.exact("申报企业编码", "DclEtpsno", 10, "declare", note="应为操作卡所属企业"),
    ] = None
    declaring_uscc: Annotated[str | None, _f.uscc("申报企业社会信用代码", "DclEtpsSccd")] = None
    declaring_name: Annotated[str | None, _f.text("申报企业名称", "DclEtpsNm", 512, "declare")] = None
    input_code: Annotated[str | None, _f.exact("录入单位编码", "InputCode", 10, "declare", down=None)] = None
    input_uscc: Annotated[str | None, _f.uscc("录入单位社会信用代码", "InputCreditCode", down=None)] = None
    input_name: Annotated[str | None, _f.text("录入单位名称", "InputName", 255, "declare", down=None)] = None
    input_date: Annotated[str | None, _f.date("录入日期", "InputTime", down=None, on_copy="clear")] = None
    related_inventory_no: Annotated[
        str | None, _f.text("关联清单编号", "RltInvtNo", 64, form="word", on_reverse="clear")
    ] = None
    related_book_no: Annotated[
        str | None,
        _f.text(
            "关联手(账)册备案号",
            "RltPutrecNo",
            64,
            "when",
            form="book",
            needed_if=on.ONE_REVIEW,
            on_reverse="clear",
        ),
    ] = None
    corresponding_declaring_code: Annotated[
        str | None,
        _f.exact(
            "对应报关单申报单位编码",
            "CorrEntryDclEtpsNo",
            10,
            "when",
            down=None,
            **on.IF_CORRESPONDING,
        ),
    ] = None
    corresponding_declaring_uscc: Annotated[
        str | None,
        _f.uscc(
            "对应报关单申报单位社会信用代码", "CorrEntryDclEtpsSccd", shown_if=on.CORRESPONDING, down=None
        ),
    ] = None
    corresponding_declaring_name: Annotated[
        str | None,
        _f.text(
            "对应报关单申报单位名称",
            "CorrEntryDclEtpsNm",
            512,
            "when",
            down=None,
            **on.IF_CORRESPONDING,
        ),
    ] = None
    related_trader_code: Annotated[
        str | None,
        _f.text(
            "关联报关单境内收发货人编码",
            "RltEntryBizopEtpsno",
            10,
            "when",
            form="party",
            **on.IF_RELATED,
            note=_NO_CODE,
        ),
    ] = None
    related_trader_uscc: Annotated[
        str | None,
        _f.uscc("关联报关单境内收发货人社会信用代码", "RltEntryBizopEtpsSccd", shown_if=on.RELATED),
    ] = None
    related_trader_name: Annotated[
        str | None,
        _f.text(
            "关联报关单境内收发货人名称",
            "RltEntryBizopEtpsNm",
            512,
            "when",
            **on.IF_RELATED,
        ),
    ] = None
    related_user_code: Annotated[
        str | None,
        _f.text(
            "关联报关单生产销售(消费使用)单位编码",
            "RltEntryRcvgdEtpsno",
            10,
            "when",
            form="party",
            **on.IF_RELATED,
            note=_NO_CODE,
            down=None,
        ),
    ] = None
    related_user_uscc: Annotated[
        str | None,
        _f.uscc(
            "关联报关单生产销售(消费使用)单位社会信用代码",
            "RltEntryRvsngdEtpsSccd",
            shown_if=on.RELATED,
            down=None,
        ),
    ] = None
    related_user_name: Annotated[
        str | None,
        _f.text(
            "关联报关单生产销售(消费使用)单位名称",
            "RltEntryRcvgdEtpsNm",
            512,
            "when",
            down=None,
            **on.IF_RELATED,
        ),
    ] = None
    related_declaring_code: Annotated[
        str | None,
        _f.text(
            "关联报关单申报单位编码",
            "RltEntryDclEtpsno",
            10,
            "when",
            form="party",
            **on.IF_RELATED,
            note=_NO_CODE,
            down=None,
        ),
    ] = None
    related_declaring_uscc: Annotated[
        str | None,
        _f.uscc("关联报关单申报单位社会信用代码", "RltEntryDclEtpsSccd", shown_if=on.RELATED, down=None),
    ] = None
    related_declaring_name: Annotated[
        str | None,
        _f.text(
            "关联报关单申报单位名称",
            "RltEntryDclEtpsNm",
            512,
            "when",
            down=None,
            **on.IF_RELATED,
        ),
    ] = None
    border_customs: Annotated[
        str | None,
        _f.code(
            "进出境关别",
            "ImpexpPortcd",
            4,
            "customs_districts",
            "declare",
            exact=True,
            changeable=True,
            on_reverse="clear",
        ),
    ] = None
    supervising_customs: Annotated[
        str | None, _f.code("主管海关", "DclPlcCuscd", 4, "customs_districts", "declare", exact=True)
    ] = None
    direction: Annotated[
        str | None, _f.code("进出口标记", "ImpexpMarkcd", 1, "directions", "declare", on_reverse="flip")
    ] = None
    material_mark: Annotated[
        str | None, _f.code("料件成品标志", "MtpckEndprdMarkcd", 1, "material_marks", "save")
    ] = None
    supervision_mode: Annotated[
        str | None,
        _f.code(
            "监管方式",
            "SupvModecd",
            4,
            "supervision_modes",
            "save",
            exact=True,
            form="digits",
            changeable=True,
        ),
    ] = None
    transport_mode: Annotated[
        str | None,
        _f.code(
            "运输方式", "TrspModecd", 1, "transport_modes", "declare", changeable=True, on_reverse="clear"
        ),
    ] = None
    business_form_no: Annotated[
        str | None,
        _f.text("申报表编号", "ApplyNo", 64, "when", form="word", needed_if=is_("inventory_type", "9")),
    ] = None
    transfer_type: Annotated[
        str | None,
        _f.code(
            "流转类型",
            "ListType",
            1,
            "transfer_types",
            "when",
            when="清单类型9时应为Y；其他仅结转业务填写",
            down=None,
        ),
    ] = None
    clearance_flag: Annotated[str | None, _f.code("报关标志", "DclcusFlag", 1, "clearance_flags", "save")] = (
        None
    )
    clearance_type: Annotated[
        str | None,
        _f.code(
            "报关类型",
            "DclcusTypecd",
            1,
            "clearance_types",
            "when",
            needed_if=on.CLEARED,
            shown_if=not_(is_("clearance_flag", "2")),
        ),
    ] = None
    card_no: Annotated[
        str | None, _f.text("申报人IC卡号", "IcCardNo", 20, form="mark", on_copy="clear", down=None)
    ] = None
    entry_type: Annotated[
        str | None,
        _f.code(
            "报关单类型",
            "DecType",
            1,
            "entry_types",
            "when",
            needed_if=all_(on.CLEARED, is_("generate_entry", "1")),
            shown_if=not_(is_("clearance_flag", "2")),
            down=None,
        ),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 4000, advised_length=255, changeable=True)] = None
    shipment_country: Annotated[
        str | None,
        _f.code(
            "起运/运抵国(地区)",
            "StshipTrsarvNatcd",
            3,
            "countries",
            "declare",
            exact=True,
            form="digits",
            changeable=True,
            on_reverse="clear",
        ),
    ] = None
    entry_no: Annotated[
        str | None,
        _f.text(
            "对应报关单编号",
            "EntryNo",
            64,
            "when",
            form="word",
            needed_if=all_(on.CLEARED, on.CORRESPONDING, on.TWO_STEP),
            on_copy="clear",
        ),
    ] = None
    related_entry_no: Annotated[
        str | None,
        _f.text(
            "关联报关单编号",
            "RltEntryNo",
            64,
            "when",
            form="word",
            needed_if=all_(on.CLEARED, on.RELATED, on.TWO_STEP),
            on_copy="clear",
        ),
    ] = None
    declaration_type: Annotated[
        str | None,
        _f.code(
            "申报类型",
            "DclTypecd",
            1,
            "declaration_types",
            "declare",
            copy_as="1",
            note="首次申报为1（备案）",
        ),
    ] = None
    declared_at: Annotated[str | None, _f.datetime("清单申报日期", "InvtDclTime")] = None
    entry_declared_at: Annotated[str | None, _f.datetime("报关单申报日期", "EntryDclTime")] = None
    deduction_mark: Annotated[
        str | None, _f.code("核扣标记", "VrfdedMarkcd", 4, "deduction_marks", "system")
    ] = None
    gate_status: Annotated[
        str | None, _f.code("清单进出卡口状态", "InvtIochkptStucd", 4, "gate_statuses", "system")
    ] = None
    pre_deducted_at: Annotated[str | None, _f.datetime("预核扣时间", "PrevdTime")] = None
    deducted_at: Annotated[str | None, _f.datetime("正式核扣时间", "FormalVrfdedTime")] = None
    entry_status: Annotated[str | None, _f.code("报关状态", "EntryStucd", 1, "entry_statuses", "system")] = (
        None
    )
    gate_pass_status: Annotated[
        str | None,
        # Capital C in the upload, small c in receipts.
        _f.code(
            "核放单生成标志",
            "PassportUsedTypeCd",
            1,
            "gate_pass_statuses",
            "system",
            down="passportUsedTypecd",
        ),
    ] = None
    entry_sync_mark: Annotated[
        str | None, _f.text("报关单同步修改标志", "NeedEntryModified", 1, "system")
    ] = None
    levy_amount: Annotated[str | None, _f.decimal("计征金额", "LevyBlAmt", 25, 5, "system")] = None
    generate_entry: Annotated[
        str | None,
        _f.code("是否生成报关单", "GenDecFlag", 1, "generate_flags", "save", down=None),
    ] = None
    list_status: Annotated[
        str | None, _f.code("数据状态", "ListStat", 1, "list_statuses", "system", down=None)
    ] = None
    added_at: Annotated[str | None, _f.datetime("入库时间", "AddTime", down=None)] = None
    customs_inventory_type: Annotated[
        str | None,
        _f.code("海关清单类型", "BondInvtTypecd", 1, "inventory_types", "system", down=None, confidence="L"),
    ] = None
    customs_status: Annotated[
        str | None, _f.code("清单状态", None, 1, "customs_statuses", "system", down="invtStucd")
    ] = None
    deduction_mode: Annotated[
        str | None, _f.code("核扣方式", None, 2, "deduction_modes", "system", down="vrfdedModecd")
    ] = None
    accounting_code: Annotated[
        str | None, _f.text("核算代码", None, 4, "system", down="duCode", confidence="M")
    ] = None
    param1: Annotated[str | None, _page.text("备用1", "Param1", 64)] = None
    param2: Annotated[str | None, _page.text("备用2", "Param2", 64)] = None
    param3: Annotated[str | None, _page.decimal("备用3", "Param3", 19, 5)] = None
    param4: Annotated[str | None, _page.datetime("备用4", "Param4", "optional")] = None
