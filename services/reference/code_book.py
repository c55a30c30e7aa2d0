"""Every code table in memory, ready to be searched; read again when another edition was put in place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from backbone import log, postgres
from backbone.periodic import Periodic
from backbone.postgres import Pool
from customs.codes import TABLES
from customs.codes import table as code_table
from customs.codes.tariff import RELEASED_EDITION
from customs.master.filling import StatutoryUnits
from services.reference import code_editions, hs_import
from services.reference.pinyin import initials
from services.reference.search import Entry, Index

HS_CODES = "hs_codes"
HS_LABEL = "商品编码表"
_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Searchable:
    """A table with its index. `edition` None: nothing has been imported."""

    name: str
    label: str
    edition: str | None
    source: str
    open: bool
    valid_from: date | None
    index: Index
    published: bool = False
    """Whether an edition of it can be put in place."""


class CodeBook:
    """All tables by name: those of the release with the editions laid over them, and the goods codes out of the database."""

    def __init__(self) -> None:
        self._tables: dict[str, Searchable] = {name: _listed(name) for name in TABLES}
        self.hs = Searchable(HS_CODES, HS_LABEL, None, "", True, None, Index([]), published=True)
        self.revision = -1
        self._laid_over: dict[str, int] = {}

    def __iter__(self) -> Iterator[Searchable]:
        yield from self._tables.values()
        yield self.hs

    def get(self, name: str) -> Searchable | None:
        return self.hs if name == HS_CODES else self._tables.get(name)

    def units_of(self, code: str) -> StatutoryUnits | None:
        """The statutory units of a goods code that holds in the edition that is loaded."""
        entry = self.hs.index.get(code)
        if entry is None or entry.valid_until is not None:
            return None
        second = entry.more.get("second_unit")
        return StatutoryUnits(
            code, entry.name, str(entry.more["unit"]), None if second is None else str(second)
        )

    async def refresh(self, pool: Pool) -> None:
        """Read the goods codes, and tables of which an edition was put in place, when there is another revision of them."""
        async with postgres.transaction(pool) as connection:
            for name in await code_editions.lay_over(connection, self._laid_over):
                self._tables[name] = await asyncio.to_thread(_listed, name)
            newest = await connection.fetchrow(
                "SELECT edition, valid_from, revision FROM hs_editions ORDER BY revision DESC LIMIT 1"
            )
            revision = 0 if newest is None else newest["revision"]
            if revision == self.revision:
                return
            rows = await connection.fetch("SELECT * FROM hs_codes")
        entries = [
            Entry(
                row["code"],
                row["name"],
                row["initials"],
                valid_from=row["valid_from"],
                valid_until=row["valid_until"],
                more={"unit": row["unit"], "second_unit": row["second_unit"], "edition": row["edition"]},
            )
            for row in rows
        ]
        index = await asyncio.to_thread(Index, entries)
        source = _RELEASED if newest is not None and newest["edition"] == RELEASED_EDITION else _IMPORTED
        edition, valid_from = (None, None) if newest is None else (newest["edition"], newest["valid_from"])
        self.hs = Searchable(HS_CODES, HS_LABEL, edition, source, True, valid_from, index, published=True)
        self.revision = revision
        log.get().info("codes_loaded", kind=HS_CODES, count=len(index), version=revision)


def _listed(name: str) -> Searchable:
    listed = code_table(name)
    entries = [
        Entry(r.code, r.name, initials(r.name), r.alpha, r.full_name, r.valid_from, r.valid_until)
        for r in listed
    ]
    return Searchable(
        name,
        listed.label,
        listed.edition,
        listed.source,
        listed.open,
        listed.valid_from,
        Index(entries),
        published=listed.published,
    )


_IMPORTED = "Imported by the operator of the platform"
_RELEASED = "The tariff as published with broker systems in production; came with the release"


def refreshing(book: CodeBook, pool: Pool) -> Periodic:
    """Looks every few seconds whether another process has put an edition in place; the first time there may be none at all."""

    async def look() -> None:
        if book.revision < 1:
            async with postgres.transaction(pool) as connection:
                await hs_import.seed(connection)
        await book.refresh(pool)

    return Periodic("code_book", look, _LOOK_SECONDS)


def unit_label(code: object) -> str | None:
    """What a clerk calls a unit."""
    return None if code is None else code_table("units").label_of(str(code))
