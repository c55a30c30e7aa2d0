"""两步申报核放单, ICP101: fields of one system in production (2024); a real SAS253 is public (M)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from simulators.single_window import codes, numbers
from simulators.single_window.clock import SHANGHAI, spoken
from simulators.single_window.documents import CHANGED, Document, Terms
from simulators.single_window.elements import Row, code, fixed, party, table, text
from simulators.single_window.form import MessageForm, Section, Upload
from simulators.single_window.kinds import gate
from simulators.single_window.kinds.kind import ACKNOWLEDGED, Kind, ReceiptForm, Used, packet_receipt
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

_ENTRIES = "Sas2sPassportRlt"
_HEAD = table(
    fixed("SasPassportPreentNo", "核放单预录入统一编号", 18, numeric=True),
    text("PassportNo", "核放单编号", 64),
    text("EtpsPreentNo", "企业内部编号", 64, "save"),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    fixed("MasterCuscd", "主管关区代码", 4, "declare"),
    party("Areain", "区内企业", "EtpsNo EtpsSccd EtpsNm", "declare", also="Etpsno"),
    party("Dcl", "申报企业", "EtpsNo EtpsSccd EtpsNm", "declare", also="Etpsno"),
    fixed("InputCreditCode", "录入单位社会信用代码", 18),
    fixed("InputCode", "录入单位代码", 10, "declare"),
    text("InputName", "录入单位名称", 255, "declare"),
    text("VehicleNo", "承运车牌号", 128, "declare"),
    text("VehicleIcNo", "IC卡号", 128),
    text("ContainerNo", "集装箱号", 128),
    text("DclErConc", "申请人及联系方式", 512),
    text("Rmk", "备注", 512),
)
_FORM = MessageForm(
    message_type="ICP101",
    element="Sas2sPassPortMessage",
    sections=(
        Section("Sas2sPassportHead", "表头", _HEAD, single=True, least=1),
        Section(_ENTRIES, "报关单", table(fixed("EntryId", "报关单号", 18, "declare")), least=1),
    ),
    internal_no="EtpsPreentNo",
    owner=("AreainEtpsNo",),
    applicant="DclEtpsNo",
    customs_no="PassportNo",
    seq_no="SasPassportPreentNo",
    has_sys_id=True,
    goods=_ENTRIES,
)
_BSC = listed("""
    passportNo sasPassportPreentNo chgTmsCnt dclTypecd masterCuscd areainEtpsno areainEtpsNm areainEtpsSccd vehicleNo
    vehicleIcNo containerNo dclErConc dclTime logisticsStucd passId secdPassId passTime secdPassTime stucd emapvMarkcd
    rmk ownerSystem col1 col2 col3 col4
""")
_USUAL = (ACKNOWLEDGED, Step("SAS251", 600, "1", full=True), Step("SAS253", 900, "1"))


def _bsc(document: Document, told: Telling, approving: bool) -> Row:
    granted = approving and told.result == "1"
    return (
        lowered(document.head)
        | {
            "passportNo": document.customs_no,
            "sasPassportPreentNo": document.seq_no,
            "chgTmsCnt": str(document.change_count),
            "dclTypecd": document.declaration_type,
            "areainEtpsno": document.head.get("AreainEtpsNo", ""),
            "dclTime": spoken(told.at),
            "emapvMarkcd": APPROVAL_MARKS.get(told.result, "1") if approving else "1",
            "ownerSystem": "1",
            "col4": "0",
        }
        | gate.stands(document, granted)
    )


def _approval(write: Writer, document: Document, told: Telling) -> str:
    body = result_block(write, document, told) + check_info(write, told)
    if told.full and not told.rows_only:
        body += write.row("Sas2stepPassportBsc", _BSC, _bsc(document, told, approving=True))
    if told.full or told.rows_only:
        for row in document.goods if told.goods is None else told.goods:
            leaves = {"passportNo": document.customs_no, "entryId": row.get("EntryId", "")}
            body += write.row("Sas2stepPassportRlt", leaves, leaves)
    return body


def _at_gate(write: Writer, document: Document, told: Telling) -> str:
    block = result_block(write, document, told, typecd="")
    return block + write.row("Sas2stepPassportBsc", _BSC, _bsc(document, told, approving=False))


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """核放单编号 of the two-step form: Z, 关区, I, yyMMdd, T and 11 digits (a production receipt 2024, H)."""
    day = now.astimezone(SHANGHAI).strftime("%y%m%d")
    office = numbers.office(document.head.get("MasterCuscd", ""))
    return numbers.numbered(chance, f"Z{office}I{day}T", 11, used)


def _door(upload: Upload, declaring: bool) -> Iterator[str]:
    del declaring
    if upload.declaration_type == CHANGED:
        yield "两步申报核放单不允许变更"


TWO_STEP_PASS = Kind(
    name="two_step_pass",
    label="两步申报核放单",
    form=_FORM,
    terms=Terms({"3": "作废"}, "核放单编号", "PassportNo", "区内企业", open_in=("approved",)),
    ends_as=gate.ENDS_AS,
    approval="SAS251",
    usual=_USUAL,
    courses=gate.courses(_USUAL, None),
    receipts=(
        packet_receipt("SAS200", "9"),
        ReceiptForm("SAS251", _approval, ("1", "2", "3", "Y", "Z"), effect=gate.settled),
        ReceiptForm("SAS253", _at_gate, ("1", "2"), variants=gate.PASSAGES, effect=gate.passage),
    ),
    number=_number,
    packet_receipt="SAS200",
    return_reasons=("报关单号不存在或未提货放行", "承运车牌号与概要申报不一致"),
    door=_door,
)
