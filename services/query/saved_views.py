"""Saved views: conditions and columns of a list that a user keeps under a name, for himself or for the tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, parameters
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from backbone.refusals import Forbidden, InvalidRequest, NotFound, Refusal, StaleVersion
from contracts.permissions import TENANT_MANAGE
from contracts.problems import Problem, problem
from customs.documents import KINDS, Kind
from services.query import columns, conditions

MOST_OF_A_USER = 50
_MOST_COLUMNS = 60
_MOST_SHOWN = 1_000
_NO_VIEW = "没有这个列表视图"


class ViewNameTaken(Refusal):
    status = 409
    code = "view_name_taken"
    title = "已有同名的列表视图"
    hint = "请换一个名称，或修改已有的视图"


class TooManyViews(Refusal):
    status = 409
    code = "too_many_views"
    title = "保存的列表视图过多"
    hint = "请先删除不用的视图"


class ViewBody(BaseModel):
    """`conditions` as the list's query parameters have them; `columns` in order, none for all."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: bodies.Key = Field(title="视图名称", min_length=1, max_length=64)
    kind: str = Field(title="单证种类", max_length=40)
    conditions: dict[str, Any] = Field(title="查询条件", default_factory=dict, max_length=60)
    columns: list[str] = Field(title="列", default_factory=list, max_length=_MOST_COLUMNS)
    shared: bool = Field(title="全单位可见", default=False)
    default: bool = Field(title="默认视图", default=False)


def read(raw: bytes) -> ViewBody:
    """Raises InvalidRequest with everything that is wrong."""
    body = bodies.parse(ViewBody, raw)
    found = []
    if not body.name:
        found.append(problem("required", "/name", field="「视图名称」", purpose="保存"))
    kind = KINDS.get(body.kind)
    if kind is None:
        found.append(problem("not_one_of", "/kind", field="「单证种类」", expected="、".join(KINDS)))
    else:
        shapeless = _shapeless(body.conditions)
        found += shapeless or _understood(kind, body.conditions, "/conditions")[1]
        found += _wrong_columns(kind, body.columns)
    if found:
        raise InvalidRequest(problems=found)
    return body


def _shapeless(given: Mapping[str, Any]) -> list[Problem]:
    """Of conditions that are neither a text nor some texts."""
    return [
        problem(
            "wrong_type",
            f"/conditions/{name}",
            field=f"「{name}」",
            expected="字符串，或至少一个字符串的数组",
        )
        for name, value in given.items()
        if not isinstance(value, str)
        and not (isinstance(value, list) and value and all(isinstance(each, str) for each in value))
    ]


def _understood(kind: Kind, given: Mapping[str, Any], under: str) -> tuple[dict[str, object], list[Problem]]:
    texts = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    return parameters.understood(texts, conditions.narrowing(kind), under=under)


def _wrong_columns(kind: Kind, chosen: Sequence[str]) -> list[Problem]:
    known = columns.of_kind(kind.name)
    found = []
    for place, name in enumerate(chosen):
        field = f"「列」第{place + 1}项"
        if name not in known:
            found.append(problem("not_one_of", f"/columns/{place}", field=field, expected="、".join(known)))
        elif name in chosen[:place]:
            found.append(problem("unfit_value", f"/columns/{place}", field=field, why="与前面的列重复"))
    return found


def asked(kind: Kind, row: Record) -> dict[str, object]:
    """The values of a view's conditions. Raises InvalidRequest when the list no longer has one of them."""
    values, wrong = _understood(kind, row["conditions"], "/view/conditions")
    if wrong:
        raise InvalidRequest(problems=wrong)
    return values


async def visible(connection: Connection, caller: Principal, kind: str | None) -> list[Record]:
    """The caller's own and the shared ones, by kind and name."""
    return await connection.fetch(
        "SELECT * FROM saved_views WHERE (owner_id = $1 OR shared) AND ($2::text IS NULL OR kind = $2) "
        "ORDER BY kind, owner_id <> $1, name, view_id LIMIT $3",
        caller.id,
        kind,
        _MOST_SHOWN,
    )


async def get(connection: Connection, caller: Principal, view_id: UUID, kind: str | None = None) -> Record:
    """Raises NotFound, also for a view of another kind."""
    row = await connection.fetchrow(
        "SELECT * FROM saved_views WHERE view_id = $1 AND (owner_id = $2 OR shared) AND ($3::text IS NULL OR kind = $3)",
        view_id,
        caller.id,
        kind,
    )
    if row is None:
        raise NotFound(_NO_VIEW)
    return row


