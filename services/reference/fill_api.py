"""HTTP of filling: one step completes a document from companies, goods, vehicles, a template, earlier documents and the tariff."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import InvalidRequest, NotFound
from contracts.answers.master import Completed
from contracts.permissions import DOCUMENT_READ
from contracts.problems import problem
from customs import clock
from customs.documents import KINDS, Kind, Party
from customs.master.filling import Known, Sources, complete, templated, wanted
from services.reference import directory, learning, scoping, store
from services.reference.code_book import CodeBook


class FillBody(BaseModel):
    """A document, as far as it goes, and whose it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(title="单证种类", max_length=40)
    document: dict[str, Any] = Field(title="单证内容")
    client_id: UUID | None = Field(None, title="客户")
    enterprise_id: UUID | None = Field(None, title="申报企业")
    template_id: UUID | None = Field(None, title="模板")


@dataclass(frozen=True)
class Filling:
    """What the route needs."""

    pool: Pool
    book: CodeBook


def routes(filling: Filling | None) -> APIRouter:
    """`filling` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/fill", tags=["fill"])

    @router.post("", **operation("fillDocument", Completed, body=FillBody, refuses=[NotFound]))
    async def fill(request: Request, caller: Caller) -> Response:
        """The document with what was absent filled in, and every value with its source. Keeps nothing."""
        assert filling is not None
        raw = await read_json(request)
        given = bodies.parse(FillBody, raw)
        scoping.require_client(caller, DOCUMENT_READ, given.client_id)
        kind = _kind(given.kind)
        await directory.require_known(filling.pool, caller, given.client_id, given.enterprise_id)
        async with postgres.tenant_transaction(filling.pool, caller.tenant_id) as connection:
            sources = await _sources(connection, caller, kind, given, filling.book)
        done = await asyncio.to_thread(complete, kind, given.document, sources, clock.today())
        return answer(200, done.model_dump(mode="json")).response()

    return router


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        expected = "、".join(KINDS)
        raise InvalidRequest(
            problems=[problem("not_one_of", "/kind", field="「单证种类」", expected=expected)]
        )
    return kind


async def _sources(
    connection: Connection, caller: Principal, kind: Kind, given: FillBody, book: CodeBook
) -> Sources:
    template = await _template(connection, caller, kind, given.template_id)
    asked = wanted(kind, templated(kind, given.document, template))
    goods = await store.by_keys(connection, "goods", given.client_id, sorted(asked.material_nos))
    trucks = await store.by_keys(connection, "trucks", None, sorted(asked.plates))
    companies = await store.companies_named(connection, sorted(asked.companies))
    learnt = await learning.offered(
        connection, caller, given.client_id, asked.principal, sorted(asked.material_nos)
    )
    head = given.document.get("head")
    code = head.get("declaring_code") if isinstance(head, Mapping) else None
    enterprise = await directory.enterprise_of(connection, given.enterprise_id, code)
    return Sources(
        companies=_by_any_code(companies),
        goods={row["natural_key"]: _known(row, "name") for row in goods},
        learnt=learnt,
        trucks={row["natural_key"]: _known(row, "vehicle_no") for row in trucks},
        template=template,
        enterprise=None if enterprise is None else _enterprise(enterprise),
        hs=book.units_of,
        hs_label=book.hs.label,
        hs_edition=book.hs.edition,
    )


async def _template(
    connection: Connection, caller: Principal, kind: Kind, identity: UUID | None
) -> Known | None:
    if identity is None:
        return None
    row = await store.get(connection, "templates", identity, "模板")
    scoping.hide_client(caller, DOCUMENT_READ, row["client_id"], "模板")
    if row["content"]["kind"] != kind.name:
        label = KINDS[row["content"]["kind"]].label
        found = problem("unfit_value", "/template_id", field="「模板」", why=f"是{label}的模板")
        raise InvalidRequest(problems=[found])
    return Known(str(identity), row["content"]["name"], row["content"]["document"])


def _known(row: Record, label: str) -> Known:
    return Known(str(row["record_id"]), str(row["content"].get(label, "")), row["content"])


def _enterprise(row: Record) -> Known:
    party = Party(row["name"], row["customs_code"], row["uscc"])
    return Known(str(row["enterprise_id"]), party.name, {"party": party})


def _by_any_code(rows: list[Record]) -> Mapping[str, Known]:
    """Companies under each of their codes, and under their name where only one has it."""
    found: dict[str, Known] = {}
    named: dict[str, list[Known]] = {}
    for row in rows:
        known = _known(row, "name")
        named.setdefault(known.label, []).append(known)
        for code in ("uscc", "customs_code"):
            if row["content"].get(code):
                found[row["content"][code]] = known
    return {name: same[0] for name, same in named.items() if len(same) == 1} | found
