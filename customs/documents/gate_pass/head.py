"""表头 of the 核放单: PassportHead in the import dialect, SasPassportBsc in receipts, in the generators' order."""

from __future__ import annotations

from typing import Annotated

from customs.documents.conditions import is_, not_
from customs.documents.fields import Fields, Part, Source

_f = Fields(
    Source(
        "Import dialect: generator code of three implementers and production messages; receipts 2019–2024",
        "H",
    )
)
_own = Fields(Source("Generator code of three implementers; receipts do not tell it", "H"), receipts=False)
_reserve = Fields(Source("Generator code of two implementers", "M"))
_told = Fields(Source("Receipts of production 2019–2024", "H"))

_LINKED = {
    "needed_if": is_("gate_pass_type", "1", "2", "3", "4"),
    "shown_if": not_(is_("gate_pass_type", "5", "6")),
}


class GatePassHead(Part):
    """One 核放单. Weights are kilograms. Conditional needs are explained in `when` and checked by the rules here."""

    seq_no: Annotated[
        str | None,
        _f.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down="sasPassportPreentNo"),
    ] = None
    customs_no: Annotated[str | None, _f.text("核放单编号", "PassportNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    gate_pass_type: Annotated[
        str | None, _f.code("核放单类型", "PassportTypecd", 1, "gate_pass_types", "save")
    ] = None
    supervising_customs: Annotated[
        str | None, _f.code("主管海关", "MasterCuscd", 4, "customs_districts", "declare", exact=True)
    ] = None
    declaration_type: Annotated[
        str | None,
        _f.code(
            "申报类型",
            "DclTypecd",
            1,
            "gate_pass_declaration_types",
            "declare",
            copy_as="1",
            note="首次申报为1（备案）；核放单不能变更，只能作废后重新申报",
        ),
    ] = None
    direction: Annotated[
        str | None, _f.code("进出标志", "IoTypecd", 1, "area_directions", "save", on_reverse="flip")
    ] = None
    bind_type: Annotated[
        str | None,
        _f.code("绑定类型", "BindTypecd", 1, "bind_types", "when", **_LINKED),
    ] = None
    linked_type: Annotated[
        str | None,
        _f.code("关联单证类型", "RltTbTypecd", 1, "linked_document_types", "when", **_LINKED),
    ] = None
    linked_nos: Annotated[
        str | None,
        _f.text(
            "关联单证编号",
            "RltNo",
            512,
            "when",
            **_LINKED,
            note="多个编号以反斜杠连接，可由关联单证带出",
            on_reverse="clear",
            form="mark",
        ),
    ] = None
    area_book_no: Annotated[str | None, _own.text("区内账册号", "AreainOriactNo", 64, form="word")] = None
    area_code: Annotated[str | None, _f.exact("区内企业编码", "AreainEtpsno", 10, "declare")] = None
    area_name: Annotated[str | None, _f.text("区内企业名称", "AreainEtpsNm", 512, "declare")] = None
    area_uscc: Annotated[str | None, _f.uscc("区内企业社会信用代码", "AreainEtpsSccd")] = None
    vehicle_no: Annotated[
        str | None, _f.text("承运车牌号", "VehicleNo", 128, "declare", note="车辆应已在海关备案", form="mark")
    ] = None
    vehicle_ic_no: Annotated[str | None, _f.text("IC卡号(电子车牌)", "VehicleIcNo", 128, form="mark")] = None
    container_no: Annotated[str | None, _f.text("集装箱号", "ContainerNo", 128, form="mark")] = None
    vehicle_weight: Annotated[
        str | None, _f.decimal("车自重", "VehicleWt", 19, 5, "declare", sign="positive", note="单位为千克")
    ] = None
    frame_no: Annotated[str | None, _f.text("车架号", "VehicleFrameNo", 256, form="mark")] = None
    frame_weight: Annotated[str | None, _f.decimal("车架重", "VehicleFrameWt", 19, 5, note="单位为千克")] = (
        None
    )
    container_type: Annotated[
        str | None, _f.text("集装箱箱型", "ContainerType", 256, note="没有集装箱时可填0")
    ] = None
    container_weight: Annotated[
        str | None, _f.decimal("集装箱重", "ContainerWt", 19, 5, note="单位为千克")
    ] = None
    total_weight: Annotated[
        str | None,
        _f.decimal(
            "总重量",
            "TotalWt",
            19,
            5,
            "declare",
            sign="positive",
            note="车自重、车架重、集装箱重与货物总毛重之和，单位为千克",
            on_reverse="clear",
        ),
    ] = None
    gross_weight: Annotated[
        str | None,
        _f.decimal(
            "货物总毛重", "TotalGrossWt", 19, 5, "declare", note="单位为千克，空车为0", on_reverse="clear"
        ),
    ] = None
    net_weight: Annotated[
        str | None,
        _f.decimal(
            "货物总净重", "TotalNetWt", 19, 5, "declare", note="单位为千克，空车为0", on_reverse="clear"
        ),
    ] = None
    applicant_contact: Annotated[
        str | None, _f.text("申请人及联系方式", "DclErConc", 512, "declare", note="姓名和电话")
    ] = None
    declared_at: Annotated[str | None, _f.datetime("申报日期", "DclTime")] = None
    declaring_code: Annotated[
        str | None, _own.exact("申报企业编码", "DclEtpsno", 10, "declare", note="应为操作卡所属企业")
    ] = None
    declaring_name: Annotated[str | None, _own.text("申报企业名称", "DclEtpsNm", 512, "declare")] = None
    declaring_uscc: Annotated[str | None, _own.uscc("申报企业社会信用代码", "DclEtpsSccd")] = None
    input_code: Annotated[str | None, _own.exact("录入单位编码", "InputCode", 10, "declare")] = None
    input_uscc: Annotated[str | None, _own.uscc("录入单位社会信用代码", "InputSccd")] = None
    input_name: Annotated[str | None, _own.text("录入单位名称", "InputName", 255, "declare")] = None
    # Receipts call the 预录入统一编号 etpsPreentNo, so that name is never read as this one.
    internal_no: Annotated[
        str | None,
        _own.text(
            "企业内部编号",
            "EtpsPreentNo",
            64,
            "save",
            on_copy="clear",
            note="与区内企业编码一起不得重复",
            form="key",
        ),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 512)] = None
    arrival_mark: Annotated[
        str | None, _f.code("到货确认标志", "Col1", 1, "arrival_marks", confidence="M")
    ] = None
    reserve2: Annotated[str | None, _reserve.text("备用2", "Col2", 255)] = None
    reserve3: Annotated[str | None, _reserve.text("备用3", "Col3", 255)] = None
    reserve4: Annotated[str | None, _reserve.text("备用4", "Col4", 255)] = None
    collected_weight: Annotated[
        str | None, _told.decimal("地磅采集重量", None, 19, 5, "system", down="passCollectWt")
    ] = None
    # With nothing on the scales production receipts give the whole weight here: kilograms, not a percentage (M).
    weight_error: Annotated[
        str | None,
        _told.decimal("重量误差", None, 19, 5, "system", down="wtError", confidence="M", sign="any"),
    ] = None
    gate_id: Annotated[
        # The schema of 2017 and the two-step receipts write passId, production receipts passID.
        str | None, _told.text("卡口编号", None, 64, "system", down="passID", also=("passId",))
    ] = None
    second_gate_id: Annotated[str | None, _told.text("二卡编号", None, 64, "system", down="secdPassId")] = (
        None
    )
    # One sender carries these three in its uploads too, always empty.
    passed_at: Annotated[
        str | None, _told.datetime("过卡时间一", None, down="passTime", also=("PassTime",))
    ] = None
    second_passed_at: Annotated[
        str | None, _told.datetime("过卡时间二", None, down="secdPassTime", also=("SecdPassTime",))
    ] = None
    passage_status: Annotated[
        str | None,
        _told.code("过卡状态", None, 1, "passage_statuses", "system", down="stucd", also=("Stucd",)),
    ] = None
    approval_mark: Annotated[
        str | None, _told.code("审批标志", None, 1, "approval_marks", "system", down="emapvMarkcd")
    ] = None
    inspection_status: Annotated[
        str | None, _told.code("到检状态", None, 1, "inspection_statuses", "system", down="logisticsStucd")
    ] = None
    owner_system: Annotated[
        str | None, _told.code("所属系统", None, 1, "owner_systems", "system", down="ownerSystem")
    ] = None
