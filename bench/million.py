"""The list pages over a million documents, each beside bare prepared SQL of the same meaning on the same tables."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import uvloop

from backbone import paging, postgres
from backbone.auth import Grant, Principal
from backbone.migrate import Database
from backbone.postgres import PlainConnection, Pool
from bench.many_documents import COMMON, RARE, TABLES, Tenant, load, tenants
from bench.measuring import Candidate, Round, compared, drive, quantile, take_turns
from bench.surroundings import Surroundings, superuser
from bench.tables import Row, Table
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS
from services.query import lists, makeable, movements, relations
from services.query.kind_facts import makings
from services.query.search_text import grams, words

ABOUT = "list pages over a million documents"
_COUNT = 1_000_000
_QUICK = 3_000
_LIMIT = 50
_USABLE = ("approved",)
_FORMS = ("approved", "concluded", "paused")
_CASES = 200
_PAGE = f"ORDER BY updated_at DESC, document_id DESC LIMIT {_LIMIT + 1}"
_OF_KIND = "SELECT * FROM documents WHERE tenant_id = $1 AND kind = $2 AND state <> 'deleted'"
_COUNTS = (
    "SELECT state, round_purpose, count(*), count(*) FILTER (WHERE deadline_at < now()), "
    "count(*) FILTER (WHERE needs_operator), count(*) FILTER (WHERE review = 'requested') "
    "FROM documents WHERE tenant_id = $1 AND kind = $2 AND state <> 'deleted' {more}GROUP BY state, round_purpose"
)

_SEARCH = f"""{_OF_KIND} AND document_id IN (
  SELECT document_id FROM searchable WHERE tenant_id = $1 AND (number_grams || content_grams) @> $3
  AND (array_to_string(numbers, E'\\n') || E'\\n' || content) LIKE ALL ($4)) {_PAGE}"""  # noqa: S608 - our own
_TEXTS = {
    COMMON[:2]: "2 characters in all",
    COMMON: "4 in all",
    RARE[:2]: "2 in few",
    RARE: "4 in few",
    "靶铼": "2 in none",
    "料坯靶铼": "4 in none",
}
# One level in each direction, where ours walks three and shows what is hidden or elsewhere.
_RELATED = """
SELECT d.* FROM relations AS r JOIN documents AS d ON d.tenant_id = $1 AND d.customs_no = r.to_number AND d.kind = r.to_kind
WHERE r.document_id = $3 AND r.place > 0 AND r.kind = $2
UNION ALL
SELECT d.* FROM documents AS own JOIN relations AS r ON r.tenant_id = $1 AND r.to_kind = own.kind
  AND r.to_number = own.customs_no JOIN documents AS d ON d.document_id = r.document_id WHERE own.document_id = $3
"""


# The same documents and whatever says that it takes from them; contents are not unpacked, nothing is counted.
_SOURCES = f"""
WITH found AS MATERIALIZED ({_OF_KIND} AND customs_no IS NOT NULL AND state = ANY($3) {_PAGE})
SELECT found.*, sent.content, ARRAY(SELECT w.content FROM relations AS r JOIN contents AS w USING (document_id)
  WHERE r.tenant_id = $1 AND r.to_kind = $2 AND r.to_number = found.customs_no AND r.place > 0) AS takers
FROM found LEFT JOIN contents AS sent ON sent.document_id = found.document_id AND sent.part = 1
"""  # noqa: S608 - our own


@dataclass(frozen=True)
class Case:
    """One request, and the arguments of the floor's statement after tenant and kind."""

    caller: Principal
    kind: str
    asked: Mapping[str, object]
    floor: Sequence[object]


Cases = Callable[[random.Random, Tenant], Case]
Ask = Callable[[Pool, Case], Awaitable[object]]


@dataclass(frozen=True)
class Question:
    what: str
    cases: Cases
    statement: str
    ask: Ask
    largest: bool = False
    """Only of the tenant that has a quarter of all documents."""


