"""Two versions of a document side by side: what changed, which rows came and which went.

Both are in normal form. What the system fills is left out, and so is what every upload sets anew.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

from customs.codes import table
from customs.documents.fields import FieldSpec
from customs.documents.findings import place_of, pointer_of
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section

MAX_LISTED = 2_000
CHANGE_MARK = "change_mark"
SET_BY_UPLOAD = frozenset({"declaration_type", "input_date", "card_no", CHANGE_MARK})
"""Not content: the round's own 申报类型, who sends and when, and the marks that `changing` computes."""
REMOVED = "2"
"""修改标志 of a row that is sent only to be deleted: such a row does not count as being there."""

Row = Mapping[str, Any]
Action = Literal["changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: a field that changed, or (`spec` None) a row that was added or removed."""

    action: Action
    section: str
    pointer: str
    """JSON pointer into the new version; of a removed row into the old one."""
    label: str
    """表体第3行「申报数量」; the number of a removed row is that in the old version."""
    key: JsonObject
    """What tells the row apart; {} for a single object and for a row without a number."""
    spec: FieldSpec | None = None
    old: str | int | None = None
    new: str | int | None = None

    def as_json(self) -> JsonObject:
        """As an API tells it; beside a code stands its name where it has a table."""
        told: JsonObject = {"action": self.action, "pointer": self.pointer, "label": self.label}
        if self.key:
            told["row_key"] = self.key
        if self.spec is not None:
            told |= {"field": self.spec.name, "old": self.old, "new": self.new}
            if self.spec.table:
                codes = table(self.spec.table)
                told["old_name"] = codes.label_of(str(self.old)) if self.old is not None else None
                told["new_name"] = codes.label_of(str(self.new)) if self.new is not None else None
        return told


@dataclass(frozen=True, slots=True)
class Counts:
    """How much differs in a section. `fields`: single values; `rows_changed`: the rows that hold them."""

    fields: int = 0
    rows_changed: int = 0
    rows_added: int = 0
    rows_removed: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, at most MAX_LISTED of it one by one; `counts` tells all."""

    kind: Kind
    differences: tuple[Difference, ...]
    counts: Mapping[str, Counts]
    """By section, only where something differs."""

    @property
    def same(self) -> bool:
        """Nothing differs."""
        return not self.counts

    @property
    def count(self) -> int:
        """How many differences there are, listed or not."""
        return sum(each.fields + each.rows_added + each.rows_removed for each in self.counts.values())

    def as_json(self) -> JsonObject:
        """As an API tells it: {same, count, listed, sections: [{section, label, fields, rows_…, differences}]}."""
        listed: dict[str, list[Any]] = defaultdict(list)
        for difference in self.differences:
            listed[difference.section].append(difference.as_json())
        return {
            "same": self.same,
            "count": self.count,
            "listed": len(self.differences),
            "sections": [
                {
                    "section": name,
                    "label": self.kind.section(name).label,
                    "fields": counts.fields,
                    "rows_changed": counts.rows_changed,
                    "rows_added": counts.rows_added,
                    "rows_removed": counts.rows_removed,
                    "differences": listed[name],
                }
                for name, counts in self.counts.items()
            ],
        }


def compare(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """How `new` differs from `old`, section by section in the authority's order. Linear in the number of rows."""
    listed: list[Difference] = []
    counts: dict[str, Counts] = {}
    for section in kind.sections:
        pairs = RowPairs(section, old, new)
        changed = list(pairs.changes())
        counted = Counts(
            sum(len(specs) for *_, specs in changed),
            len(changed) if section.many else 0,
            len(pairs.added),
            len(pairs.removed),
        )
        if counted != Counts():
            counts[section.name] = counted
            listed += islice(_differences(section, pairs, changed), MAX_LISTED - len(listed))
    return Comparison(kind, tuple(listed), counts)


def _differences(
    section: Section, pairs: RowPairs, changed: Iterable[tuple[int, int, Sequence[FieldSpec]]]
) -> Iterator[Difference]:
    for before, after, specs in changed:
        old, new = pairs.old[before], pairs.new[after]
        number, key = (after, row_key(section, new)) if section.many else (None, {})
        for spec in specs:
            pointer, label = pointer_of(section, number, spec.name), place_of(section, number, spec.name)
            values = (old.get(spec.name), new.get(spec.name))
            yield Difference("changed", section.name, pointer, label, key, spec, *values)
    whole_rows: tuple[tuple[Action, Sequence[int], Sequence[Row]], ...] = (
        ("added", pairs.added, pairs.new),
        ("removed", pairs.removed, pairs.old),
    )
    for action, numbers, rows in whole_rows:
        for number in numbers:
            pointer, label = pointer_of(section, number, None), place_of(section, number, None)
            yield Difference(action, section.name, pointer, label, row_key(section, rows[number]))


class RowPairs:
    """The rows of a section in two versions, each with its partner. Rows are numbered from 0.

    Partners have the same row key; rows that share a key pair in their order, rows without one by their place. A single
    object is a section of one row, always there.
    """

    def __init__(self, section: Section, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.old, self.new = _rows(section, old), _rows(section, new)
        self._content = [
            spec
            for spec in section.fields.values()
            if spec.need != "system" and spec.name not in SET_BY_UPLOAD
        ]
        self.kept = _paired(section, self.old, self.new) if section.many else [(0, 0)]
        """(number in old, number in new), in the order of new."""
        before, after = {pair[0] for pair in self.kept}, {pair[1] for pair in self.kept}
        self.removed = [n for n, row in enumerate(self.old) if n not in before and not is_gone(row)]
        self.added = [n for n, row in enumerate(self.new) if n not in after and not is_gone(row)]

    def changes(self) -> Iterator[tuple[int, int, Sequence[FieldSpec]]]:
        """The pairs that differ, each with the fields in which it does."""
        for before, after in self.kept:
            old, new = self.old[before], self.new[after]
            if old != new and (specs := [spec for spec in self._content if _differs(spec, old, new)]):
                yield before, after, specs


def _rows(section: Section, document: Mapping[str, Any]) -> Sequence[Row]:
    given = document.get(section.name)
    return (given or ()) if section.many else (given or {},)


def is_gone(row: Row) -> bool:
    """Whether the row stands there only to be deleted."""
    return row.get(CHANGE_MARK) == REMOVED


def row_key(section: Section, row: Row) -> JsonObject:
    """The fields that tell the row apart, as far as it has them."""
    return {name: row[name] for name in section.row_key if name in row}


def _differs(spec: FieldSpec, old: Row, new: Row) -> bool:
    before, after = old.get(spec.name), new.get(spec.name)
    if before == after:
        return False
    # 12.50 is 12.5: what comes back from the authority carries zeros of its own.
    if spec.type == "decimal" and before is not None and after is not None:
        return Decimal(before) != Decimal(after)
    return True


def _paired(section: Section, old: Sequence[Row], new: Sequence[Row]) -> list[tuple[int, int]]:
    old_keys, new_keys = _keys(section, old), _keys(section, new)
    waiting: dict[object, deque[int]] = defaultdict(deque)
    for number, key in old_keys.items():
        if key is not None:
            waiting[key].append(number)
    partner = {
        number: waiting[key].popleft()
        for number, key in new_keys.items()
        if key is not None and waiting.get(key)
    }
    taken = set(partner.values())
    for number, key in new_keys.items():
        free = number not in partner and number in old_keys and number not in taken
        if free and (key is None or old_keys[number] is None):
            partner[number] = number
    return [(partner[number], number) for number in new_keys if number in partner]


def _keys(section: Section, rows: Sequence[Row]) -> dict[int, object]:
    """The key of every row that is there, by its number; None where a part of it is missing."""
    keys: dict[int, object] = {}
    for number, row in enumerate(rows):
        if not is_gone(row):
            key = tuple(row.get(name) for name in section.row_key)
            keys[number] = None if None in key else key
    return keys
