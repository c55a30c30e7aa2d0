"""HTTP of 委托: which client firms authorised the broker, from when until when, and for what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backbone import bodies, outbox, paging, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.idempotency import answered
from backbone.ids import new_id
from backbone.operations import KEY, SEEN, operation
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import InvalidRequest, NotFound, StaleVersion
from contracts.answers.master import AuthorisationKept, Authorisations, Verdict
from contracts.events.reference import AuthorisationChanged
from contracts.permissions import DOCUMENT_READ, TENANT_MANAGE
from contracts.problems import problem
from customs import clock
from customs.documents import KINDS
from customs.master.authorising import Authorisation, may_act
from services.reference import directory, scoping
from services.reference.refusals import AlreadyWithdrawn
from services.reference.store import actor

Wake = Callable[[], None]
_NOUN = "委托"
_CLIENT = parameters.identity("client_id", "客户")
_CHECK = (
    parameters.identity("client_id", "客户"),
    parameters.identity("enterprise_id", "企业"),
    parameters.choice("kind", "单证种类", list(KINDS)),
    parameters.day("on", "日期"),
)
_COLUMNS = ("client_id", "enterprise_id", "kinds", "agreement_no", "remark", "valid_from", "valid_until")


class AuthorisationsAsked(Asked):
    """A page of them."""

    client_id: Annotated[UUID | None, _CLIENT] = None
    on: Annotated[str | None, parameters.day("on", "在该日有效")] = None
    limit: Annotated[int, parameters.limit(200)] = 50
    cursor: Annotated[tuple[datetime, UUID] | None, parameters.cursor()] = None


class AuthorisationBody(BaseModel):
    """Both days are included; `kinds` null: every kind; `enterprise_id` null: every enterprise of the tenant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: UUID = Field(title="客户")
    enterprise_id: UUID | None = Field(None, title="受托企业")
    kinds: list[str] | None = Field(None, title="单证种类", min_length=1, max_length=len(KINDS))
    agreement_no: bodies.Key | None = Field(None, title="委托协议编号", max_length=64)
    remark: str | None = Field(None, title="备注", max_length=500)
    valid_from: date = Field(title="起始日期")
    valid_until: date = Field(title="截止日期")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = []
        if self.valid_until < self.valid_from:
            why = "早于起始日期"
            found.append(problem("unfit_value", "/valid_until", field="「截止日期」", why=why))
        for number, kind in enumerate(self.kinds or ()):
            if kind not in KINDS:
                field = f"「单证种类」第{number + 1}项"
                found.append(
                    problem("not_one_of", f"/kinds/{number}", field=field, expected="、".join(KINDS))
                )
        if found:
            raise InvalidRequest(problems=found)
        return self