def run(on: Surroundings) -> list[Table]:
    database = on.servers.database("query")
    return [uvloop.run(_measured(on, database, _QUICK if on.quick else _COUNT))]


async def _measured(on: Surroundings, database: Database, count: int) -> Table:
    async with AsyncExitStack() as stack:
        worker = await postgres.create_pool(database.worker_dsn, name="bench")
        stack.push_async_callback(worker.close)
        everything = await superuser(on, database, stack)
        began = time.perf_counter()
        await load(worker, everything, count)
        loaded = time.perf_counter() - began
        sizes = [
            f"{table} {await everything.fetchval('SELECT pg_total_relation_size($1::text::regclass)', table) / 2**20:,.0f} MB"
            for table in TABLES
        ]
        app = await postgres.create_pool(database.app_dsn, name="bench", max_size=1)
        stack.push_async_callback(app.close)
        bare = await postgres.connect(database.worker_dsn, name="bench")
        stack.push_async_callback(bare.close)
        known = await _Known.of(bare, count)
        rows = [await _compare(on, app, bare, question) for question in _questions(known)]
    title = (
        f"list pages: {count:,} documents of {len(tenants())} tenants, {', '.join(sizes)}, "
        f"written by COPY in {loaded:,.0f} s"
    )
    note = "one caller at a time; floor: the statement alone, prepared, without row-level security, rows not read further"
    return Table(title, note, rows)


async def _compare(on: Surroundings, app: Pool, bare: PlainConnection, question: Question) -> Row:
    chance = random.Random(7)  # noqa: S311 - sample data
    among = tenants()
    chosen = among[:1] if question.largest else among
    shares = [tenant.share for tenant in chosen]
    cases = [question.cases(chance, chance.choices(chosen, shares)[0]) for _ in range(_CASES)]
    prepared = await bare.prepare(question.statement)

    def turns(ask: Callable[[Case], Awaitable[object]]) -> Candidate:
        async def run() -> Round:
            number = 0

            async def one(_: int) -> bool:
                nonlocal number
                await ask(cases[number % len(cases)])
                number += 1
                return True

            return await drive(1, on.seconds, one)

        return run

    async def ours(case: Case) -> object:
        return await question.ask(app, case)

    async def floor(case: Case) -> object:
        return await prepared.fetch(case.caller.tenant_id, case.kind, *case.floor)

    rounds = await take_turns({"ours": turns(ours), "floor": turns(floor)}, on.rounds)
    waits = [latency for each in rounds["floor"] for latency in each.latencies]
    row = compared(question.what, rounds["ours"], rounds["floor"])
    return {**row, "floor p50": quantile(waits, 0.50) * 1e3, "floor p99": quantile(waits, 0.99) * 1e3}


@dataclass(frozen=True)
class _Known:
    """Numbers and places that exist, by tenant and kind, so that what is looked for is found."""

    customs_nos: Mapping[Any, Sequence[str]]
    internal_nos: Mapping[Any, Sequence[str]]
    places: Mapping[Any, Sequence[Any]]
    forms: Mapping[Any, Sequence[str]]

    @classmethod
    async def of(cls, bare: PlainConnection, count: int) -> _Known:
        """Out of a tenth of many documents, or all of few."""
        found: list[dict[Any, list[Any]]] = [{}, {}, {}]
        rows = await bare.fetch(
            "SELECT tenant_id, kind, customs_no, internal_no, updated_at, document_id FROM documents "
            "TABLESAMPLE SYSTEM ($1) WHERE customs_no IS NOT NULL AND state <> 'deleted'",
            10 if count > 100_000 else 100,
        )
        for row in rows:
            key = (row["tenant_id"], row["kind"])
            values = (row["customs_no"], row["internal_no"], (row["updated_at"], row["document_id"]))
            for kept, value in zip(found, values, strict=True):
                kept.setdefault(key, []).append(value)
        forms: dict[Any, list[str]] = {}
        for (tenant_id, kind), numbers in found[0].items():
            if kind == "business_form":
                forms[tenant_id] = numbers
        customs_nos, internal_nos, places = found
        return cls(customs_nos, internal_nos, places, forms)


