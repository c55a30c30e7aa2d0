"""What other documents tell of the goods of a source: those made from it before, and the 清单 that brought the goods into the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backbone.postgres import Connection
from customs.documents import JsonObject, Kind
from customs.documents.making import GOODS, Key
from customs.documents.normal_form import Document
from customs.ledger.lines import line_key
from services.entry.document import store
from services.entry.relations.remaining import Using

_BOOK, _MARK = "area_book_no", "material_mark"
_OF_THE_GOODS = (
    "origin_country",
    "quantity",
    "unit",
    "statutory_unit",
    "statutory_quantity",
    "second_statutory_unit",
    "second_statutory_quantity",
)
"""What a row says of the goods themselves, whichever way they go."""
_MOST_DOCUMENTS = 50
# The newest coming in of each line.
_CAME_IN = """
SELECT DISTINCT ON (mark, line_key) mark, line_key, document_id, row_no FROM ledger_postings
WHERE book_no = $1 AND line_key = ANY($2) AND account IN ('pre_in', 'real_in') AND quantity > 0
ORDER BY mark, line_key, at DESC
"""


async def told_elsewhere(
    connection: Connection, kind: Kind, source: JsonObject, using: Sequence[Using]
) -> dict[Key, list[Document]]:
    """Rows about the same goods, by the `row_key` of the source's rows: of documents made from it, the newest first, then of 清单."""
    names = kind.section(GOODS).row_key
    if names != (_MARK, "line_no"):
        return {}
    found: dict[Key, list[Document]] = {}
    standing = sorted(
        using, key=lambda each: (each.user.standing != "draft", each.row.updated_at), reverse=True
    )
    for each in standing:
        head, rows = _parts(each.row.document)
        for row in rows:
            if "form_line_no" in row:
                found.setdefault((head.get(_MARK), row["form_line_no"]), []).append(row)
    for key, row in (await _came_in(connection, source)).items():
        found.setdefault(key, []).append({name: row[name] for name in _OF_THE_GOODS if name in row})
    return found


async def _came_in(connection: Connection, source: JsonObject) -> dict[Key, Mapping[str, Any]]:
    head, rows = _parts(source)
    lines: dict[tuple[object, str], list[Key]] = {}
    for row in rows:
        line = line_key(row.get("book_line_no"), row.get("material_no"))
        if line is not None:
            lines.setdefault((row.get(_MARK), line), []).append((row.get(_MARK), row.get("line_no")))
    book = head.get(_BOOK)
    if not (book and lines):
        return {}
    places = await connection.fetch(_CAME_IN, book, sorted({line for _, line in lines}))
    found: dict[Key, Mapping[str, Any]] = {}
    contents: dict[Any, dict[int, Mapping[str, Any]]] = {}
    for place in places:
        document_id = place["document_id"]
        if document_id not in contents:
            if len(contents) == _MOST_DOCUMENTS:
                continue
            document = await store.find(connection, document_id)
            rows = [] if document is None else _parts(document.document)[1]
            contents[document_id] = {row["line_no"]: row for row in rows if "line_no" in row}
        came = contents[document_id].get(place["row_no"])
        if came is not None:
            found |= dict.fromkeys(lines.get((place["mark"], place["line_key"]), ()), came)
    return found


def _parts(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    return document.get("head") or {}, document.get(GOODS) or []
