"""业务申报表, SAS101."""

from __future__ import annotations

from datetime import datetime
from random import Random

from simulators.single_window import numbers
from simulators.single_window.clock import SHANGHAI
from simulators.single_window.documents import ENDED, Document, Terms
from simulators.single_window.form import MessageForm, Section
from simulators.single_window.kinds.business_form import answers, table
from simulators.single_window.kinds.business_form.customs import customs
from simulators.single_window.kinds.business_form.door import door
from simulators.single_window.kinds.kind import ACKNOWLEDGED, Kind, Used
from simulators.single_window.outcomes import Step

_CLOSE = frozenset({ENDED})
_FORM = MessageForm(
    message_type="SAS101",
    element="AppMessage",
    sections=(
        Section("AppHead", "表头", table.HEAD, single=True, least=1),
        Section("AppGoods", "表体", table.GOODS, least=1, unchecked_in=_CLOSE),
        Section(answers.CONSUMPTION, "单耗", table.CONSUMPTION, unchecked_in=_CLOSE),
    ),
    internal_no="EtpsPreentNo",
    owner=("AreainEtpsno", "DclEtpsno"),
    applicant="DclEtpsno",
    customs_no="SasDclNo",
    goods="AppGoods",
)
_USUAL = (ACKNOWLEDGED, Step("SAS201", 600, "1", full=True))
_PAUSE, _RESUME = (Step("SAS202", 900, "1", variant=name) for name in ("pause", "resume"))


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """申报表编号: S, 关区, 业务类型, yyMMdd, 6 digits. The real form is not established: this one is the simulator's own."""
    day = now.astimezone(SHANGHAI).strftime("%y%m%d")
    office = numbers.office(document.head.get("MasterCuscd", ""))
    head = f"S{office}{document.head.get('BusinessTypecd', 'H')}{day}"
    return numbers.numbered(chance, head, 6, used)


BUSINESS_FORM = Kind(
    name="business_form",
    label="业务申报表",
    form=_FORM,
    terms=Terms({"2": "变更", "3": "结案"}, "申报表编号", "SasDclNo", "区内企业", open_in=("approved",)),
    ends_as=answers.ENDS_AS,
    approval="SAS201",
    usual=_USUAL,
    courses={
        "PAUSE": (*_USUAL, _PAUSE),
        "RESUME": (*_USUAL, _PAUSE, _RESUME),
        "SYNC": (*_USUAL, Step("SAS203", 900)),
    },
    receipts=answers.RECEIPTS,
    number=_number,
    packet_receipt="SAS200",
    return_reasons=("第1项商品的底账商品序号与账册不符", "有效期超出账册的结束有效期"),
    row_keys=("SasDclSeqno",),
    kept_others=(answers.CONSUMPTION,),
    door=door,
    customs=customs,
)