def _questions(known: _Known) -> list[Question]:
    since = datetime.now(UTC) - timedelta(days=90)
    day = since.astimezone().strftime("%Y%m%d")

    def first(chance: random.Random, tenant: Tenant) -> Case:
        return Case(_caller(tenant), _kind(chance), {}, ())

    def of_firms(chance: random.Random, tenant: Tenant) -> Case:
        firms = frozenset(chance.sample(tenant.enterprises, 2))
        grant = Grant(permissions=frozenset({DOCUMENT_READ}), enterprises=firms)
        return Case(_caller(tenant, grant), _kind(chance), {}, (sorted(firms),))

    def some_state(states: Sequence[str]) -> Cases:
        def of(chance: random.Random, tenant: Tenant) -> Case:
            asked: dict[str, object] = {"state": list(states), "declared_from": day}
            return Case(_caller(tenant), _kind(chance), asked, (list(states), since))

        return of

    def overdue(chance: random.Random, tenant: Tenant) -> Case:
        return Case(_caller(tenant), _kind(chance), {"overdue": True}, ())

    def waiting(chance: random.Random, tenant: Tenant) -> Case:
        return Case(_caller(tenant), _kind(chance), {"needs_operator": True}, ())

    def nobodys(chance: random.Random, tenant: Tenant) -> Case:
        return Case(_caller(tenant), "inventory", {"book_no": "T0000W000000"}, ())

    def of_form(chance: random.Random, tenant: Tenant) -> Case:
        forms = known.forms.get(tenant.id) or ["none"]
        number = chance.choice(forms)
        return Case(_caller(tenant), "stock_bill", {"business_form_no": number}, (number,))

    def saying(text: str) -> Cases:
        def of(chance: random.Random, tenant: Tenant) -> Case:
            kind, found = _kind(chance), words(text)
            hashes = sorted({each for word in found for each in grams(tenant.id, kind, word)})
            return Case(_caller(tenant), kind, {"q": found}, (hashes, [f"%{word}%" for word in found]))

        return of

    def related(chance: random.Random, tenant: Tenant) -> Case:
        kind, place = _one_of(known.places, chance, tenant)
        return Case(_caller(tenant), kind, {}, (place[1],))

    def usable(kind: str, states: Sequence[str], **asked: object) -> Cases:
        def of(chance: random.Random, tenant: Tenant) -> Case:
            return Case(_caller(tenant), kind, asked, (list(states),))

        return of

    def further(chance: random.Random, tenant: Tenant) -> Case:
        kind, place = _one_of(known.places, chance, tenant)
        return Case(_caller(tenant), kind, {"cursor": paging.decode(paging.encode(*place))}, place)

    def numbered(chance: random.Random, tenant: Tenant) -> Case:
        kind, number = _one_of(known.customs_nos, chance, tenant)
        return Case(_caller(tenant), kind, {"customs_no": number}, (number,))

    def beginning(chance: random.Random, tenant: Tenant) -> Case:
        kind, number = _one_of(known.internal_nos, chance, tenant)
        prefix = str(number)[:8]
        return Case(_caller(tenant), kind, {"internal_no": prefix}, (prefix, f"{prefix}\U0010ffff"))

    in_state = f"{_OF_KIND} AND state = ANY($3) AND declared_at >= $4 {_PAGE}"
    prefix = 'AND internal_no COLLATE "C" >= $3 AND internal_no COLLATE "C" < $4'
    return [
        Question("first page", first, f"{_OF_KIND} {_PAGE}", _page),
        Question(
            "first page, two of five firms",
            of_firms,
            f"{_OF_KIND} AND enterprise_id = ANY($3) {_PAGE}",
            _page,
        ),
        Question(
            "next page, anywhere",
            further,
            f"{_OF_KIND} AND (updated_at, document_id) < ($3, $4) {_PAGE}",
            _page,
        ),
        Question("returned, declared in 90 days", some_state(["returned"]), in_state, _page),
        Question("approved, declared in 90 days", some_state(["approved"]), in_state, _page),
        Question("overdue", overdue, f"{_OF_KIND} AND deadline_at < now() {_PAGE}", _page),
        Question("for an operator", waiting, f"{_OF_KIND} AND needs_operator {_PAGE}", _page),
        Question(
            "a book nobody has",
            nobodys,
            f"{_OF_KIND} AND sought_book_no = 'T0000W000000' {_PAGE}",
            _page,
        ),
        Question("bills of a form", of_form, f"{_OF_KIND} AND sought_business_form_no = $3 {_PAGE}", _page),
        *(Question(f"text {text}, {what}", saying(text), _SEARCH, _page) for text, what in _TEXTS.items()),
        Question("relations of a document", related, _RELATED, _relations),
        Question(
            "bills for a 核放单",
            usable("stock_bill", _USABLE),
            _SOURCES,
            _makeable("gate_pass", "stock_bill"),
        ),
        Question(
            "bills used in part",
            usable("stock_bill", _USABLE, partly=True),
            _SOURCES,
            _makeable("gate_pass", "stock_bill"),
        ),
        Question(
            "forms for a 出入库单",
            usable("business_form", _USABLE),
            _SOURCES,
            _makeable("stock_bill", "business_form"),
        ),
        Question("goods of forms", usable("business_form", _FORMS), _SOURCES, _movements),
        Question("exact customs number", numbered, f"{_OF_KIND} AND customs_no = $3 {_PAGE}", _page),
        Question("internal number, 8 characters", beginning, f"{_OF_KIND} {prefix} {_PAGE}", _page),
        Question("counts", first, _COUNTS.format(more=""), _counts),
        Question("counts, largest tenant", first, _COUNTS.format(more=""), _counts, largest=True),
        Question(
            "counts, two of five firms",
            of_firms,
            _COUNTS.format(more="AND enterprise_id = ANY($3) "),
            _counts,
        ),
    ]


