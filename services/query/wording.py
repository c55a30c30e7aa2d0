"""Names a clerk reads for the codes of a kind: its states and its rounds."""

from __future__ import annotations

from customs.documents import KINDS
from customs.documents.life import Purpose

FILING = "备案"


def state_label(kind: str, state: str) -> str:
    """The name of a state; the code itself for one that a newer writer knows."""
    found = KINDS[kind].life.states.get(state)
    return found.label if found else state


def round_label(kind: str, purpose: str) -> str:
    """变更, 删除, 作废, 结案 as the kind calls it."""
    if purpose == Purpose.FILING:
        return FILING
    found = KINDS[kind].life.rounds.get(Purpose(purpose))
    return found.label if found else purpose


def open_round(kind: str, round_no: int, purpose: str, state: str) -> dict[str, object]:
    """A round that is under way, as a list shows it: 变更：转人工."""
    label = f"{round_label(kind, purpose)}：{state_label(kind, state)}"
    return {"round_no": round_no, "purpose": purpose, "state": state, "label": label}
