"""SAS211, SAS212 and SAS213: review, change by customs and synchronisation of a 出入库单."""

from __future__ import annotations

from contracts.events.receipts import Outcome
from customs.documents.stock_bill.life import VOIDING
from customs.singlewindow.receipt_forms import ReceiptForm, Texts, hde_receipt
from customs.singlewindow.sas_approval import reviewed, round_of

# stucd 已作废 (three implementers, M).
VOIDED = "2"


def approval(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS211. A granted 作废 is told by the kind of declaration, or by the status in the head."""
    code, outcome = reviewed(result, head)
    ended = round_of(result, head) == VOIDING or head.get("bill_status") == VOIDED
    return code, "voided" if outcome == "approved" and ended else outcome


def change(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS212: customs changed the bill by itself, which may be its end."""
    code = head.get("bill_status") or result.get("result", "")
    return code, "voided" if head.get("bill_status") == VOIDED else "changed"


def synchronisation(_: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS213: the bill as customs has it now."""
    return head.get("bill_status", ""), "synchronised"


FORMS: tuple[ReceiptForm, ...] = (
    hde_receipt("SAS211", "出入库单审核回执", approval),
    hde_receipt("SAS212", "出入库单修改回执", change),
    # The head has only the time of declaring, which is older than what is told here: the time of sending stands.
    ReceiptForm("SAS213", "出入库单数据同步回执", synchronisation),
)