def _one_of(found: Mapping[Any, Sequence[Any]], chance: random.Random, tenant: Tenant) -> tuple[str, Any]:
    """A kind of this tenant of which something is known, and that."""
    kind = chance.choice([kind for kind in KINDS if found.get((tenant.id, kind))])
    return kind, chance.choice(found[(tenant.id, kind)])


def _kind(chance: random.Random) -> str:
    return chance.choice(("inventory", "stock_bill", "gate_pass"))


def _caller(tenant: Tenant, grant: Grant | None = None) -> Principal:
    everything = Grant(permissions=frozenset({DOCUMENT_READ}))
    return Principal("bench", "bench", tenant.id, (grant or everything,), float("inf"))


async def _page(pool: Pool, case: Case) -> object:
    return await lists.listing(pool, case.caller, KINDS[case.kind], case.asked)


async def _counts(pool: Pool, case: Case) -> object:
    return await lists.counts(pool, case.caller, KINDS[case.kind], case.asked)


def _makeable(target: str, source: str) -> Ask:
    [pair] = [each for each in makings() if (each.target.name, each.source) == (target, source)]

    async def ask(pool: Pool, case: Case) -> object:
        return await makeable.makeable(pool, case.caller, pair, case.asked)

    return ask


async def _movements(pool: Pool, case: Case) -> object:
    [pair] = movements.moving()
    return await movements.movements(pool, case.caller, pair, case.asked)


async def _relations(pool: Pool, case: Case) -> object:
    [document_id] = case.floor
    assert isinstance(document_id, UUID)
    return await relations.relations(pool, case.caller, KINDS[case.kind], document_id)
