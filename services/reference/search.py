"""Search in code tables by code, letters, name and pinyin initials.

All names stand in one text, so that looking through them is one scan in C and not a loop over rows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.reference.pinyin import folded

_END = "\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a table, ready to be searched and shown. `more` is shown beside the rest."""

    code: str
    name: str
    initials: str
    alpha: str | None = None
    full_name: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Whether the code may be used on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class _Column:
    """One text a row, joined; finds rows by a piece of their text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = _END + "".join(text.replace(_END, " ") + _END for text in texts)
        self._starts: list[int] = []
        place = 1
        for text in texts:
            self._starts.append(place)
            place += len(text) + 1

    def being(self, query: str) -> Iterator[int]:
        """Rows whose text is the query, in order."""
        return self._found(_END + query + _END, shift=1)

    def beginning(self, query: str) -> Iterator[int]:
        """Rows whose text begins with the query, in order."""
        return self._found(_END + query, shift=1)

    def containing(self, query: str) -> Iterator[int]:
        """Rows whose text has the query anywhere, in order, each once."""
        return self._found(query, shift=0)

    def _found(self, pattern: str, *, shift: int) -> Iterator[int]:
        text, starts = self._text, self._starts
        place = text.find(pattern)
        while place >= 0:
            row = bisect_right(starts, place + shift) - 1
            yield row
            if row + 1 >= len(starts):
                return
            place = text.find(pattern, starts[row + 1] - 1)


class Index:
    """The rows of one table in order of their codes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry.code))
        self._codes = [folded(entry.code) for entry in self.entries]
        self._by_code = {entry.code: entry for entry in self.entries}
        self._names = _Column([folded(entry.name) for entry in self.entries])
        self._full_names = _Column([folded(entry.full_name or "") for entry in self.entries])
        self._initials = _Column([entry.initials for entry in self.entries])
        self._alphas = _Column([folded(entry.alpha or "") for entry in self.entries])

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, code: str) -> Entry | None:
        """The row of this code, whether it still holds or not."""
        return self._by_code.get(code)

    def after(self, code: str, limit: int, day: date | None) -> list[Entry]:
        """The rows behind this code in order of codes; "" begins at the first. `day` leaves out what does not hold."""
        start = bisect_right(self._codes, folded(code)) if code else 0
        return self._taken(range(start, len(self.entries)), limit, day)

    def search(self, query: str, limit: int, day: date | None = None) -> list[Entry]:
        """The best `limit` rows: codes and letters that begin so, names and initials that begin so, then those within."""
        wanted = folded(query)
        if not wanted or _END in wanted:
            return []
        return self._taken(self._ranked(wanted), limit, day)

    def _ranked(self, wanted: str) -> Iterator[int]:
        if wanted.isascii():
            start = bisect_left(self._codes, wanted)
            while start < len(self._codes) and self._codes[start].startswith(wanted):
                yield start
                start += 1
            yield from self._alphas.beginning(wanted)
        yield from self._names.being(wanted)
        yield from self._names.beginning(wanted)
        plain = wanted.isascii() and wanted.isalnum()
        if plain:
            yield from self._initials.being(wanted)
            yield from self._initials.beginning(wanted)
        yield from self._names.containing(wanted)
        yield from self._full_names.containing(wanted)
        if plain and len(wanted) > 1:
            yield from self._initials.containing(wanted)

    def _taken(self, rows: Iterator[int] | range, limit: int, day: date | None) -> list[Entry]:
        found: dict[int, Entry] = {}
        for row in rows:
            entry = self.entries[row]
            if row not in found and (day is None or entry.holds_on(day)):
                found[row] = entry
                if len(found) >= limit:
                    break
        return list(found.values())