async def add(connection: Connection, caller: Principal, body: ViewBody) -> Record:
    """Raises Forbidden, ViewNameTaken, TooManyViews."""
    _may_share(caller, body)
    # Two requests at once would both see room for one more, or both make the default.
    await _one_at_a_time(connection, caller.tenant_id, caller.id)
    count = await connection.fetchval("SELECT count(*) FROM saved_views WHERE owner_id = $1", caller.id)
    if count >= MOST_OF_A_USER:
        raise TooManyViews(f"每个用户最多{MOST_OF_A_USER}个")
    view_id = new_id()
    if body.default:
        await _no_other_default(connection, caller.id, body.kind, view_id)
    return await _written(
        connection,
        body,
        "INSERT INTO saved_views (view_id, tenant_id, owner_id, owner_name, kind, name, conditions, columns, shared, "
        "is_default) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *",
        view_id,
        caller.tenant_id,
        caller.id,
        caller.name,
        body.kind,
        body.name,
        body.conditions,
        body.columns,
        body.shared,
        body.default,
    )


async def change(
    connection: Connection, caller: Principal, view_id: UUID, version: int, body: ViewBody
) -> Record:
    """Whose default it is, only the owner changes. Raises NotFound, Forbidden, StaleVersion, ViewNameTaken."""
    row = await _changeable(connection, caller, view_id, version)
    _may_share(caller, body)
    default = body.default if row["owner_id"] == caller.id else row["is_default"]
    if default:
        await _no_other_default(connection, row["owner_id"], body.kind, view_id)
    return await _written(
        connection,
        body,
        "UPDATE saved_views SET kind = $2, name = $3, conditions = $4, columns = $5, shared = $6, is_default = $7, "
        "version = version + 1, updated_at = now() WHERE view_id = $1 RETURNING *",
        view_id,
        body.kind,
        body.name,
        body.conditions,
        body.columns,
        body.shared,
        default,
    )


async def remove(connection: Connection, caller: Principal, view_id: UUID, version: int) -> None:
    """Raises NotFound, Forbidden, StaleVersion."""
    await _changeable(connection, caller, view_id, version)
    await connection.execute("DELETE FROM saved_views WHERE view_id = $1", view_id)


def shown(row: Record, caller: Principal) -> dict[str, Any]:
    """As the API tells it. A view that is not the caller's own is nobody's default here."""
    own = row["owner_id"] == caller.id
    return {
        "id": row["view_id"],
        **{name: row[name] for name in ("name", "kind", "conditions", "columns", "shared")},
        "default": own and row["is_default"],
        "own": own,
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        **{name: row[name] for name in ("version", "created_at", "updated_at")},
    }


def _may_share(caller: Principal, body: ViewBody) -> None:
    if body.shared:
        caller.require(TENANT_MANAGE)


async def _changeable(connection: Connection, caller: Principal, view_id: UUID, version: int) -> Record:
    row = await get(connection, caller, view_id)
    if row["owner_id"] != caller.id and not caller.may(TENANT_MANAGE):
        raise Forbidden("该视图由他人共享，只有其所有者和管理员可以修改或删除")
    await _one_at_a_time(connection, row["tenant_id"], row["owner_id"])
    now = await connection.fetchval("SELECT version FROM saved_views WHERE view_id = $1 FOR UPDATE", view_id)
    if now != version:
        raise StaleVersion("该视图已被修改或删除")
    return row


async def _one_at_a_time(connection: Connection, tenant_id: UUID, owner_id: str) -> None:
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", f"saved_views/{tenant_id}/{owner_id}"
    )


async def _no_other_default(connection: Connection, owner_id: str, kind: str, view_id: UUID) -> None:
    await connection.execute(
        "UPDATE saved_views SET is_default = false, version = version + 1, updated_at = now() "
        "WHERE owner_id = $1 AND kind = $2 AND is_default AND view_id <> $3",
        owner_id,
        kind,
        view_id,
    )


async def _written(connection: Connection, body: ViewBody, statement: str, *arguments: object) -> Record:
    try:
        row = await connection.fetchrow(statement, *arguments)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "saved_views_name":
            raise
        raise ViewNameTaken(f"[{body.name}]") from error
    assert row is not None
    return row
