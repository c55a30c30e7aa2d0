"""核放单, SAS121."""

from __future__ import annotations

from datetime import datetime
from random import Random

from simulators.single_window import numbers
from simulators.single_window.clock import SHANGHAI
from simulators.single_window.documents import ENDED, Document, Terms
from simulators.single_window.form import MessageForm, Section, Upload
from simulators.single_window.kinds import gate
from simulators.single_window.kinds.gate_pass import answers, table
from simulators.single_window.kinds.gate_pass.door import GOODS, LINKED, door
from simulators.single_window.kinds.gate_pass.linked import KIND, customs, follows
from simulators.single_window.kinds.kind import ACKNOWLEDGED, Kind, Used
from simulators.single_window.outcomes import Step

_VOID = frozenset({ENDED})
_FORM = MessageForm(
    message_type="SAS121",
    element="PassPortMessage",
    sections=(
        Section("PassportHead", "表头", table.HEAD, single=True, least=1),
        Section(LINKED, "关联单证", table.LINKED, unchecked_in=_VOID),
        Section(GOODS, "商品", table.GOODS, numbered="PassportSeqNo", unchecked_in=_VOID),
    ),
    internal_no="EtpsPreentNo",
    owner=("AreainEtpsno",),
    applicant="DclEtpsno",
    customs_no="PassportNo",
    goods=GOODS,
)
_USUAL = (ACKNOWLEDGED, Step("SAS221", 600, "1", full=True), Step("SAS223", 900, "1"))
_INSPECTED = Step("SAS224", 900, "3", later_days=3)


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """核放单编号: Z, 关区, I or E, yyMMdd, 12 digits (production receipts 2024, H)."""
    day = now.astimezone(SHANGHAI).strftime("%y%m%d")
    office = numbers.office(document.head.get("MasterCuscd", ""))
    return numbers.numbered(chance, f"Z{office}{document.head.get('IoTypecd', 'I')}{day}", 12, used)


def _linked(upload: Upload) -> list[str]:
    # A 提运单 is nothing customs' books know.
    if upload.head.get("RltTbTypecd") not in ("1", "2"):
        return []
    return [row["RtlBillNo"] for row in upload.sections[LINKED] if row.get("RtlBillNo")]


GATE_PASS = Kind(
    name=KIND,
    label="核放单",
    form=_FORM,
    terms=Terms({"3": "作废"}, "核放单编号", "PassportNo", "区内企业", open_in=("approved",)),
    ends_as=gate.ENDS_AS,
    approval="SAS221",
    usual=_USUAL,
    courses=gate.courses(_USUAL, _INSPECTED)
    | {"AMEND": (*_USUAL[:2], Step("SAS222", 600, "1"), *_USUAL[2:])},
    receipts=answers.RECEIPTS,
    number=_number,
    packet_receipt="SAS200",
    return_reasons=("承运车牌号与备案车辆不一致", "总重量与车自重、货物毛重之和不符"),
    row_keys=("RltGdsSeqno",),
    links=_linked,
    door=door,
    customs=customs,
    follows=follows,
)
