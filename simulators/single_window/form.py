"""The outer shape of an upload: which business element, which sections in it, and where its numbers stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.single_window.elements import Row, Table

FILED = "1"
"""DclTypecd of a first filing."""


@dataclass(frozen=True)
class Section:
    """One repeated or single element below the business element, with leaves only."""

    element: str
    title: str
    table: Table
    single: bool = False
    least: int = 0
    """How many of them a declaration needs."""
    numbered: str = ""
    """The element that must count 1, 2, 3 … over the rows."""
    unchecked_in: frozenset[str] = frozenset()
    """DclTypecd of the rounds in which the rows are not looked at."""


@dataclass(frozen=True)
class MessageForm:
    """An upload's message type and the places of what every upload has."""

    message_type: str
    element: str
    sections: tuple[Section, ...]
    internal_no: str
    owner: tuple[str, ...]
    """Where the enterprise stands that scopes the internal number; the first that is filled."""
    applicant: str
    """The declaring enterprise, which must be the card holder's."""
    customs_no: str
    seq_no: str = "SeqNo"
    has_sys_id: bool = False
    goods: str = ""
    """The section whose rows count as goods."""

    @property
    def head(self) -> str:
        """Element of the head: the first section."""
        return self.sections[0].element


@dataclass(frozen=True)
class Upload:
    """One upload as it came: stripped text by element name. An empty element is "", the same as an absent one."""

    form: MessageForm
    envelope: Row
    declare_flag: str
    oper_customs_code: str
    sys_id: str
    sections: dict[str, list[Row]] = field(default_factory=dict)
    oddities: tuple[str, ...] = ()

    @property
    def head(self) -> Row:
        """The head."""
        return self.sections[self.form.head][0]

    @property
    def goods(self) -> list[Row]:
        """The rows of goods, in the sender's order."""
        return self.sections.get(self.form.goods, [])

    @property
    def internal_no(self) -> str:
        """企业内部编号."""
        return self.head.get(self.form.internal_no, "")

    @property
    def seq_no(self) -> str:
        """预录入统一编号, when the sender knows it."""
        return self.head.get(self.form.seq_no, "")

    @property
    def declaration_type(self) -> str:
        """DclTypecd: which round."""
        return self.head.get("DclTypecd", "") or FILED

    @property
    def owner(self) -> str:
        """10-character code of the enterprise that scopes the internal number."""
        return next((self.head[name] for name in self.form.owner if self.head.get(name)), "")


def continuous(rows: list[Row], name: str) -> bool:
    """Whether that element counts 1, 2, 3 … over the rows, in any order."""
    return sorted(row.get(name, "") for row in rows) == sorted(str(n) for n in range(1, len(rows) + 1))
