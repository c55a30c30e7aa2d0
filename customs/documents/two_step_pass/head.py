"""表头 and 报关单 of the 两步申报核放单: the names of the one public sender, in its order; receipts of production 2024."""

from __future__ import annotations

from typing import Annotated

from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(Source("One production system of 2024, upload and receipts", "M"))
_own = Fields(Source("One production system of 2024; receipts do not tell it", "M"), receipts=False)
_told = Fields(Source("Receipts of one production system of 2024", "M"))


def _spelt(usual: str) -> str:
    return spelt("ICP101", usual)


class TwoStepPassHead(Part):
    """One 两步申报核放单: no goods and no weights, only the truck and the parties."""

    seq_no: Annotated[
        str | None,
        _f.exact("预录入统一编号", _spelt("SeqNo"), 18, "system", form="digits", down="sasPassportPreentNo"),
    ] = None
    customs_no: Annotated[str | None, _f.text("核放单编号", "PassportNo", 64, "system", form="word")] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    internal_no: Annotated[
        str | None,
        _own.text(
            "企业内部编号", "EtpsPreentNo", 64, "save", on_copy="clear", note="同一企业内不得重复", form="key"
        ),
    ] = None
    declaration_type: Annotated[
        str | None,
        _f.code(
            "申报类型",
            "DclTypecd",
            1,
            "two_step_declaration_types",
            "declare",
            copy_as="1",
            note="目前只允许1（备案）",
        ),
    ] = None
    supervising_customs: Annotated[
        str | None, _f.code("主管海关", "MasterCuscd", 4, "customs_districts", "declare", exact=True)
    ] = None
    area_uscc: Annotated[str | None, _f.uscc("区内企业社会信用代码", "AreainEtpsSccd", "declare")] = None
    area_code: Annotated[
        str | None, _f.exact("区内企业编码", _spelt("AreainEtpsno"), 10, "declare", down="areainEtpsno")
    ] = None
    area_name: Annotated[str | None, _f.text("区内企业名称", "AreainEtpsNm", 512, "declare")] = None
    declaring_uscc: Annotated[str | None, _own.uscc("申报企业社会信用代码", "DclEtpsSccd", "declare")] = None
    declaring_code: Annotated[
        str | None,
        _own.exact("申报企业编码", _spelt("DclEtpsno"), 10, "declare", note="应为操作卡所属企业"),
    ] = None
    declaring_name: Annotated[str | None, _own.text("申报企业名称", "DclEtpsNm", 512, "declare")] = None
    input_uscc: Annotated[str | None, _own.uscc("录入单位社会信用代码", _spelt("InputSccd"), "declare")] = (
        None
    )
    input_code: Annotated[str | None, _own.exact("录入单位编码", "InputCode", 10, "declare")] = None
    input_name: Annotated[str | None, _own.text("录入单位名称", "InputName", 255, "declare")] = None
    vehicle_no: Annotated[str | None, _f.text("承运车牌号", "VehicleNo", 128, "declare", form="mark")] = None
    vehicle_ic_no: Annotated[str | None, _f.text("IC卡号(电子车牌)", "VehicleIcNo", 128, form="mark")] = None
    container_no: Annotated[str | None, _f.text("集装箱号", "ContainerNo", 128, form="mark")] = None
    # Newer versions of the sender carry both in the upload too, empty.
    passed_at: Annotated[
        str | None, _told.datetime("过卡时间一", None, down="passTime", also=("PassTime",))
    ] = None
    second_passed_at: Annotated[
        str | None, _told.datetime("过卡时间二", None, down="secdPassTime", also=("SecdPassTime",))
    ] = None
    applicant_contact: Annotated[str | None, _f.text("申请人及联系方式", "DclErConc", 512)] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 512)] = None
    declared_at: Annotated[str | None, _told.datetime("申报日期", None, down="dclTime")] = None
    gate_id: Annotated[
        str | None, _told.text("卡口编号", None, 64, "system", down="passId", also=("passID",))
    ] = None
    second_gate_id: Annotated[str | None, _told.text("二卡编号", None, 64, "system", down="secdPassId")] = (
        None
    )
    passage_status: Annotated[
        str | None, _told.code("过卡状态", None, 1, "passage_statuses", "system", down="stucd")
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
    reserve1: Annotated[str | None, _told.text("备用1", None, 255, "system", down="col1")] = None
    reserve2: Annotated[str | None, _told.text("备用2", None, 255, "system", down="col2")] = None
    reserve3: Annotated[str | None, _told.text("备用3", None, 255, "system", down="col3")] = None
    reserve4: Annotated[str | None, _told.text("备用4", None, 255, "system", down="col4")] = None


class TwoStepEntryRow(Part):
    """One 报关单 of a 两步申报."""

    customs_no: Annotated[
        str | None, _told.text("核放单编号", None, 64, "system", form="word", down="passportNo")
    ] = None
    entry_no: Annotated[str | None, _f.exact("报关单编号", "EntryId", 18, "save", on_copy="clear")] = None
