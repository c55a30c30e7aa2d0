"""保税核注清单, INV101."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

from simulators.single_window import numbers
from simulators.single_window.clock import SHANGHAI
from simulators.single_window.documents import ENDED, Document, Terms
from simulators.single_window.form import FILED, Upload
from simulators.single_window.kinds.inventory import answers, booking
from simulators.single_window.kinds.inventory.door import door
from simulators.single_window.kinds.inventory.sections import FORM, GATHERED
from simulators.single_window.kinds.kind import ACKNOWLEDGED, Answer, Follow, Kind, Registry, Used
from simulators.single_window.outcomes import Step

_SHORT = Step("INV201", 600, "4")
_FULL = Step("INV201", 300, "4", full=True)
_DECLARATION = Step("INV202", 700, "1")
_POSTED = Step("INV211", 900)
_USUAL = (ACKNOWLEDGED, _SHORT, _FULL, _DECLARATION, _POSTED)


def _number(chance: Random, document: Document, now: datetime, used: Used) -> str:
    """清单编号: QD, 4-digit 关区, 2-digit year, I or E, 9 digits (production receipts 2019–2024, H); with it the 报关单统一编号."""
    year = now.astimezone(SHANGHAI).year
    direction = document.head.get("ImpexpMarkcd", "I")
    head = f"QD{numbers.office(document.head.get('DclPlcCuscd', ''))}{year % 100:02d}{direction}"
    number = numbers.numbered(chance, head, 9, used)
    if answers.needs_declaration(document):
        document.entry_seq_no = numbers.entry_seq_no(chance, year, direction)
    return number


def _gathered(upload: Upload) -> list[str]:
    return [row["SasStockNo"] for row in upload.sections[GATHERED] if row.get("SasStockNo")]


def _customs(document: Document, registry: Registry) -> Iterator[str]:
    """A gathered 出入库单 exists, is approved, goes the same way, and is gathered once only."""
    if document.declaration_type == ENDED:
        return
    for stock_no in document.links:
        bill = registry.numbered("stock_bill", stock_no)
        if bill is None:
            yield f"出入库单编号[{stock_no}]不存在"
        elif not bill.valid:
            yield f"出入库单编号[{stock_no}]未通过审核或已作废"
        elif bill.head.get("StockTypecd") != document.head.get("ImpexpMarkcd"):
            yield f"出入库单编号[{stock_no}]的进出标志与清单的进出口标记不一致"
        elif any(other.seq_no != document.seq_no for other in registry.naming("inventory", stock_no)):
            yield f"出入库单编号[{stock_no}]已被其他清单集报"


def _follows(document: Document, answer: Answer, registry: Registry) -> Iterator[Follow]:
    """集报: each gathered 出入库单 is told of it by SAS213; a deletion sets it free again."""
    if answer.receipt != "INV201" or answer.result not in answers.GRANTED:
        return
    gone = document.declaration_type == ENDED
    for stock_no in document.links:
        bill = registry.numbered("stock_bill", stock_no)
        marks = {
            "centralizedDclTypecd": "1" if gone else "2",
            "rltBondInvtNo": "" if gone else document.customs_no,
        }
        if bill is not None and any(bill.marks.get(name) != value for name, value in marks.items()):
            bill.marks |= marks
            registry.keep(bill)
            yield Follow(bill, Step("SAS213", 300))


def _prune(document: Document, steps: list[Step]) -> list[Step]:
    if document.declaration_type == FILED and not answers.needs_declaration(document):
        return [step for step in steps if step.receipt != "INV202"]
    return steps


INVENTORY = Kind(
    name="inventory",
    label="保税核注清单",
    form=FORM,
    terms=Terms(
        {"2": "变更", "3": "删除"}, "清单编号", "BondInvtNo", "经营企业", open_in=("approved", "posted")
    ),
    ends_as=answers.ENDS_AS,
    approval="INV201",
    granted=answers.GRANTED,
    granted_later={ENDED: "1"},
    usual=_USUAL,
    courses={
        # What is 已核扣 can be neither changed nor deleted, so its filing waits at 预核扣 for the round to be returned.
        **dict.fromkeys(("HOLD", "CHGRET", "VOIDRET"), _USUAL[:3]),
        "REGFAIL": (*_USUAL[:3], replace(_DECLARATION, result="2")),
        "NODECL": (*_USUAL[:3], _POSTED),
        "UNPOSTED": (
            ACKNOWLEDGED,
            replace(_SHORT, result="5"),
            replace(_FULL, result="5"),
            _DECLARATION,
            _POSTED,
        ),
        "DIFF": (*_USUAL[:4], replace(_POSTED, variant="differs")),
        "POSTED": (ACKNOWLEDGED, replace(_SHORT, result="1"), replace(_FULL, result="1")),
    },
    disorder=(4, 1, 0, 3, 2),
    receipts=answers.RECEIPTS,
    number=_number,
    packet_receipt="INV200",
    return_reasons=("第1项商品归类与申报要素不符，请核对后重新申报", "收货企业与备案账册的经营企业不一致"),
    store_reason="入库失败：备案账册状态异常",
    row_keys=("GdsSeqno", booking.LINE),
    kept_goods=answers.KEPT_GOODS,
    links=_gathered,
    door=door,
    customs=_customs,
    follows=_follows,
    moves=booking.moves,
    unnumbered=booking.unnumbered,
    prune=_prune,
)