def routes(pool: Pool | None, wake: Wake) -> APIRouter:
    """`pool` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/authorisations", tags=["authorisations"])

    def there() -> Pool:
        assert pool is not None
        return pool

    made = operation(
        "createAuthorisation", AuthorisationKept, status=201, body=AuthorisationBody, headers=[KEY]
    )

    @router.post("", **made)
    async def create(request: Request, caller: Caller) -> Response:
        """Keep one. Needs Idempotency-Key. For who administers the tenant."""
        caller.require(TENANT_MANAGE)
        raw = await read_json(request)
        given = bodies.parse(AuthorisationBody, raw)
        await directory.require_known(there(), caller, given.client_id, given.enterprise_id)

        async def work(connection: Connection) -> Reply:
            return _answer(201, await _insert(connection, caller, given))

        return await answered(
            there(), wake, request, caller, route="POST authorisations", body=raw, work=work
        )

    @router.get("", **operation("listAuthorisations", Authorisations))
    async def listing(
        request: Request, caller: Caller, asked: Annotated[AuthorisationsAsked, Query()]
    ) -> Response:
        """Newest first, withdrawn ones too; `on` leaves those that hold on that day."""
        within = scoping.clients_of(caller, DOCUMENT_READ)
        limit = asked.limit
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            rows = await _page(connection, within, asked)
        last = rows[limit - 1] if len(rows) > limit else None
        place = None if last is None else paging.encode(last["created_at"], last["authorisation_id"])
        cursor = parameters.following(request, AuthorisationsAsked, place)
        return answer(200, {"items": [_shown(row) for row in rows[:limit]], "next_cursor": cursor}).response()

    @router.get("/check", **operation("checkAuthorisation", Verdict, query=_CHECK))
    async def check(request: Request, caller: Caller) -> Response:
        """Whether the broker may act for this client firm with this kind of document on a day (today)."""
        given: dict[str, Any] = parameters.read(request, _CHECK)
        missing = [each for each in (_CHECK[0], _CHECK[2]) if each.name not in given]
        if missing:
            raise InvalidRequest(
                problems=[
                    problem("required", f"/{each.name}", field=f"「{each.label}」", purpose="查询")
                    for each in missing
                ]
            )
        scoping.require_client(caller, DOCUMENT_READ, given["client_id"])
        await directory.require_known(there(), caller, given["client_id"], given.get("enterprise_id"))
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            held = await authorisations_of(connection, given["client_id"])
        verdict = may_act(
            held,
            client_ids={given["client_id"]},
            enterprise_id=given.get("enterprise_id"),
            kind=given["kind"],
            on=_day(given["on"]) if "on" in given else clock.today(),
        )
        return answer(200, verdict.model_dump(mode="json")).response()

    @router.get("/{identity}", **operation("readAuthorisation", AuthorisationKept))
    async def read(identity: UUID, caller: Caller) -> Response:
        """One of them."""
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            row = await _get(connection, identity)
        scoping.hide_client(caller, DOCUMENT_READ, row["client_id"], _NOUN)
        return _answer(200, row).response()

    withdrawn = operation(
        "withdrawAuthorisation", None, status=204, headers=[SEEN], refuses=[AlreadyWithdrawn]
    )

    @router.delete("/{identity}", **withdrawn)
    async def withdraw(request: Request, identity: UUID, caller: Caller) -> Response:
        """It holds no more from today on; it stays to be read. Needs If-Match. For who administers the tenant."""
        caller.require(TENANT_MANAGE)
        version = if_match(request)
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            row = await _get(connection, identity)
            if row["withdrawn_on"] is not None:
                raise AlreadyWithdrawn(f"已于{row['withdrawn_on'].isoformat()}撤销")
            changed = await connection.fetchrow(_WITHDRAW, identity, version, clock.today())
            if changed is None:
                raise StaleVersion("该委托已被他人修改")
            await _tell(connection, changed)
        wake()
        return answer(204, etag=etag(changed["version"])).response()

    return router


async def authorisations_of(connection: Connection, client_id: UUID) -> list[Authorisation]:
    """Those of one client firm, past ones too."""
    rows = await connection.fetch("SELECT * FROM authorisations WHERE client_id = $1", client_id)
    return [Authorisation(id=row["authorisation_id"], **row) for row in rows]


async def _insert(connection: Connection, caller: Principal, given: AuthorisationBody) -> Record:
    row = await connection.fetchrow(
        f"INSERT INTO authorisations (authorisation_id, tenant_id, created_by, {', '.join(_COLUMNS)}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *",
        new_id(),
        caller.tenant_id,
        actor(caller),
        *(getattr(given, name) for name in _COLUMNS),
    )
    assert row is not None
    await _tell(connection, row)
    return row


async def _tell(connection: Connection, row: Record) -> None:
    event = AuthorisationChanged(recorded_at=row["updated_at"], **row)
    await outbox.append(connection, [event], tenant_id=row["tenant_id"])


async def _page(
    connection: Connection, within: frozenset[UUID] | None, asked: AuthorisationsAsked
) -> list[Record]:
    arguments: list[object] = [asked.limit + 1]
    conditions = [scoping.within_clients(within, arguments)]
    if asked.client_id is not None:
        arguments.append(asked.client_id)
        conditions.append(f"client_id = ${len(arguments)}")
    if asked.on is not None:
        arguments.append(_day(asked.on))
        place = f"${len(arguments)}"
        conditions.append(
            f"valid_from <= {place} AND valid_until >= {place} AND (withdrawn_on IS NULL OR withdrawn_on > {place})"
        )
    if asked.cursor is not None:
        arguments += asked.cursor
        conditions.append(f"(created_at, authorisation_id) < (${len(arguments) - 1}, ${len(arguments)})")
    return await connection.fetch(
        f"SELECT * FROM authorisations WHERE {' AND '.join(conditions)} "  # noqa: S608 - conditions are ours
        "ORDER BY created_at DESC, authorisation_id DESC LIMIT $1",
        *arguments,
    )


async def _get(connection: Connection, identity: UUID) -> Record:
    row = await connection.fetchrow("SELECT * FROM authorisations WHERE authorisation_id = $1", identity)
    if row is None:
        raise NotFound("没有这条委托")
    return row


_WITHDRAW = """
UPDATE authorisations SET withdrawn_on = $3, version = version + 1, updated_at = now()
WHERE authorisation_id = $1 AND version = $2 AND withdrawn_on IS NULL RETURNING *
"""


def _shown(row: Record) -> dict[str, object]:
    stamps = ("version", "withdrawn_on", "created_at", "updated_at", "created_by")
    return {"id": row["authorisation_id"], **{name: row[name] for name in (*_COLUMNS, *stamps)}}


def _answer(status: int, row: Record) -> Reply:
    location = f"/v1/authorisations/{row['authorisation_id']}"
    return answer(status, _shown(row), location=location, etag=etag(row["version"]))


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
