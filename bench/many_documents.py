"""A full installation in query's database: rows as the projection makes them, multiplied and varied, written by COPY."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

import contracts
from backbone import compress, postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.postgres import PlainConnection, Pool
from contracts.events.entry import Actor, DocumentSaved
from customs.codes import TABLES as CODE_TABLES
from services.query.conditions import DERIVED
from services.query.kind_facts import past_approval
from services.query.projections import VIEWS, contents, relations, searchable
from services.query.search_text import Text, folded
from tests.support.feeding import sample

TENANTS = 40
_SEED = 20_260_131
_BATCH = 5_000
_DAYS = 730
_SPACE = UUID("01970000-0000-7000-8000-0000000000be")
# Of a hundred documents: in the end state of a life, under way, drafts, refused.
_STATES = (("done", 80), ("under_way", 6), ("draft", 9), ("returned", 5))
_KINDS = {
    "inventory": 30,
    "stock_bill": 30,
    "gate_pass": 25,
    "business_form": 5,
    "two_step_pass": 8,
    "vehicle": 2,
}
"""Shares in percent."""


TABLES = ("documents", "searchable", "relations", "contents")
_LEANS = {
    "stock_bill": ("business_form",),
    "gate_pass": ("stock_bill", "vehicle"),
    "two_step_pass": ("vehicle",),
}
_RECENT = 200
"""Documents made from the latest so many of what they lean on."""
COMMON, RARE = "有限公司", "铼靶坯料"
_RARE_EVERY = 5_000


_SAMPLES = {"business_form": "gathered-out", "stock_bill": "out", "gate_pass": "stock-bill"}
"""Kinds whose documents feed one another here, and the sample whose content they have."""


@dataclass(frozen=True)
class _Document:
    """Rows of the four tables, in the order of their columns."""

    row: tuple[Any, ...]
    searchable: tuple[Any, ...]
    related: list[tuple[Any, ...]]
    contents: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Tenant:
    """`share` is its part of all documents; the largest has about a quarter of them."""

    id: UUID
    share: float
    enterprises: tuple[UUID, ...]
    teams: tuple[UUID, ...]


def tenants() -> list[Tenant]:
    """The largest first."""
    weights = [1 / (place + 1) for place in range(TENANTS)]
    return [
        Tenant(
            uuid5(_SPACE, f"tenant {n}"),
            weight / sum(weights),
            tuple(uuid5(_SPACE, f"enterprise {n} {m}") for m in range(5)),
            tuple(uuid5(_SPACE, f"team {n} {m}") for m in range(4)),
        )
        for n, weight in enumerate(weights)
    ]


async def load(worker: Pool, superuser: PlainConnection, count: int) -> None:
    """Fill the tables of TABLES. COPY is not for roles that row-level security holds."""
    templates = {kind: await _template(worker, kind) for kind in _KINDS}
    await superuser.execute(f"TRUNCATE {', '.join(TABLES)}")
    grams = await superuser.fetchval("SELECT pg_get_indexdef('searchable_grams'::regclass)")
    # As one would after a dump: built at once, it takes a fraction of the time.
    await superuser.execute("DROP INDEX searchable_grams")
    names = list(next(iter(templates.values())))
    many = _many(templates, count)
    while batch := list(islice(many, _BATCH)):
        await superuser.copy_records_to_table(
            "documents", records=[each.row for each in batch], columns=names
        )
        await superuser.copy_records_to_table(
            "searchable", records=[each.searchable for each in batch], columns=list(searchable.COLUMNS)
        )
        related = [row for each in batch for row in each.related]
        await superuser.copy_records_to_table("relations", records=related, columns=list(relations.COLUMNS))
        kept = [row for each in batch for row in each.contents]
        await superuser.copy_records_to_table("contents", records=kept, columns=list(contents.COLUMNS))
    await superuser.execute("SET maintenance_work_mem = '512MB'")
    await superuser.execute(grams)
    for table in TABLES:
        await superuser.execute(f"VACUUM (ANALYZE) {table}")


async def _template(worker: Pool, kind: str) -> dict[str, Any]:
    """The row that the projection makes of a saved sample of the kind."""
    path = sorted((Path(contracts.__file__).parent / "examples" / kind).glob("*.json"))[0]
    now = datetime.now(UTC)
    event = DocumentSaved(
        tenant_id=UUID(int=0),
        document_id=new_id(),
        kind=kind,
        enterprise_id=new_id(),
        internal_no="B",
        version=1,
        state="draft",
        occurred_at=now,
        catalogue_version=1,
        document=json.loads(path.read_text(encoding="utf-8")),
        saved_by=Actor(id="bench", name="示例录入员"),
        created_at=now,
    )
    told = Received(event, new_id(), "bench", type(event).type, UUID(int=0), now, "bench", 0, 0, None)
    async with postgres.transaction(worker) as connection:
        await VIEWS["documents"].apply(connection, [told])
        row = await connection.fetchrow("SELECT * FROM documents WHERE document_id = $1", event.document_id)
    assert row is not None
    return {name: value for name, value in row.items() if not name.startswith(DERIVED)}


def _many(templates: Mapping[str, Mapping[str, Any]], count: int) -> Iterator[_Document]:
    """In the order in which the documents were begun, tenants and kinds mixed."""
    chance = random.Random(_SEED)  # noqa: S311 - sample data
    words = sorted({row.name for listed in CODE_TABLES.values() for row in listed if 3 < len(row.name) < 12})
    among = tenants()
    shares = [tenant.share for tenant in among]
    samples = {kind: sample(kind, name) for kind, name in _SAMPLES.items()}
    numbers: dict[tuple[UUID, str], list[str]] = {}
    end = datetime.now(UTC)
    begin = end - timedelta(days=_DAYS)
    for number in range(count):
        [tenant] = chance.choices(among, shares)
        [kind] = chance.choices(list(_KINDS), list(_KINDS.values()))
        created = begin + (end - begin) * number / count
        updated = min(end, created + timedelta(days=chance.random() * 5))
        changes = _changes(chance, kind, number, created, updated)
        # A truck is named by its plate, everything else by the number customs gave it.
        handle = f"浙B{number:06d}" if kind == "vehicle" else None
        if named := handle or changes["customs_no"]:
            numbers.setdefault((tenant.id, kind), []).append(named)
        leans = {
            to_kind: chance.choice(known[-_RECENT:])
            for to_kind in _LEANS.get(kind, ())
            if (known := numbers.get((tenant.id, to_kind)))
        }
        listed = {**templates[kind]["listed"], "book_no": f"T3105W{chance.randrange(40):06d}"}
        if form := leans.get("business_form"):
            listed["business_form_no"] = form
        document_id = new_id()
        row = {
            **templates[kind],
            **changes,
            "listed": listed,
            "document_id": document_id,
            "tenant_id": tenant.id,
            "enterprise_id": chance.choice(tenant.enterprises),
            "team_id": chance.choice((None, *tenant.teams)),
        }
        text = "\n".join(map(folded, _texts(chance, words, number, changes["internal_no"])))
        related: list[tuple[Any, ...]] = [(document_id, 0, tenant.id, 1, kind, "", kind, handle, None)]
        related += [
            (document_id, place, tenant.id, 1, kind, "依据", to_kind, no, None)
            for place, (to_kind, no) in enumerate(leans.items(), 1)
        ]
        kept = list(_contents(samples, row, leans))
        yield _Document(tuple(row.values()), _searchable(row, Text(text, cut=False)), related, kept)


def _texts(chance: random.Random, words: Sequence[str], number: int, internal_no: str) -> list[str]:
    """A company, two goods, a remark; of some thousand documents one has goods that are rare."""
    rare = [RARE] if number % _RARE_EVERY == 7 else []
    goods = [chance.choice(words) + chance.choice(words) for _ in range(2)]
    return [internal_no, f"示例{chance.choice(words)}有限公司", *goods, *rare]


def _contents(
    samples: Mapping[str, dict[str, Any]], row: Mapping[str, Any], leans: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """The working copy and, of what was approved, the attempt: the sample, naming what the document leans on."""
    if row["kind"] not in samples:
        return
    document = dict(samples[row["kind"]])
    if form := leans.get("business_form"):
        document["head"] = {**document["head"], "business_form_no": form}
    if bill := leans.get("stock_bill"):
        document["linked_documents"] = [{"linked_type": "2", "bill_no": bill}]
    content = compress.pack(orjson.dumps(document))
    approved = 1 if row["customs_no"] else None
    for part in (0, 1) if approved else (0,):
        of_attempt = (1, approved) if part == 0 else (0, None)
        yield (row["document_id"], part, row["tenant_id"], 1, content, *of_attempt)


def _searchable(row: Mapping[str, Any], text: Text) -> tuple[Any, ...]:
    numbers = sorted(no for no in (row["seq_no"], row["customs_no"]) if no)
    known = searchable.values(row["document_id"], row["tenant_id"], row["kind"], numbers, 1, text)
    # What travels as an object of one list to a statement is a plain array to COPY.
    return tuple(value["all"] if isinstance(value, dict) else value for value in known)


def _changes(
    chance: random.Random, kind: str, number: int, created: datetime, updated: datetime
) -> dict[str, Any]:
    [stage] = chance.choices([name for name, _ in _STATES], [share for _, share in _STATES])
    done = sorted(past_approval(kind))
    states = {
        "done": chance.choice(done),
        "under_way": chance.choice(("sending", "accepted", "manual_review")),
    }
    declared = stage != "draft"
    approved = stage == "done"
    return {
        "internal_no": f"{created:%Y%m%d}-{number:07d}",
        "state": states.get(stage, stage),
        "version": chance.randint(2, 9),
        "created_at": created,
        "updated_at": updated,
        "declared_at": created + timedelta(hours=1) if declared else None,
        "approved_at": updated if approved else None,
        "state_since": updated,
        "seq_no": f"2026{number:014d}" if declared else None,
        "customs_no": f"{kind[0].upper()}3105{number:013d}" if approved else None,
        "deadline_at": updated + timedelta(hours=2) if stage == "under_way" else None,
        "needs_operator": stage == "under_way" and chance.random() < 0.02,
        "review": chance.choice((None, None, None, "requested")) if stage == "draft" else None,
    }
