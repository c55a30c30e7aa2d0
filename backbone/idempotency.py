"""Idempotency-Key: an operation asked for twice with the same key happens once, and answers the same twice.

The response is stored in the transaction of the effect, so a crash leaves either both or neither. Keys live per tenant,
caller and route for KEPT_HOURS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import asyncpg
from fastapi import Request, Response

from backbone import compress, postgres
from backbone.auth import Principal
from backbone.http import Reply
from backbone.postgres import Connection, Pool
from backbone.refusals import (
    IdempotencyKeyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotencyKeyUnfit,
)

KEPT_HOURS = 72
MAX_KEY_LENGTH = 200
Work = Callable[[Connection], Awaitable[Reply]]


def key_of(request: Request) -> str:
    """Raises IdempotencyKeyMissing, IdempotencyKeyUnfit."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        raise IdempotencyKeyMissing(f"请提供1至{MAX_KEY_LENGTH}个可见字符")
    if len(key) > MAX_KEY_LENGTH:
        raise IdempotencyKeyUnfit(f"长度为{len(key)}，超过{MAX_KEY_LENGTH}个字符")
    if not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyUnfit("含有汉字、全角或不可见字符")
    return key


async def once(pool: Pool, caller: Principal, *, route: str, key: str, body: bytes, work: Work) -> Reply:
    """Do `work` in a tenant transaction, once for this key; a refusal it raises stores nothing.

    Raises IdempotencyKeyReused, IdempotencyKeyInFlight.
    """
    digest = hashlib.sha256(body).digest()
    try:
        return await _attempt(pool, caller, route, key, digest, work)
    except asyncpg.UniqueViolationError as error:
        if error.table_name != "idempotency":
            raise
        # The first request committed between our look and our effect, which was rolled back: its answer is there now.
        return await _attempt(pool, caller, route, key, digest, work)
    except asyncpg.DeadlockDetectedError:
        # Two transactions waited for one another; ours was rolled back and the other went on.
        return await _attempt(pool, caller, route, key, digest, work)


async def answered(
    pool: Pool,
    wake: Callable[[], None],
    request: Request,
    caller: Principal,
    *,
    route: str,
    body: bytes,
    work: Work,
) -> Response:
    """`once` for the key of the request; then `wake` whoever carries on what was committed. Raises as both."""
    done = await once(pool, caller, route=route, key=key_of(request), body=body, work=work)
    wake()
    return done.response()


async def _attempt(pool: Pool, caller: Principal, route: str, key: str, digest: bytes, work: Work) -> Reply:
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        lock = f"{caller.tenant_id}/{caller.id}/{route}/{key}"
        found = await connection.fetchrow(_LOOK, lock, caller.id, route, key)
        assert found is not None
        if found["status"] is not None:
            if found["body_sha256"] != digest:
                raise IdempotencyKeyReused()
            body = compress.unpack(found["body"])
            return Reply(found["status"], body, {**found["headers"], "idempotency-replayed": "true"})
        if not found["free"]:
            raise IdempotencyKeyInFlight()
        done = await work(connection)
        body = compress.pack(done.body)
        await connection.execute(
            _KEEP, caller.tenant_id, caller.id, route, key, digest, done.status, done.headers, body
        )
        return done


_LOOK = """
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS free, i.status, i.headers, i.body, i.body_sha256
FROM (SELECT 1) AS one
LEFT JOIN idempotency AS i ON i.caller = $2 AND i.route = $3 AND i.key = $4
"""

_KEEP = """
INSERT INTO idempotency (tenant_id, caller, route, key, body_sha256, status, headers, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
