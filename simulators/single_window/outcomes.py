"""What happens to an upload, chosen by the prefix of its 企业内部编号. docs/simulator.md shows this table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Receipt = Literal["ACK", "INV201", "INV202", "INV211"]


@dataclass(frozen=True)
class Step:
    """One answer: which, how long after the answer before it, with what manageResult."""

    receipt: Receipt
    wait_ms: int
    result: str = ""
    full: bool = False


ACK = Step("ACK", 300)
SHORT = Step("INV201", 600, "4")
FULL = Step("INV201", 300, "4", full=True)
DECLARATION = Step("INV202", 700, "1")
POSTED = Step("INV211", 900)
ACCEPTED = (ACK, SHORT, FULL, DECLARATION, POSTED)


@dataclass(frozen=True)
class Outcome:
    """A named course of events.

    `steps` stand in the order of the authority's own times; `arrival`, when given, is the order in which they
    reach the InBox. `at_box` is False when the import client throws the file into FailBox, `at_door` is False
    when the Single Window refuses it.
    """

    name: str
    says: str
    steps: tuple[Step, ...] = ACCEPTED
    arrival: tuple[int, ...] = ()
    at_box: bool = True
    at_door: bool = True
    twice: bool = False
    slow: bool = False
    split: bool = False
    garbage: bool = False
    prefixed: bool = False


_ALL = (
    Outcome("OK", "accepted: 预核扣 (short and full INV201), INV202, INV211 已核扣"),
    Outcome(
        "DOOR", "refused at the door: Failed_ with DealFlag -1, nothing else", steps=(ACK,), at_door=False
    ),
    Outcome("RET", "退单 with two reasons; may be declared again", steps=(ACK, replace(SHORT, result="3"))),
    Outcome("MAN", "转人工, then as OK", steps=(ACK, replace(SHORT, result="2"), *ACCEPTED[1:])),
    Outcome("SILENT", "acknowledged, then nothing", steps=(ACK,)),
    Outcome("HOLD", "预核扣, then nothing until POST /advance", steps=(ACK, SHORT, FULL)),
    Outcome("MUTE", "taken into SentBox, then nothing at all", steps=()),
    Outcome("NOACK", "customs receipts without any acknowledgement", steps=ACCEPTED[1:]),
    Outcome("DUP", "every answer twice, in turn with the same and with a new message id", twice=True),
    Outcome(
        "ORDER", "out of order: INV211, short INV201, acknowledgement, INV202, full", arrival=(4, 1, 0, 3, 2)
    ),
    Outcome("SPLIT", "full INV201 with its goods in three packets, out of order", split=True),
    Outcome("SLOW", "five times slower, and files written bit by bit under their final name", slow=True),
    Outcome("FAIL", "thrown into FailBox", steps=(), at_box=False),
    Outcome("STORE", "海关入库 (Y), then as OK", steps=(ACK, replace(SHORT, result="Y"), *ACCEPTED[1:])),
    Outcome("STOREFAIL", "入库失败 (Z) with a reason", steps=(ACK, replace(SHORT, result="Z"))),
    Outcome(
        "REGFAIL",
        "预核扣, then INV202 = 2 with a reason",
        steps=(*ACCEPTED[:3], replace(DECLARATION, result="2")),
    ),
    Outcome("NODECL", "as OK without INV202", steps=(ACK, SHORT, FULL, POSTED)),
    Outcome(
        "UNPOSTED",
        "通过未核扣 (5), INV202, INV211",
        steps=(ACK, replace(SHORT, result="5"), replace(FULL, result="5"), DECLARATION, POSTED),
    ),
    Outcome(
        "POSTED",
        "已核扣 at once (1), no INV211",
        steps=(ACK, replace(SHORT, result="1"), replace(FULL, result="1")),
    ),
    Outcome("GARBAGE", "as OK with unreadable, hostile and foreign files in between", garbage=True),
    Outcome("NS", "as OK, receipts in the prefixed form (ns2:)", prefixed=True),
)
OUTCOMES: dict[str, Outcome] = {outcome.name: outcome for outcome in _ALL}
ALIASES: dict[str, str] = {"YZ": "STORE"}

_PREFIX = re.compile(r"([A-Z]+)(\d{0,3})-")


def outcome_named(name: str) -> Outcome:
    """The outcome of that name or alias; KeyError when there is none."""
    return OUTCOMES[ALIASES.get(name, name)]


def chosen_by_prefix(internal_no: str) -> tuple[Outcome, int | None] | None:
    """The outcome an internal number asks for, and for how many arrivals (None = always).

    `FAIL1-…` fails once and is taken the second time; the number may follow any prefix. None when the number begins
    with no known prefix.
    """
    match = _PREFIX.match(internal_no)
    if match is None:
        return None
    name = ALIASES.get(match[1], match[1])
    if name not in OUTCOMES:
        return None
    return OUTCOMES[name], int(match[2]) if match[2] else None
