"""The documents of the demo's business, where each must end, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from customs.documents import KINDS
from customs.documents.states import State
from local.demo.broker_desk import Document, Json
from local.demo.hops import Entry


@dataclass(frozen=True)
class Part:
    """A document of the business: its sample and the state in which it must end."""

    name: str
    kind: str
    sample: str
    goal: str
    role: str = ""
    """What tells it from the other parts of its kind, as a clerk says it."""
    prefix: str = "DEMO"
    """Of the 企业内部编号: the simulator answers by it (docs/simulator.md)."""

    @property
    def label(self) -> str:
        label = KINDS[self.kind].label
        return f"{label} {self.role}" if self.role else label

    def state(self, code: str) -> State:
        return KINDS[self.kind].life.states[code]


PARTS = (
    # Customs counts what comes in when the truck is through: HOLD- leaves the rest to the gate.
    Part("import", "inventory", "import", "deducted", "进口", "HOLD"),
    Part("vehicle", "vehicle", "truck", "approved"),
    Part("import_pass", "gate_pass", "one-bill", "passed", "进区"),
    Part("form", "business_form", "gathered-out", "concluded"),
    Part("bill_1", "stock_bill", "out", "approved", "第1批"),
    Part("bill_2", "stock_bill", "out", "approved", "第2批"),
    Part("pass", "gate_pass", "stock-bill", "passed", "出区"),
    Part("gathered", "inventory", "gathered", "deducted", "集报"),
)


@dataclass
class Track:
    """How far a document has come. Written by the business, read by whoever shows it."""

    part: Part
    document: Document | None = None
    timeline: Sequence[Entry] = ()
    content: Json = field(default_factory=dict)
    """The last answer of entry, once a stage was reached or given up."""
    trouble: str | None = None
    pages: int = 0

    @property
    def state(self) -> State | None:
        return self.part.state(self.timeline[-1]["state"]) if self.timeline else None

    @property
    def number(self) -> str:
        """清单编号, 申报表编号 …; "" while customs gave none."""
        return str(self.content.get("numbers", {}).get("customs_no") or "")

    @property
    def is_right(self) -> bool:
        """It ended where it had to, and its PDF was written."""
        reached = self.state is not None and self.state.code == self.part.goal
        return reached and self.trouble is None and self.pages > 0


def is_stuck(part: Part, last: Entry) -> bool:
    """Whether nothing more will come by itself after this line of the timeline."""
    under_way = last.get("open_round")
    state = part.state(under_way["state"] if under_way else last["state"])
    return state.editable or state.terminal


_ON_ITS_WAY = frozenset({"signed", "delivered", "taken"})
"""Steps of a message; what tells of them may be heard after the answer to it."""


def _is_on_its_way(fact: Entry) -> bool:
    """An acknowledgement too may be matched after the answer that it came before; one that refuses has reasons."""
    acknowledges = fact.get("message_type") == "CommonResponeMessage" and not fact["reasons"]
    return fact["type"] in _ON_ITS_WAY or acknowledges


def why(timeline: Sequence[Entry]) -> str:
    """What the authority, or whoever could not go on, said last; how far the message came, where nobody said anything."""
    told = [entry["fact"] for entry in timeline if entry.get("fact")]
    if not told:
        return "nobody answered"
    fact = next((fact for fact in reversed(told) if not _is_on_its_way(fact)), told[-1])
    return "; ".join([fact["text"], *fact["reasons"]])
