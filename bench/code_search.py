"""Search in a table of 12,000 goods codes: the index beside a bare scan over a dict of names."""

from __future__ import annotations

import random
import time

import uvloop

from bench.measuring import at_once, compared, take_turns
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from customs.codes import TABLES
from services.reference.pinyin import initials
from services.reference.search import Entry, Index

ABOUT = "search in code tables by code, name and pinyin initials"
_ROWS = 12_000
_LIMIT = 20
_SEED = 20_260_131


def _entries(count: int) -> list[Entry]:
    """Names put together from those of the tables of the release, so that they read like names."""
    chance = random.Random(_SEED)  # noqa: S311 - sample data
    words = sorted({row.name for listed in TABLES.values() for row in listed if len(row.name) < 12})
    names = ["".join(chance.sample(words, 3)) for _ in range(count)]
    codes = chance.sample(range(10**9, 10**10), count)
    return [Entry(str(code), name, initials(name)) for code, name in zip(codes, names, strict=True)]


def run(on: Surroundings) -> list[Table]:
    return [uvloop.run(_measured(on, 500 if on.quick else _ROWS))]


async def _measured(on: Surroundings, count: int) -> Table:
    entries = _entries(count)
    began = time.perf_counter()
    index = Index(entries)
    built = (time.perf_counter() - began) * 1e3
    names = {entry.code: entry.name for entry in entries}
    some = entries[count // 2]
    queries = {
        "a code's beginning": some.code[:4],
        "two characters": some.name[1:3],
        "initials, two letters": some.initials[:2],
        "initials within": some.initials[2:6],
        "nothing like it": "没有这种",
    }
    rows: list[Row] = []
    for what, query in queries.items():

        def search(query: str = query) -> object:
            return index.search(query, _LIMIT)

        def scan(query: str = query) -> object:
            return [code for code, name in names.items() if query in name or code.startswith(query)][:_LIMIT]

        seconds = on.seconds / 4
        candidates = {"ours": at_once(search, seconds), "floor": at_once(scan, seconds)}
        rounds = await take_turns(candidates, on.rounds)
        rows.append(compared(what, rounds["ours"], rounds["floor"]))
    title = f"search: {count:,} goods codes, the best {_LIMIT}; the index is built in {built:.0f} ms"
    return Table(title, "floor: one pass over a dict of names, without initials, without order", rows)
