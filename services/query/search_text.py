"""What a document is found by, and how a word is looked for: text folded to letters and digits, and its pairs of characters.

Two characters are the usual Chinese word, so the index is of pairs (bigrams). Each is a hash that includes tenant and kind:
one tenant's common word costs no other tenant anything. Hashes may collide, so whoever finds looks at the text again.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from customs.documents import KINDS

MOST_CHARACTERS = 200_000
"""Of one document, repeated values counted once; rows beyond are not found by their goods."""
LEAST_OF_A_WORD, MOST_OF_A_WORD, MOST_WORDS = 2, 32, 6
_NO_WORD = re.compile(r"[\W_]+")
_HALF = 2**31


class Text(NamedTuple):
    """`cut`: there was more than MOST_CHARACTERS."""

    text: str
    cut: bool


def folded(text: str) -> str:
    """Full width, case, spaces, punctuation and signs do not matter: letters and digits alone are kept."""
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def words(text: str) -> tuple[str, ...]:
    """The words of a search, all of which a document must have. Raises ValueError for one that is too short or too long."""
    found = tuple(dict.fromkeys(filter(None, map(folded, unicodedata.normalize("NFKC", text).split()))))
    if not found or len(found) > MOST_WORDS:
        raise ValueError(text)
    if any(not LEAST_OF_A_WORD <= len(word) <= MOST_OF_A_WORD for word in found):
        raise ValueError(text)
    return found


def grams(tenant_id: UUID, kind: str, text: str) -> list[int]:
    """Hashes of the text's pairs of characters, sorted; pairs do not reach across lines."""
    seed = zlib.crc32(kind.encode(), zlib.crc32(tenant_id.bytes))
    pairs = {line[at : at + 2] for line in text.split("\n") for at in range(len(line) - 1)}
    return sorted({zlib.crc32(pair.encode(), seed) - _HALF for pair in pairs})


def pattern(word: str) -> str:
    """For LIKE: a folded word has no characters that mean something there."""
    return f"%{word}%"


def text_of(kind: str, document: Mapping[str, Any]) -> Text:
    """Every text of head and rows that is no code of a table, a value a line, the head first."""
    lines: dict[str, None] = {}
    room = MOST_CHARACTERS
    for value in _values(kind, document):
        line = folded(value)
        if len(line) < LEAST_OF_A_WORD or line in lines:
            continue
        room -= len(line) + 1
        if room < 0:
            return Text("\n".join(lines), cut=True)
        lines[line] = None
    return Text("\n".join(lines), cut=False)


def _values(kind: str, document: Mapping[str, Any]) -> Iterator[str]:
    for section, names in searched_fields(kind).items():
        given = document.get(section)
        rows: Iterable[Any] = given if isinstance(given, list) else [given]
        for row in rows:
            if isinstance(row, Mapping):
                for name in names:
                    value = row.get(name)
                    if isinstance(value, str):
                        yield value


@cache
def searched_fields(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Names, numbers, plates, goods, remarks: the texts of each section."""
    return {
        part.name: tuple(name for name, spec in part.fields.items() if spec.type == "text" and not spec.table)
        for part in KINDS[kind].sections
    }
