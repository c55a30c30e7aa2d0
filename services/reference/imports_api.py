"""HTTP of imports: `POST /v1/<sort>/imports`, a table (.xlsx, CSV) or a list as JSON."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request, Response

from backbone import idempotency, parameters, postgres
from backbone.auth import Caller
from backbone.http import Reply, answer
from backbone.operations import KEY, Schema, operation, optional
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, UnsupportedMediaType
from contracts.answers.master import RecordImport
from contracts.permissions import DOCUMENT_WRITE
from customs.master.records import RECORD_TYPES, RecordType
from services.reference import directory, imports, scoping
from services.reference.imports import MODES, Effect, Read
from services.reference.schemas import record_schema
from services.reference.sent_tables import CSV, XLSX, TableUnreadable

_MODE = parameters.choice("mode", "方式", MODES)


def routes(pool: Pool | None) -> list[APIRouter]:
    """One route per sort; `pool` None where only the schema is wanted."""
    return [_route(of, pool) for of in RECORD_TYPES.values()]


def _route(of: RecordType, pool: Pool | None) -> APIRouter:
    router = APIRouter(tags=[of.path])
    owner = (parameters.identity("client_id", "客户"),) if of.of_one_client else ()
    asked = (_MODE, *owner)
    many = "".join(part.capitalize() for part in of.path.split("-"))
    described = operation(
        f"import{many}",
        RecordImport,
        body=Schema({"type": "array", "items": record_schema(of)}),
        query=asked,
        headers=[optional(KEY, "Needed by every mode but preview")],
        refuses=[TableUnreadable],
    )
    content = described["openapi_extra"]["requestBody"]["content"]
    binary = {"type": "string", "format": "binary"}
    headings = "Headings are the names or the Chinese labels"
    content |= {XLSX: {"schema": binary}, CSV: {"schema": {**binary, "description": headings}}}

    async def take(request: Request, caller: Caller) -> Response:
        """Keep many at once, replacing those with the same key. Needs Idempotency-Key unless mode=preview.

        mode=preview (the default) only tells what would happen; all: nothing unless every line is right; good-rows.
        """
        assert pool is not None
        given = parameters.read(request, asked)
        client_id = given.get("client_id")
        assert client_id is None or isinstance(client_id, UUID)
        mode = str(given.get("mode", "preview"))
        scoping.require_client(caller, DOCUMENT_WRITE, client_id)
        await directory.require_known(pool, caller, client_id)
        data = await request.body()
        is_table = _is_table(request)
        if mode == "preview":
            read = await asyncio.to_thread(imports.read_file, of, data, client_id, is_table=is_table)
            async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
                effect = await imports.weigh(connection, of, client_id, read)
            return answer(200, _told(mode, read, effect)).response()
        key = idempotency.key_of(request)
        read = await asyncio.to_thread(imports.read_file, of, data, client_id, is_table=is_table)
        if mode == "all" and read.problems:
            raise InvalidRequest(f"{read.bad_lines}行有误，没有导入任何资料", problems=read.problems)

        async def work(connection: Connection) -> Reply:
            effect = await imports.weigh(connection, of, client_id, read)
            await imports.keep(connection, caller, effect.kept)
            return answer(200, _told(mode, read, effect))

        route = f"POST {of.path}/imports {mode} {client_id}"
        done = await idempotency.once(pool, caller, route=route, key=key, body=data, work=work)
        return done.response()

    router.add_api_route(f"/v1/{of.path}/imports", take, methods=["POST"], **described)
    if of.once is not None:
        router.add_api_route(f"/v1/{of.once}/imports", take, methods=["POST"], include_in_schema=False)
    return router


def _is_table(request: Request) -> bool:
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if media_type not in (XLSX, CSV, "application/json"):
        raise UnsupportedMediaType(f"收到的类型为 {media_type[:80]}，应为 {XLSX}、{CSV} 或 application/json")
    return media_type != "application/json"


def _told(mode: str, read: Read, effect: Effect) -> dict[str, object]:
    return {
        "mode": mode,
        "lines": read.lines,
        "added": effect.added,
        "changed": effect.changed,
        "unchanged": effect.unchanged,
        "refused": read.bad_lines,
        "errors": [each.model_dump() for each in read.problems],
    }
