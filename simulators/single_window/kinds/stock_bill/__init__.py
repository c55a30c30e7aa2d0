"""出入库单, SAS111."""

from __future__ import annotations

from datetime import datetime
from random import Random

from simulators.single_window import numbers
from simulators.single_window.clock import SHANGHAI
from simulators.single_window.documents import ENDED, Document, Terms
from simulators.single_window.form import MessageForm, Section, Upload
from simulators.single_window.kinds.kind import ACKNOWLEDGED, Kind, Used
from simulators.single_window.kinds.stock_bill import answers, table
from simulators.single_window.kinds.stock_bill.customs import KIND, customs, door
from simulators.single_window.outcomes import Step

_FORM = MessageForm(
    message_type="SAS111",
    element="StockMessage",
    sections=(
        Section("StockHead", "表头", table.HEAD, single=True, least=1),
        Section("StockGoods", "表体", table.GOODS, least=1, unchecked_in=frozenset({ENDED})),
    ),
    internal_no="EtpsPreentNo",
    owner=("AreainEtpsno", "DclEtpsno"),
    applicant="DclEtpsno",
    customs_no="SasStockNo",
    goods="StockGoods",
)
_USUAL = (ACKNOWLEDGED, Step("SAS211", 600, "1", full=True))


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """出入库单编号: X, 关区, I or E, yyMMdd, 6 digits (production message 2019, H)."""
    day = now.astimezone(SHANGHAI).strftime("%y%m%d")
    office = numbers.office(document.head.get("MasterCuscd", ""))
    return numbers.numbered(chance, f"X{office}{document.head.get('StockTypecd', 'I')}{day}", 6, used)


def _form_no(upload: Upload) -> list[str]:
    number = upload.head.get("SasDclNo", "")
    return [number] if number else []


STOCK_BILL = Kind(
    name=KIND,
    label="出入库单",
    form=_FORM,
    terms=Terms({"2": "变更", "3": "作废"}, "出入库单编号", "SasStockNo", "区内企业", open_in=("approved",)),
    ends_as=answers.ENDS_AS,
    approval="SAS211",
    usual=_USUAL,
    courses={
        "SYNC": (*_USUAL, Step("SAS213", 900)),
        "AMEND": (*_USUAL, Step("SAS212", 900, "1")),
    },
    receipts=answers.RECEIPTS,
    number=_number,
    packet_receipt="SAS200",
    return_reasons=("商品序号1的申报数量超过申报表可用数量", "净重大于毛重"),
    row_keys=("SasStockSeqno", "SasDclSeqno"),
    links=_form_no,
    door=door,
    customs=customs,
)
