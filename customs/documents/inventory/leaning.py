"""What a 集报清单 must have in common with the 出入库单 it gathers. Needs both, so it is no Rule of the kind.

That a bill is gathered once follows from its 集报标志 (M); the same goods declared twice is what must not happen, so it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from customs.documents.findings import Findings
from customs.documents.gathering import BILL, NAMES_BILLS
from customs.documents.leaning import Known, Lean, Leaning
from customs.documents.normal_form import Document

_SECTION, _NUMBER = NAMES_BILLS["inventory"]
_USABLE = "approved"


def leans(inventory: Document) -> Sequence[Lean]:
    """On every bill it gathers."""
    return [
        Lean(BILL, row[_NUMBER], _SECTION, number, _NUMBER, relation="集报")
        for number, row in enumerate(inventory[_SECTION])
        if _NUMBER in row
    ]


def check(inventory: Document, known: Sequence[Known], findings: Findings) -> None:
    """Approved, of one direction, and gathered by no other 清单 that is under way or approved."""
    direction = inventory["head"].get("direction")
    for bill in known:
        lean = bill.lean
        if bill.state != _USABLE:
            why = f"该出入库单{bill.state_label}，不能集报"
            findings.problem(lean.section, lean.row, lean.field, "unfit_value", why=why)
        elif bill.others:
            why = "该出入库单已由另一份核注清单集报"
            findings.problem(lean.section, lean.row, lean.field, "unfit_value", why=why)
        elif direction is not None and bill.approved["head"].get("direction", direction) != direction:
            why = "该出入库单的进出方向与清单不同"
            findings.warning(lean.section, lean.row, lean.field, "unusual", why=why)


LEANING = Leaning(leans, check)
