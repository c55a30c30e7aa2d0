"""An edition of the goods codes with their statutory units: read, compared with what is there, and put in place.

The form is our own: code, name, unit, second_unit; the headings of the published table are understood too, and its other
columns (rates, licences) are not ours. A code that a new edition lacks ends the day before that edition begins.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from backbone import outbox
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.reference import GoodsCodesPlaced, PlacedGoodsCode
from contracts.problems import Problem, problem
from customs.codes.editions import year_of
from customs.codes.tariff import RELEASED_EDITION, RELEASED_FILE, RELEASED_FROM
from customs.documents.fields import Fields, Source
from customs.documents.values import Reader, UnfitError, reader
from services.reference.pinyin import initials
from services.reference.refusals import EditionOutdated
from services.reference.sent_tables import Form, Line, TableUnreadable, read_lines

MAX_CODES = 50_000
_PLATFORM = UUID(int=0)
_HEADINGS = {
    "code": "code", "name": "name", "unit": "unit", "second_unit": "second_unit",
    "编码": "code", "商品编码": "code", "名称": "name", "商品名称": "name", "第一法定单位": "unit", "第二法定单位": "second_unit",
}  # fmt: skip
_own = Fields(Source("The tariff as published"), receipts=False)
_FIELDS = {
    "code": _own.exact("商品编码", None, 10, "save", form="digits"),
    "name": _own.text("商品名称", None, 512, "save"),
    "unit": _own.digits_code("第一法定单位", None, 3, "units", "save"),
    "second_unit": _own.digits_code("第二法定单位", None, 3, "units"),
}
_REQUIRED = tuple(name for name, spec in _FIELDS.items() if spec.need == "save")
_FORM = Form(_HEADINGS, _FIELDS, required=_REQUIRED, strict=False, most_rows=MAX_CODES)
_SHOWN = 50
_LOCK = 7_206_120


@dataclass(frozen=True, slots=True)
class GoodsCode:
    code: str
    name: str
    unit: str
    second_unit: str | None


@dataclass(frozen=True)
class Edition:
    name: str
    valid_from: date
    sha256: bytes
    codes: Mapping[str, GoodsCode]
    initials: Mapping[str, str]
    """Of the names, by code."""


def read_edition(data: bytes, name: str, valid_from: date) -> Edition:
    """Slow for many, so that it runs beside the loop. The pointer of a problem is `/<line>/<column>`.

    Raises TableUnreadable, InvalidRequest with every line that is wrong.
    """
    codes: dict[str, GoodsCode] = {}
    problems: list[Problem] = []
    # Units may have come with an edition put in place meanwhile.
    readers = {name: reader(spec) for name, spec in _FIELDS.items()}
    for line in read_lines(data, _FORM):
        found = _read(line, readers)
        if isinstance(found, list):
            problems += found
        elif codes.setdefault(found.code, found) != found:
            problems.append(_problem("already_taken", line, "code", value=found.code))
    if problems:
        raise InvalidRequest(f"{len(problems)}处有误，没有导入", problems=problems[:1_000])
    if not codes:
        raise TableUnreadable("文件中没有任何商品编码")
    letters = {each.code: initials(each.name) for each in codes.values()}
    return Edition(name, valid_from, hashlib.sha256(data).digest(), codes, letters)


def _read(line: Line, readers: Mapping[str, Reader]) -> GoodsCode | list[Problem]:
    values: dict[str, str] = {}
    unfit = dict(line.unfit)
    for name, read in readers.items():
        try:
            values[name] = str(read(line.values.get(name, "")))
        except UnfitError as fault:
            unfit[name] = fault
    found = [_problem(fault.code, line, name, **fault.values_of_text) for name, fault in unfit.items()]
    found += [
        _problem("required", line, name, purpose="导入")
        for name in _REQUIRED
        if name not in unfit and not values[name]
    ]
    if found:
        return found
    return GoodsCode(values["code"], values["name"], values["unit"], values["second_unit"] or None)


def _problem(code: str, line: Line, name: str, **values: object) -> Problem:
    field = f"第{line.number}行「{_FIELDS[name].label}」"
    return problem(code, f"/{line.number}/{name}", field=field, **values)


@dataclass(frozen=True)
class Changes:
    """What an edition does to the codes that hold now; each as (before, after)."""

    added: Sequence[GoodsCode]
    changed: Sequence[tuple[GoodsCode, GoodsCode]]
    ended: Sequence[GoodsCode]
    unchanged: int

    def told(self) -> dict[str, Any]:
        """Counts, and the first of each."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "ended": len(self.ended),
            "unchanged": self.unchanged,
            "units_changed": sum(_units(a) != _units(b) for a, b in self.changed),
            "examples": {
                "added": [_plain(each) for each in self.added[:_SHOWN]],
                "changed": [{"before": _plain(a), "after": _plain(b)} for a, b in self.changed[:_SHOWN]],
                "ended": [_plain(each) for each in self.ended[:_SHOWN]],
            },
        }


