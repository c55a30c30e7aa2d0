"""Rows of master data: one table for every type, optimistic by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from backbone.refusals import NotFound, StaleVersion
from services.reference.pinyin import folded, initials
from services.reference.refusals import RecordTaken
from services.reference.scoping import within_clients

_END = "\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row holds beside its stamps. `type` is a path of the API."""

    type: str
    client_id: UUID | None
    natural_key: str
    content: Mapping[str, Any]
    search: str


def search_text(texts: Sequence[object]) -> str:
    """What a search looks into: each text, and its pinyin initials."""
    pieces = [folded(str(text)) for text in texts if text]
    return _END.join(dict.fromkeys([*pieces, *(initials(piece) for piece in pieces if not piece.isascii())]))


def actor(caller: Principal) -> dict[str, str]:
    return {"id": caller.id, "name": caller.name}


async def insert(connection: Connection, caller: Principal, kept: Kept) -> Record:
    """Raises RecordTaken."""
    try:
        row = await connection.fetchrow(
            "INSERT INTO records (record_id, tenant_id, type, client_id, natural_key, content, search, created_by, "
            "changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING *",
            new_id(),
            caller.tenant_id,
            kept.type,
            kept.client_id,
            kept.natural_key,
            kept.content,
            kept.search,
            actor(caller),
        )
    except asyncpg.UniqueViolationError as error:
        raise _taken(error, kept.natural_key) from error
    assert row is not None
    return row


async def update(
    connection: Connection, caller: Principal, kept: Kept, identity: UUID, version: int, noun: str
) -> Record:
    """Raises StaleVersion, RecordTaken. The row must have been looked at before."""
    try:
        row = await connection.fetchrow(
            "UPDATE records SET natural_key = $4, content = $5, search = $6, changed_by = $7, version = version + 1, "
            "updated_at = now() WHERE type = $1 AND record_id = $2 AND version = $3 RETURNING *",
            kept.type,
            identity,
            version,
            kept.natural_key,
            kept.content,
            kept.search,
            actor(caller),
        )
    except asyncpg.UniqueViolationError as error:
        raise _taken(error, kept.natural_key) from error
    if row is None:
        raise StaleVersion(f"这条{noun}资料已被他人修改")
    return row


def _taken(error: asyncpg.UniqueViolationError, natural_key: str) -> Exception:
    return RecordTaken(f"[{natural_key}]已登记") if error.constraint_name == "records_key" else error


async def delete(connection: Connection, type_: str, identity: UUID, version: int, noun: str) -> None:
    """Raises StaleVersion."""
    done = await connection.execute(
        "DELETE FROM records WHERE type = $1 AND record_id = $2 AND version = $3", type_, identity, version
    )
    if done == "DELETE 0":
        raise StaleVersion(f"这条{noun}资料已被他人修改")


async def get(connection: Connection, type_: str, identity: UUID, noun: str) -> Record:
    """Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT * FROM records WHERE type = $1 AND record_id = $2", type_, identity
    )
    if row is None:
        raise NotFound(f"没有这条{noun}资料")
    return row


@dataclass(frozen=True, slots=True)
class Asked:
    """Conditions of a list."""

    type: str
    within: frozenset[UUID] | None
    query: str | None = None
    client_id: UUID | None = None
    kind: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


async def page(connection: Connection, asked: Asked) -> list[Record]:
    """Newest first, `limit` rows and one more when there are more."""
    arguments: list[object] = [asked.type, asked.limit + 1]
    conditions = ["type = $1", within_clients(asked.within, arguments)]
    for value, condition in (
        (asked.client_id, "client_id = ${}"),
        (None if asked.query is None else folded(asked.query), "position(${} in search) > 0"),
        (asked.kind, "content ->> 'kind' = ${}"),
    ):
        if value is not None:
            arguments.append(value)
            conditions.append(condition.format(len(arguments)))
    if asked.after is not None:
        arguments += asked.after
        conditions.append(f"(created_at, record_id) < (${len(arguments) - 1}, ${len(arguments)})")
    return await connection.fetch(
        f"SELECT * FROM records WHERE {' AND '.join(conditions)} "  # noqa: S608 - conditions are ours
        "ORDER BY created_at DESC, record_id DESC LIMIT $2",
        *arguments,
    )


async def by_keys(
    connection: Connection, type_: str, client_id: UUID | None, keys: Sequence[str]
) -> list[Record]:
    """Records of this client firm and of nobody with these natural keys, those of nobody first."""
    return await connection.fetch(
        "SELECT * FROM records WHERE type = $1 AND natural_key = ANY($3::text[]) "
        "AND (client_id IS NULL OR client_id = $2) ORDER BY client_id NULLS FIRST",
        type_,
        client_id,
        list(keys),
    )


async def companies_named(connection: Connection, codes_and_names: Sequence[str]) -> list[Record]:
    """Companies whose customs code, credit code or name is among these."""
    return await connection.fetch(
        "SELECT * FROM records WHERE type = 'companies' AND (natural_key = ANY($1::text[]) "
        "OR content ->> 'uscc' = ANY($1::text[]) OR content ->> 'name' = ANY($1::text[])) ORDER BY created_at",
        list(codes_and_names),
    )
