"""车辆, SAS131: the customs side of the schema of 2017 (M); the upload's spelling is not public and taken as its twin (L)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from simulators.single_window import codes, numbers
from simulators.single_window.clock import spoken
from simulators.single_window.documents import CHANGED, ENDED, Document, Status, Terms, settle
from simulators.single_window.elements import Row, code, fixed, number, party, table, text, texts
from simulators.single_window.form import FILED, MessageForm, Section
from simulators.single_window.kinds.kind import (
    ACKNOWLEDGED,
    Answer,
    Kind,
    ReceiptForm,
    Registry,
    Used,
    packet_receipt,
)
from simulators.single_window.outcomes import Step
from simulators.single_window.receipts import (
    APPROVAL_MARKS,
    Telling,
    Writer,
    check_info,
    listed,
    lowered,
    result_block,
)

_HEAD = table(
    fixed("SeqNo", "预录入统一编号", 18, numeric=True, also="DclPreentNo"),
    text("VehicleCusNo", "车辆海关编号", 10),
    text("VehicleNo", "车牌号", 64, "save"),
    number("ChgTmsCnt", "变更次数", 19, 0),
    text("VehicleTypecd", "车辆类型", 1),
    fixed("MasterCuscd", "主管关区", 4, "declare"),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    fixed("Etpsno", "企业编号", 10, "declare", also="EtpsNo AreainEtpsno AreainEtpsNo"),
    fixed("EtpsSccd", "企业社会信用代码", 18, also="AreainEtpsSccd"),
    text("EtpsNm", "企业名称", 512, "declare", also="AreainEtpsNm"),
    number("VehicleWt", "车自重", 19, 5, "declare", positive=True),
    text("VehicleIcNo", "IC卡号", 128),
    text("VehicleFrameNo", "车架号", 256),
    number("VehicleFrameWt", "车架重", 19, 5),
    text("ContainerType", "集装箱箱型", 256),
    number("ContainerWt", "集装箱重", 19, 5),
    text("DclEr", "申请人", 256),
    text("DclTime", "申报日期", 32),
    party("Dcl", "申报企业", "Etpsno EtpsSccd EtpsNm", also="EtpsNo"),
    fixed("InputCode", "录入单位代码", 10),
    fixed("InputSccd", "录入单位社会信用代码", 18),
    text("InputName", "录入单位名称", 255),
    text("EtpsPreentNo", "企业内部编号", 64, "save"),
    text("Rmk", "备注", 512),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)
_FORM = MessageForm(
    message_type="SAS131",
    element="VehicleMessage",
    sections=(Section("VehicleHead", "表头", _HEAD, single=True, least=1),),
    internal_no="EtpsPreentNo",
    owner=("Etpsno", "DclEtpsno"),
    applicant="",
    customs_no="VehicleCusNo",
)
_BSC = listed("""
    vehicleNo chgTmsCnt vehicleTypecd masterCuscd dclPreentNo dclTypecd vehicleCusNo etpsno etpsNm etpsSccd vehicleWt
    dclEr dclTime putrecEmapvTime chgEmapvTime emapvMarkcd stucd rmk col1 col2 col3 col4 ownerSystem
""")
_ENDS_AS: dict[str, Status] = {ENDED: "voided"}
_GRANTED = frozenset({"1"})
_APPROVED_AT = {FILED: "putrecEmapvTime", CHANGED: "chgEmapvTime"}


def _bsc(document: Document, told: Telling) -> Row:
    granted = told.result == "1"
    approved_at = _APPROVED_AT.get(document.declaration_type, "")
    return (
        lowered(document.head)
        | {
            "vehicleCusNo": document.customs_no,
            "chgTmsCnt": str(document.change_count),
            "dclPreentNo": document.seq_no,
            "dclTypecd": document.declaration_type,
            "dclTime": spoken(told.at),
            "emapvMarkcd": APPROVAL_MARKS.get(told.result, "1"),
            "stucd": "1" if granted else "0",
            "ownerSystem": "1",
        }
        | document.marks
        | ({approved_at: spoken(told.at)} if granted and approved_at else {})
    )


def _approval(write: Writer, document: Document, told: Telling) -> str:
    body = write.row("SasVehicleBsc", _BSC, _bsc(document, told)) if told.full else ""
    return result_block(write, document, told) + body + check_info(write, told)


def _settled(document: Document, answer: Answer) -> None:
    settle(document, answer.result, _GRANTED, _ENDS_AS)


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """车辆海关编号: 10 characters in the schema; 关区 and 6 digits is the simulator's own choice."""
    del now
    return numbers.numbered(chance, numbers.office(document.head.get("MasterCuscd", "")), 6, used)


def _customs(document: Document, registry: Registry) -> Iterator[str]:
    plate = document.head.get("VehicleNo", "")
    for other in registry.all_of("vehicle"):
        if other.seq_no != document.seq_no and other.counts and other.head.get("VehicleNo") == plate:
            yield f"车牌号[{plate}]已备案，车辆海关编号[{other.customs_no}]"
            return


VEHICLE = Kind(
    name="vehicle",
    label="车辆",
    form=_FORM,
    terms=Terms({"2": "变更", "3": "作废"}, "车辆海关编号", "VehicleCusNo", "企业", open_in=("approved",)),
    ends_as=_ENDS_AS,
    approval="SAS231",
    usual=(ACKNOWLEDGED, Step("SAS231", 600, "1", full=True)),
    receipts=(
        # resutType 10 is two characters where the schema of 2017 allows one (M).
        packet_receipt("SAS200", "10"),
        ReceiptForm("SAS231", _approval, ("1", "2", "3", "Y", "Z"), effect=_settled),
    ),
    number=_number,
    packet_receipt="SAS200",
    return_reasons=("车辆自重与行驶证不符", "车牌号格式不正确"),
    customs=_customs,
)