def _units(each: GoodsCode) -> tuple[str, str | None]:
    return each.unit, each.second_unit


def _plain(each: GoodsCode) -> dict[str, str | None]:
    return {"code": each.code, "name": each.name, "unit": each.unit, "second_unit": each.second_unit}


async def compare(connection: Connection, edition: Edition) -> Changes:
    """Raises EditionOutdated when a later edition is in place."""
    newest = await connection.fetchrow(
        "SELECT edition, valid_from FROM hs_editions ORDER BY revision DESC LIMIT 1"
    )
    if newest is not None and _is_older(edition, newest["edition"], newest["valid_from"]):
        raise EditionOutdated(f"现为{newest['edition']}版，自{newest['valid_from'].isoformat()}起有效")
    rows = await connection.fetch(
        "SELECT code, name, unit, second_unit FROM hs_codes WHERE valid_until IS NULL"
    )
    known = {row["code"]: GoodsCode(**row) for row in rows}
    given = edition.codes
    return Changes(
        added=[each for code, each in given.items() if code not in known],
        changed=[(known[code], each) for code, each in given.items() if known.get(code, each) != each],
        ended=[each for code, each in known.items() if code not in given],
        unchanged=sum(known.get(code) == each for code, each in given.items()),
    )


def _is_older(edition: Edition, newest: str, newest_from: date) -> bool:
    year, newest_year = year_of(edition.name), year_of(newest)
    if edition.name == newest:
        return False
    return edition.valid_from < newest_from or (year or 0) < (newest_year or 0)


async def put_in_place(connection: Connection, edition: Edition, by: str) -> Changes:
    """In the transaction of the caller, and told; the same edition again is compared and corrected like any other."""
    changes, revision = await _keep(connection, edition, by)
    codes = [
        PlacedGoodsCode(code=each.code, unit=each.unit, second_unit=each.second_unit)
        for each in edition.codes.values()
    ]
    event = GoodsCodesPlaced(
        tenant_id=_PLATFORM,
        edition=edition.name,
        valid_from=edition.valid_from,
        revision=revision,
        codes=codes,
        placed_at=datetime.now(UTC),
    )
    await outbox.append(connection, [event], tenant_id=_PLATFORM)
    return changes


async def _keep(connection: Connection, edition: Edition, by: str) -> tuple[Changes, int]:
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    changes = await compare(connection, edition)
    await connection.execute(
        "UPDATE hs_codes SET valid_until = $2 WHERE code = ANY($1::text[])",
        [each.code for each in changes.ended],
        edition.valid_from - timedelta(days=1),
    )
    rows = [
        {**_plain(each), "initials": edition.initials[each.code]}
        for each in (*changes.added, *(after for _, after in changes.changed))
    ]
    await connection.execute(_KEEP_CODES, rows, edition.valid_from, edition.name)
    revision: int = await connection.fetchval(
        "INSERT INTO hs_editions AS e (edition, valid_from, sha256, imported_by, revision) "
        "VALUES ($1, $2, $3, $4, nextval('hs_revision')) ON CONFLICT (edition) DO UPDATE SET valid_from = excluded.valid_from, "
        "sha256 = excluded.sha256, imported_by = excluded.imported_by, imported_at = now(), revision = excluded.revision "
        "RETURNING revision",
        edition.name,
        edition.valid_from,
        edition.sha256,
        by,
    )
    return changes, revision


_KEEP_CODES = """
INSERT INTO hs_codes AS h (code, name, initials, unit, second_unit, valid_from, edition)
SELECT n.code, n.name, n.initials, n.unit, n.second_unit, $2, $3
FROM jsonb_to_recordset($1::jsonb) AS n (code text, name text, initials text, unit text, second_unit text)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, initials = excluded.initials, unit = excluded.unit,
  second_unit = excluded.second_unit, edition = excluded.edition, valid_until = NULL,
  valid_from = CASE WHEN h.valid_until IS NULL THEN h.valid_from ELSE excluded.valid_from END
"""


async def seed(connection: Connection) -> bool:
    """Put the edition of the release in place where there is none, so that units are filled in from the first day.

    Not told: whoever checks goods codes has the same file.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    if await connection.fetchval("SELECT EXISTS (SELECT FROM hs_editions)"):
        return False
    data = RELEASED_FILE.read_bytes()
    edition = await asyncio.to_thread(read_edition, data, RELEASED_EDITION, RELEASED_FROM)
    await _keep(connection, edition, "release")
    return True


# The tariff as published with broker systems of these years: code, name and the two statutory units.
