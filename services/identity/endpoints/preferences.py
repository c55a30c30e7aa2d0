"""What a page keeps for the person who uses it: any JSON under a name, for one's own eyes only."""

from __future__ import annotations

import re

import orjson
from fastapi import APIRouter, Request, Response

from backbone import postgres
from backbone.auth import Caller
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import SEEN, Media, Schema, operation, optional
from backbone.postgres import Record
from backbone.refusals import InvalidRequest, NotFound, StaleVersion
from contracts.answers.identity import Preferences
from contracts.problems import problem
from services.identity.parts import TheParts
from services.identity.refusals import PreferencesFull

MOST_BYTES = 65_536
MOST_KEYS = 200
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII)


def routes() -> APIRouter:
    router = APIRouter()
    one = "/v1/preferences/{key}"
    any_json = Schema({})
    kept = operation("readPreference", Media("application/json"))
    kept["responses"][200]["content"]["application/json"]["schema"] = {}
    seen = optional(SEEN, "Heeded where it is sent")
    for path, endpoint, method, described in (
        ("/v1/preferences", listing, "GET", operation("listPreferences", Preferences)),
        (one, read, "GET", kept),
        (
            one,
            write,
            "PUT",
            operation(
                "keepPreference", None, status=204, body=any_json, headers=[seen], refuses=[PreferencesFull]
            ),
        ),
        (one, forget, "DELETE", operation("forgetPreference", None, status=204)),
    ):
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router


async def listing(parts: TheParts, caller: Caller) -> Response:
    """All of one's own, by key: what a page reads when it starts."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        rows = await connection.fetch(
            "SELECT key, content FROM preferences WHERE subject = $1 ORDER BY key", caller.id
        )
    return answer(200, {row["key"]: orjson.Fragment(row["content"]) for row in rows}).response()


async def read(key: str, parts: TheParts, caller: Caller) -> Response:
    """The JSON kept under a key, as it was sent."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        row = await connection.fetchrow(_FIND, caller.id, key)
    if row is None:
        raise NotFound("没有保存过这项设置")
    return _kept(row).response()


async def write(key: str, request: Request, parts: TheParts, caller: Caller) -> Response:
    """Keep any JSON of at most 64 KiB under a key, in place of what was there. If-Match is heeded where it is sent."""
    body = await read_json(request)
    _check(key, body)
    expected = if_match(request) if "if-match" in request.headers else None
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        held = await connection.fetch(_HELD, caller.id)
        versions = {row["key"]: row["version"] for row in held}
        if expected is not None and versions.get(key) != expected:
            raise StaleVersion("这项设置已在别处修改")
        if key not in versions and len(versions) >= MOST_KEYS:
            raise PreferencesFull(f"最多{MOST_KEYS}项")
        version = await connection.fetchval(_KEEP, caller.tenant_id, caller.id, key, body.decode())
    return answer(204, etag=etag(version)).response()


async def forget(key: str, parts: TheParts, caller: Caller) -> Response:
    """Take it away; harmless when it is not there."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        await connection.execute("DELETE FROM preferences WHERE subject = $1 AND key = $2", caller.id, key)
    return answer(204).response()


_FIND = "SELECT content, version FROM preferences WHERE subject = $1 AND key = $2"
_HELD = "SELECT key, version FROM preferences WHERE subject = $1 FOR UPDATE"
_KEEP = """
INSERT INTO preferences AS p (tenant_id, subject, key, content) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, subject, key)
DO UPDATE SET content = excluded.content, version = p.version + 1, updated_at = now()
RETURNING version
"""


def _kept(row: Record) -> Reply:
    return Reply(200, row["content"].encode(), {"etag": etag(row["version"])})


def _check(key: str, body: bytes) -> None:
    """Raises InvalidRequest with everything that is wrong."""
    wrong = []
    if not _KEY.fullmatch(key):
        form = "1至100个字母、数字或 . _ : -，以字母或数字开头"
        wrong.append(problem("wrong_form", "/key", field="「设置名」", value=key[:40], form=form))
    if len(body) > MOST_BYTES:
        limit = f"（{MOST_BYTES}字节）"
        wrong.append(problem("longer_than_allowed", "", field="「设置内容」", limit=limit))
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        detail = f"第{error.lineno}行第{error.colno}列无法解析"
        wrong.append(problem("invalid_json", "", detail=detail))
    if wrong:
        raise InvalidRequest(problems=wrong)
