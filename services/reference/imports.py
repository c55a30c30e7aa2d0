"""Many records at once: everything that is wrong is told by line and column, and nothing is kept by halves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import orjson

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.problems import Problem, problem
from customs.master.reading import read_record
from customs.master.records import RecordType
from services.reference.records_api import kept_record
from services.reference.sent_tables import MAX_ROWS, Form, Line, read_lines
from services.reference.store import Kept, actor

Mode = Literal["preview", "all", "good-rows"]
MODES = ("preview", "all", "good-rows")
_MOST_TOLD = 1_000


@dataclass(frozen=True)
class Read:
    """What a file holds: good records by natural key, and what is wrong with the rest."""

    lines: int
    good: Mapping[str, Kept]
    problems: Sequence[Problem]
    bad_lines: int


@dataclass
class Effect:
    """What an import does or would do."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: list[Kept] = field(default_factory=list)


def read_file(of: RecordType, data: bytes, client_id: UUID | None, *, is_table: bool) -> Read:
    """Read and check every line; slow for many, so that it runs beside the loop. Raises TableUnreadable, InvalidRequest for what is no list of records.

    A problem's pointer is `/<line>/<field>`: a line of a table as Excel counts, an item of a list from 0.
    """
    lines = _table(of, data) if is_table else _json(data)
    good: dict[str, Kept] = {}
    first: dict[str, int] = {}
    problems: list[Problem] = []
    bad_lines = 0
    for line in lines:
        shown = line.number if is_table else line.number + 1
        place = f"第{shown}行" if is_table else f"第{shown}条"
        record, found = _read(of, line, place)
        key = of.key_of(record)
        if not found and key in first:
            name = next(name for name in of.natural_key if record.get(name))
            label = f"{place}「{of.fields[name].label}」"
            values = {"field": label, "value": key, "first": first[key]}
            found.append(problem("number_repeated", f"/{line.number}/{name}", **values))
        if found:
            problems += found
            bad_lines += 1
        else:
            good[key] = kept_record(of, record, client_id)
            first[key] = shown
    told = problems[:_MOST_TOLD]
    if len(problems) > _MOST_TOLD:
        told.append(problem("too_many_problems", "", count=len(problems) - _MOST_TOLD))
    return Read(len(lines), good, told, bad_lines)


def _read(of: RecordType, line: Line, place: str) -> tuple[Mapping[str, Any], list[Problem]]:
    pointer = f"/{line.number}"
    unfit = [
        problem(
            each.code, f"{pointer}/{name}", field=f"{place}「{of.fields[name].label}」", **each.values_of_text
        )
        for name, each in line.unfit.items()
    ]
    record, found = read_record(of, line.values, pointer=pointer, place=place)
    places = {each.pointer for each in unfit}
    return record, unfit + [each for each in found if each.pointer not in places]


def _table(of: RecordType, data: bytes) -> list[Line]:
    labels = {spec.label: name for name, spec in of.fields.items()}
    return read_lines(data, Form(labels | {name: name for name in of.fields}, of.fields))


def _json(data: bytes) -> list[Line]:
    try:
        items = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        detail = f"第{error.lineno}行第{error.colno}列无法解析"
        raise InvalidRequest(problems=[problem("invalid_json", "", detail=detail)]) from None
    if not isinstance(items, list):
        raise InvalidRequest(
            problems=[problem("wrong_type", "", field="请求内容", expected="由资料组成的数组")]
        )
    if len(items) > MAX_ROWS:
        values = {"field": "请求内容", "count": len(items), "limit": MAX_ROWS}
        raise InvalidRequest(problems=[problem("too_many_rows", "", **values)])
    wrong = [
        problem("wrong_type", f"/{n}", field=f"第{n + 1}条", expected="JSON对象")
        for n, item in enumerate(items)
        if not isinstance(item, dict)
    ]
    if wrong:
        raise InvalidRequest(problems=wrong[:_MOST_TOLD])
    return [Line(n, item) for n, item in enumerate(items)]


async def weigh(connection: Connection, of: RecordType, client_id: UUID | None, read: Read) -> Effect:
    """What the good records would add and change among those of this client firm."""
    rows = await connection.fetch(
        "SELECT natural_key, content FROM records WHERE type = $1 AND client_id IS NOT DISTINCT FROM $2 "
        "AND natural_key = ANY($3::text[])",
        of.kept_as,
        client_id,
        list(read.good),
    )
    known = {row["natural_key"]: row["content"] for row in rows}
    effect = Effect()
    for key, kept in read.good.items():
        if key not in known:
            effect.added += 1
        elif known[key] == kept.content:
            effect.unchanged += 1
            continue
        else:
            effect.changed += 1
        effect.kept.append(kept)
    return effect


async def keep(connection: Connection, caller: Principal, kept: Sequence[Kept]) -> None:
    """Write them in one statement; a record that has come in between is replaced like one that was known."""
    rows = [
        {
            "id": str(new_id()),
            "type": each.type,
            "client_id": None if each.client_id is None else str(each.client_id),
            "natural_key": each.natural_key,
            "content": each.content,
            "search": each.search,
        }
        for each in kept
    ]
    await connection.execute(_KEEP, rows, caller.tenant_id, actor(caller))


_KEEP = """
INSERT INTO records AS r (record_id, tenant_id, type, client_id, natural_key, content, search, created_by, changed_by)
SELECT n.id, $2, n.type, n.client_id, n.natural_key, n.content, n.search, $3, $3
FROM jsonb_to_recordset($1::jsonb)
  AS n (id uuid, type text, client_id uuid, natural_key text, content jsonb, search text)
ON CONFLICT ON CONSTRAINT records_key DO UPDATE SET content = excluded.content, search = excluded.search,
  changed_by = excluded.changed_by, version = r.version + 1, updated_at = now()
WHERE r.content <> excluded.content
"""
