"""HTTP of master data: companies, goods, trucks and templates work alike, so their routes are made from one description each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from backbone import idempotency, paging, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, parse_object, read_json
from backbone.operations import KEY, SEEN, Body, Operation, Schema, operation
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import InvalidRequest
from contracts.answers.answer import of_kind
from contracts.answers.master import RecordKept, RecordPage, Template
from contracts.answers.naming import named
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from customs.documents import KINDS
from customs.master.reading import read_record
from customs.master.records import RECORD_TYPES, RecordType
from services.reference import directory, scoping, store
from services.reference.refusals import RecordTaken
from services.reference.schemas import record_schema
from services.reference.store import Asked, Kept, search_text
from services.reference.templates import TemplateBody, read_template

Endpoint = Callable[..., Awaitable[Response]]
MAX_LIMIT = 200
_CLIENT = parameters.identity("client_id", "客户")


@dataclass(frozen=True)
class Sort:
    """One sort of master data. `read` turns a body into what is kept and raises InvalidRequest."""

    path: str
    noun: str
    kept_as: str
    of_one_client: bool
    read: Callable[[bytes, UUID | None], Kept]
    body: Body
    content: type[BaseModel]
    conditions: tuple[parameters.Parameter, ...] = ()
    alias: str | None = None
    """The path it had before, which still answers."""

    @property
    def one(self) -> str:
        """What operations on one of them are called by."""
        return self.content.__name__

    @property
    def many(self) -> str:
        return "".join(part.capitalize() for part in self.path.split("-"))


def kept_record(of: RecordType, content: Mapping[str, Any], client_id: UUID | None) -> Kept:
    """A record in normal form as it is stored."""
    found = search_text([content.get(name) for name in of.found_by])
    return Kept(of.kept_as, client_id, of.key_of(content), content, found)


def _record(of: RecordType) -> Sort:
    def read(raw: bytes, client_id: UUID | None) -> Kept:
        content, found = read_record(of, parse_object(raw))
        if found:
            raise InvalidRequest(problems=found)
        return kept_record(of, content, client_id)

    body = Schema(record_schema(of))
    return Sort(of.path, of.label, of.kept_as, of.of_one_client, read, body, of.model, alias=of.once)


def _template() -> Sort:
    def read(raw: bytes, client_id: UUID | None) -> Kept:
        content = read_template(raw)
        key = f"{content['kind']}/{content['name']}"
        return Kept("templates", client_id, key, content, search_text([content["name"]]))

    conditions = (parameters.choice("kind", "单证种类", list(KINDS)),)
    return Sort("templates", "模板", "templates", True, read, TemplateBody, Template, conditions)


SORTS: tuple[Sort, ...] = (*(_record(each) for each in RECORD_TYPES.values()), _template())


def routes(pool: Pool | None) -> list[APIRouter]:
    """A router per sort; `pool` None where only the schema is wanted."""
    return [_Routes(sort, pool).router() for sort in SORTS]


class _Routes:
    def __init__(self, sort: Sort, pool: Pool | None) -> None:
        self._sort = sort
        self._maybe_pool = pool
        self._owner = (_CLIENT,) if sort.of_one_client else ()
        self._conditions = (
            parameters.text("q", "名称、编码或拼音首字母", 100),
            *self._owner,
            *sort.conditions,
            parameters.limit(MAX_LIMIT),
            parameters.cursor(),
        )

    @property
    def _pool(self) -> Pool:
        assert self._maybe_pool is not None
        return self._maybe_pool

    def router(self) -> APIRouter:
        sort = self._sort
        kept = named(f"{sort.one}Kept", of_kind(RecordKept, sort.content), f"A record: {sort.noun}.")
        page = named(f"{sort.one}Page", of_kind(RecordPage, kept), f"A page of records: {sort.noun}.")
        one = "/{identity}"
        made = operation(
            f"create{sort.one}",
            kept,
            status=201,
            body=sort.body,
            query=self._owner,
            headers=[KEY],
            refuses=[RecordTaken],
        )
        changed = operation(f"change{sort.one}", kept, body=sort.body, headers=[SEEN], refuses=[RecordTaken])
        endpoints: tuple[tuple[str, Endpoint, str, Operation], ...] = (
            ("", self.create, "POST", made),
            ("", self.listing, "GET", operation(f"list{sort.many}", page, query=self._conditions)),
            (one, self.read, "GET", operation(f"read{sort.one}", kept)),
            (one, self.change, "PUT", changed),
            (one, self.remove, "DELETE", operation(f"delete{sort.one}", None, status=204, headers=[SEEN])),
        )
        router = APIRouter(tags=[sort.path])
        for path, endpoint, method, described in endpoints:
            router.add_api_route(f"/v1/{sort.path}{path}", endpoint, methods=[method], **described)
            if sort.alias is not None:
                router.add_api_route(
                    f"/v1/{sort.alias}{path}", endpoint, methods=[method], include_in_schema=False
                )
        return router

    async def create(self, request: Request, caller: Caller) -> Response:
        """Keep a new one. Needs Idempotency-Key."""
        client_id = client_given(request, self._owner)
        scoping.require_client(caller, DOCUMENT_WRITE, client_id)
        key = idempotency.key_of(request)
        raw = await read_json(request)
        kept = self._sort.read(raw, client_id)
        await directory.require_known(self._pool, caller, client_id)

        async def work(connection: Connection) -> Reply:
            return self._answer(201, await store.insert(connection, caller, kept))

        route = f"POST {self._sort.path} {client_id}"
        done = await idempotency.once(self._pool, caller, route=route, key=key, body=raw, work=work)
        return done.response()

    async def listing(self, request: Request, caller: Caller) -> Response:
        """Newest first. `q` looks into codes, names and pinyin initials."""
        within = scoping.clients_of(caller, DOCUMENT_READ)
        given: dict[str, Any] = parameters.read(request, self._conditions)
        after: tuple[datetime, UUID] | None = given.get("cursor")
        limit: int = given.get("limit", 50)
        asked = Asked(
            self._sort.kept_as,
            within,
            query=given.get("q"),
            client_id=given.get("client_id"),
            kind=given.get("kind"),
            after=after,
            limit=limit,
        )
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            rows = await store.page(connection, asked)
        last = rows[limit - 1] if len(rows) > limit else None
        place = paging.encode(last["created_at"], last["record_id"]) if last is not None else None
        cursor = parameters.following(request, self._conditions, place)
        return answer(200, {"items": [shown(row) for row in rows[:limit]], "next_cursor": cursor}).response()

    async def read(self, identity: UUID, caller: Caller) -> Response:
        """One of them."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await self._found(connection, caller, DOCUMENT_READ, identity)
        return self._answer(200, row).response()

    async def change(self, request: Request, identity: UUID, caller: Caller) -> Response:
        """Replace it; whose it is stays. Needs If-Match."""
        version = if_match(request)
        raw = await read_json(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await self._found(connection, caller, DOCUMENT_WRITE, identity)
            kept = self._sort.read(raw, row["client_id"])
            row = await store.update(connection, caller, kept, identity, version, self._sort.noun)
        return self._answer(200, row).response()

    async def remove(self, request: Request, identity: UUID, caller: Caller) -> Response:
        """Delete it; documents that were filled from it stay as they are. Needs If-Match."""
        version = if_match(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await self._found(connection, caller, DOCUMENT_WRITE, identity)
            await store.delete(connection, self._sort.kept_as, identity, version, self._sort.noun)
        return answer(204).response()

    async def _found(
        self, connection: Connection, caller: Principal, permission: str, identity: UUID
    ) -> Record:
        row = await store.get(connection, self._sort.kept_as, identity, self._sort.noun)
        scoping.hide_client(caller, DOCUMENT_READ, row["client_id"], self._sort.noun)
        scoping.require_client(caller, permission, row["client_id"])
        return row

    def _answer(self, status: int, row: Record) -> Reply:
        location = f"/v1/{self._sort.path}/{row['record_id']}"
        return answer(status, shown(row), location=location, etag=etag(row["version"]))


def client_given(request: Request, owner: tuple[parameters.Parameter, ...]) -> UUID | None:
    """The client firm the query names. Raises InvalidRequest."""
    client_id = parameters.read(request, owner).get("client_id")
    assert client_id is None or isinstance(client_id, UUID)
    return client_id


def shown(row: Record) -> dict[str, object]:
    """A record as the API tells it: its stamps, and its own fields beside them under `content`."""
    stamps = ("version", "client_id", "created_at", "updated_at", "created_by", "changed_by", "content")
    return {"id": row["record_id"], **{name: row[name] for name in stamps}}
