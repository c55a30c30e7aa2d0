"""What happens to an upload, chosen by the prefix of its 企业内部编号. docs/simulator.md shows this table.

An outcome says only how it departs from the usual course; what the usual course of a document is, and which courses
only that kind of document knows, stands with the kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ACK = "ACK"
"""The Single Window's own answer, as a receipt among the others."""


@dataclass(frozen=True)
class Step:
    """One answer: which, how long after the answer before it, with what manageResult.

    `variant` names one of the forms the receipt has (which gate, pause or resume); `later_days` lets the authority's
    clock run on before it, though the file comes at once; `reasons` replace the usual ones of a 退单.
    """

    receipt: str
    wait_ms: int
    result: str = ""
    full: bool = False
    variant: str = ""
    later_days: int = 0
    twice: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A named course of events.

    `before` are results customs gives first (转人工, 入库); `final`, when set, is the one it ends with instead of
    approval, in the rounds of `final_in` (DclTypecd; all when empty). `at_box` is False when the import client throws
    the file into FailBox, `at_door` is False when the Single Window refuses it. `silent_after` keeps only that many
    answers. `steps`, when given, are the whole course: those of a script file.
    """

    name: str
    says: str
    before: tuple[str, ...] = ()
    final: str = ""
    final_in: str = ""
    packet: str = ""
    """Result of INV200 / SAS200 before customs' own answer."""
    silent_after: int | None = None
    acknowledged: bool = True
    at_box: bool = True
    at_door: bool = True
    old_form: bool = False
    disorder: bool = False
    twice: bool = False
    slow: bool = False
    split: bool = False
    garbage: bool = False
    prefixed: bool = False
    steps: tuple[Step, ...] | None = None


_ALL = (
    Outcome("OK", "accepted, the usual course of the document"),
    Outcome("DOOR", "refused at the door: Failed_ with DealFlag -1, nothing else", at_door=False),
    Outcome("ROOT", "refused at the door in the old form, root element Root", at_door=False, old_form=True),
    Outcome("RET", "退单 with two reasons; may be declared again", final="3"),
    Outcome("MAN", "转人工, then as OK", before=("2",)),
    Outcome("SILENT", "acknowledged, then nothing", silent_after=1),
    Outcome("HOLD", "approved (inventory: 预核扣), then nothing until POST /advance"),
    Outcome("MUTE", "taken into SentBox, then nothing at all", silent_after=0),
    Outcome("NOACK", "customs receipts without any acknowledgement", acknowledged=False),
    Outcome("DUP", "every answer twice, in turn with the same and with a new message id", twice=True),
    Outcome("ORDER", "answers out of order; the times inside stay true", disorder=True),
    Outcome("SPLIT", "the full approval with its goods in three packets, out of order", split=True),
    Outcome("SLOW", "five times slower, and files written bit by bit under their final name", slow=True),
    Outcome("FAIL", "thrown into FailBox", silent_after=0, at_box=False),
    Outcome("STORE", "海关入库 (Y), then as OK", before=("Y",)),
    Outcome("STOREFAIL", "入库失败 (Z) with a reason", final="Z"),
    Outcome("PACK", "packet stored (INV200 / SAS200 = 1), then as OK", packet="1"),
    Outcome("PACKFAIL", "packet not stored (INV200 / SAS200 = 2), nothing else", packet="2"),
    Outcome("GARBAGE", "as OK with unreadable, hostile and foreign files in between", garbage=True),
    Outcome("NS", "as OK, receipts in the prefixed form (ns2:)", prefixed=True),
    Outcome(
        "CHGRET", "the filing as OK (inventory: as HOLD), a 变更 is returned (退单)", final="3", final_in="2"
    ),
    Outcome(
        "VOIDRET",
        "the filing as OK (inventory: as HOLD), a 删除, 作废 or 结案 is returned (退单)",
        final="3",
        final_in="3",
    ),
    Outcome("REGFAIL", "inventory: 预核扣, then INV202 = 2 with a reason"),
    Outcome("NODECL", "inventory: as OK without INV202"),
    Outcome("UNPOSTED", "inventory: 通过未核扣 (5), INV202, INV211"),
    Outcome("DIFF", "inventory: as OK, but INV211 counts one unit more of the first row than was declared"),
    Outcome("POSTED", "inventory: 已核扣 at once (INV201 = 1), no INV211"),
    Outcome("PAUSE", "form: approved, then SAS202 暂停"),
    Outcome("RESUME", "form: approved, SAS202 暂停, SAS202 恢复"),
    Outcome("SYNC", "form, bill: approved, then SAS203 / SAS213 数据同步"),
    Outcome("AMEND", "bill, pass: approved, customs amends it (SAS212 / SAS222), then as OK"),
    Outcome("GATE2", "pass: double gate, SAS223 = 1 with stucd 3, then with stucd 4"),
    Outcome("NOGATE", "pass: SAS223 = 2 未过卡, still open"),
    Outcome("GATEREF", "pass: SAS224 = 2 拒绝过卡"),
    Outcome("INSPECT", "pass: passed, then SAS224 = 3 卡口放行 three days later in the authority's clock"),
    Outcome("NOPASS", "pass: approved, waits at the gate until POST /advance"),
)
OUTCOMES: dict[str, Outcome] = {outcome.name: outcome for outcome in _ALL}
ALIASES: dict[str, str] = {"YZ": "STORE"}

_PREFIX = re.compile(r"([A-Z]+\d{0,4})-")


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
    prefix = match[1]
    # The longest name wins: GATE2- is a name, GATE21- is that name once.
    for end in range(len(prefix), 0, -1):
        name, times = ALIASES.get(prefix[:end], prefix[:end]), prefix[end:]
        if name in OUTCOMES and (not times or (times.isdigit() and len(times) <= 3)):
            return OUTCOMES[name], int(times) if times else None
        if prefix[end - 1].isalpha():
            return None
    return None
