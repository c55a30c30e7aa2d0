"""车辆备案: its fields by the customs schema of 2017 (SasVehicleBsc), in that order.

No upload of the import dialect is public. Elements that customs has too are written as the other uploads write them; the
parties and 企业内部编号 are there because every other upload has them (L). Spellings stand in spellings.toml.
"""

from __future__ import annotations

from typing import Annotated

from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(Source("Customs schema of 2017; the upload's spelling follows the other uploads", "M"))
_inferred = Fields(
    Source("Every other upload has it; nothing public shows it for this one", "L"), receipts=False
)
_told = Fields(Source("Customs schema of 2017", "M"))


class VehicleHead(Part):
    """One vehicle. Required where the forms of one platform require it (M)."""

    seq_no: Annotated[
        str | None,
        _f.exact(
            "预录入统一编号",
            spelt("SAS131", "SeqNo"),
            18,
            "system",
            form="digits",
            down="dclPreentNo",
            confidence="L",
        ),
    ] = None
    customs_no: Annotated[
        str | None, _f.text("监管车海关编码", "VehicleCusNo", 10, "system", form="word")
    ] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    vehicle_no: Annotated[
        str | None, _f.text("车牌号", "VehicleNo", 64, "save", note="一个车牌只能备案一次", form="mark")
    ] = None
    vehicle_type: Annotated[
        str | None,
        _f.text(
            "车辆类型", "VehicleTypecd", 1, form="word", changeable=True, note="代码表未公开，按海关要求填写"
        ),
    ] = None
    # Not in the schema: kept so that a 核放单 can take it over.
    vehicle_ic_no: Annotated[
        str | None,
        _inferred.text(
            "IC卡号(电子车牌)", None, 128, changeable=True, note="不随车辆备案发送，供核放单带出", form="mark"
        ),
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
            "vehicle_declaration_types",
            "declare",
            copy_as="1",
            note="首次申报为1（备案）",
        ),
    ] = None
    owner_code: Annotated[str | None, _f.exact("所属企业编码", "Etpsno", 10, "declare", changeable=True)] = (
        None
    )
    owner_name: Annotated[str | None, _f.text("所属企业名称", "EtpsNm", 512, "declare", changeable=True)] = (
        None
    )
    owner_uscc: Annotated[str | None, _f.uscc("所属企业社会信用代码", "EtpsSccd", changeable=True)] = None
    vehicle_weight: Annotated[
        str | None,
        _f.decimal(
            "车辆自重", "VehicleWt", 19, 5, "declare", sign="positive", changeable=True, note="单位为千克"
        ),
    ] = None
    applicant: Annotated[str | None, _f.text("申请人", "DclEr", 256, "declare", changeable=True)] = None
    declared_at: Annotated[str | None, _f.datetime("申报日期", "DclTime")] = None
    declaring_code: Annotated[
        str | None, _inferred.exact("申报企业编码", "DclEtpsno", 10, note="应为操作卡所属企业")
    ] = None
    declaring_name: Annotated[str | None, _inferred.text("申报企业名称", "DclEtpsNm", 512)] = None
    declaring_uscc: Annotated[str | None, _inferred.uscc("申报企业社会信用代码", "DclEtpsSccd")] = None
    input_code: Annotated[str | None, _inferred.exact("录入单位编码", "InputCode", 10)] = None
    input_uscc: Annotated[str | None, _inferred.uscc("录入单位社会信用代码", "InputSccd")] = None
    input_name: Annotated[str | None, _inferred.text("录入单位名称", "InputName", 255)] = None
    # Receipts call the 预录入统一编号 etpsPreentNo, so that name is never read as this one.
    internal_no: Annotated[
        str | None,
        _inferred.text(
            "企业内部编号",
            spelt("SAS131", "EtpsPreentNo"),
            64,
            "save",
            on_copy="clear",
            note="同一企业内不得重复",
            form="key",
        ),
    ] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 512, changeable=True)] = None
    reserve1: Annotated[str | None, _f.text("备用1", "Col1", 255)] = None
    reserve2: Annotated[str | None, _f.text("备用2", "Col2", 255)] = None
    reserve3: Annotated[str | None, _f.text("备用3", "Col3", 255)] = None
    reserve4: Annotated[str | None, _f.text("备用4", "Col4", 255)] = None
    filed_at: Annotated[str | None, _told.datetime("备案审批时间", None, down="putrecEmapvTime")] = None
    changed_at: Annotated[str | None, _told.datetime("变更审批时间", None, down="chgEmapvTime")] = None
    approval_mark: Annotated[
        str | None, _told.code("审批标志", None, 1, "approval_marks", "system", down="emapvMarkcd")
    ] = None
    vehicle_status: Annotated[
        str | None, _told.text("车辆状态", None, 1, "system", down="stucd", confidence="L")
    ] = None
    owner_system: Annotated[
        str | None, _told.code("所属系统", None, 1, "owner_systems", "system", down="ownerSystem")
    ] = None
