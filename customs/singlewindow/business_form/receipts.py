"""SAS201, SAS202 and SAS203: review, pause and synchronisation of a 业务申报表."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.events.receipts import Outcome
from customs.documents.business_form.life import CLOSURE
from customs.singlewindow.receipt_forms import ReceiptForm, Texts, attached, hde_receipt
from customs.singlewindow.sas_approval import reviewed, round_of

# dclTbStucd. That there are these three is known, their codes are assumed (L): see the table form_statuses.
STANDING: Mapping[str, Outcome] = MappingProxyType({"1": "resumed", "2": "paused", "3": "concluded"})


def approval(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS201. The kind of declaration tells a granted 结案; where it is not told, the status in the head."""
    code, outcome = reviewed(result, head)
    declared = round_of(result, head)
    ended = declared == CLOSURE or (not declared and _standing(head) == "concluded")
    return code, "concluded" if outcome == "approved" and ended else outcome


def pause(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS202: the status in the head decides; without it nobody can say which of the two it was."""
    return head.get("form_status") or result.get("result", ""), _standing(head)


def synchronisation(_: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS203: the form as customs has it now."""
    return head.get("form_status", ""), "synchronised"


def _standing(head: Texts) -> Outcome:
    return STANDING.get(head.get("form_status", ""), "other")


# 随附单证 of the form (schema of 2017, M).
_ATTACHED = MappingProxyType(
    {
        "SasDclAcmpFormDt": attached(
            MappingProxyType(
                {
                    "sasDclNo": "customs_no",
                    "acmpFormSeqno": "line_no",
                    "chgTmsCnt": "change_count",
                    "formTypecd": "form_type",
                    "formNo": "form_no",
                    "fixdNo": "fixed_no",
                    "acmpFormFileNm": "file_name",
                    "rmk": "remark",
                    "version": "version",
                }
            )
        )
    }
)

FORMS: tuple[ReceiptForm, ...] = (
    hde_receipt("SAS201", "业务申报表审核回执", approval, extra_rows=_ATTACHED),
    hde_receipt("SAS202", "业务申报表暂停恢复回执", pause, extra_rows=_ATTACHED),
    # No time of the head is that of the synchronisation, only of approvals before it: the time of sending stands.
    ReceiptForm("SAS203", "业务申报表数据同步回执", synchronisation, extra_rows=_ATTACHED),
)
