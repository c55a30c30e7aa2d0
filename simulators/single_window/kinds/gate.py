"""The gate: what both sorts of 核放单 go through, told by SAS223 or SAS253, and SAS224."""

from __future__ import annotations

from dataclasses import replace

from simulators.single_window.clock import spoken
from simulators.single_window.documents import ENDED, Document, Status, settle
from simulators.single_window.elements import Row
from simulators.single_window.kinds.kind import Answer
from simulators.single_window.outcomes import Step

GRANTED = frozenset({"1"})
ENDS_AS: dict[str, Status] = {ENDED: "voided"}
APPLIED, APPROVED, PASSED, PASSED_FIRST, PASSED_SECOND, VOIDED = "0", "1", "2", "3", "4", "6"
"""stucd 过卡状态 (H); 5 已删除 is not used here."""
PASSAGES = {"single": {"stucd": PASSED}, "first": {"stucd": PASSED_FIRST}, "second": {"stucd": PASSED_SECOND}}
"""The forms of a gate receipt: single gate, first and second of a double gate."""
THROUGH = (PASSED, PASSED_SECOND)
"""stucd of a truck that is through."""


def settled(document: Document, answer: Answer) -> None:
    """SAS221 or SAS251 has answered."""
    settle(document, answer.result, GRANTED, ENDS_AS)
    if document.status == "voided":
        document.marks["stucd"] = VOIDED
    elif document.status == "approved":
        document.marks.setdefault("stucd", APPROVED)


def passage(document: Document, answer: Answer) -> None:
    """A gate receipt: 1 moves the truck on, 2 leaves it before the gate."""
    if answer.result != "1" or document.status == "voided":
        return
    document.status = "passed"
    time = "secdPassTime" if answer.variant == "second" else "passTime"
    document.marks |= {time: spoken(answer.at), "logisticsStucd": "1"}


def stands(document: Document, granted: bool) -> Row:
    """The customs-side status fields at this moment."""
    state = APPROVED if document.valid or granted else APPLIED
    if granted and document.declaration_type == ENDED:
        state = VOIDED
    return (
        {"logisticsStucd": "0", "stucd": state}
        | document.marks
        | ({"stucd": VOIDED} if state == VOIDED else {})
    )


def courses(usual: tuple[Step, ...], inspection: Step | None) -> dict[str, tuple[Step, ...]]:
    """The outcomes of a pass; `usual` ends with the gate receipt. Without SAS224 a refusal is 未过卡."""
    *approved, gate = usual
    refused = replace(inspection, result="2") if inspection else replace(gate, result="2")
    found = {
        "HOLD": tuple(approved),
        "NOPASS": tuple(approved),
        "GATE2": (*approved, replace(gate, variant="first"), replace(gate, variant="second")),
        "NOGATE": (*approved, replace(gate, result="2")),
        "GATEREF": (*approved, refused),
    }
    if inspection:
        found["INSPECT"] = (*usual, inspection)
    return found
