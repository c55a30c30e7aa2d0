"""Substring search of lists: which of a kind's documents have all the words, within the tenant and within bounds of time.

Under row-level security an index over arrays serves only a function that reads as the owner (`found_documents`, ADR 62). It
gives ids as long as they are few; when there are many, the list is walked in its own order and each text looked at, which finds
a page soon just because there are many.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg

from backbone.auth import Principal
from backbone.parameters import Parameter
from backbone.postgres import Connection
from backbone.refusals import Refusal
from customs.documents import Kind
from services.query.search_text import (
    LEAST_OF_A_WORD,
    MOST_CHARACTERS,
    MOST_OF_A_WORD,
    MOST_WORDS,
    grams,
    pattern,
    words,
)

FEW = 1_000
"""Found documents of which the ids are asked for; more are found by walking the list.

One way looks at as many texts as are found, the other at those of a page times all over found: alike at about this many.
"""
SECONDS = 5
_FOUND = "SELECT found_documents($1, $2, $3)"
# CASE keeps the planner from taking such a word for rare, which would have it look at every text before it sorts.
_WALKED = """CASE WHEN (SELECT array_to_string(s.numbers, E'\\n') || E'\\n' || s.content FROM searchable AS s
  WHERE s.document_id = documents.document_id) LIKE ALL ({}) THEN true ELSE false END"""
_CUT = "SELECT count(*) FROM (SELECT 1 FROM searchable WHERE kind = $1 AND cut LIMIT 1000) AS cut"

PARAMETER = Parameter(
    "q",
    "全文查询",
    words,
    f"至多{MOST_WORDS}个词，以空格分隔，须同时包含；每个词{LEAST_OF_A_WORD}至{MOST_OF_A_WORD}个字（不计标点和空格）",
    {"type": "string", "minLength": LEAST_OF_A_WORD, "maxLength": 256},
)


class SearchTooBroad(Refusal):
    status = 422
    code = "search_too_broad"
    title = "查询范围过大，未能在规定时间内完成"
    hint = "请使用更长或更少见的词，或增加其他查询条件（例如状态、录入日期）"


@asynccontextmanager
async def bounded(connection: Connection, asked: Mapping[str, object]) -> AsyncIterator[None]:
    """Statements of a search within SECONDS each. Raises SearchTooBroad."""
    if "q" not in asked:
        yield
        return
    await connection.execute("SELECT set_config('statement_timeout', $1, true)", f"{SECONDS}s")
    try:
        yield
    except asyncpg.QueryCanceledError:
        raise SearchTooBroad() from None


async def condition(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    asked: Mapping[str, object],
    arguments: list[object],
) -> str:
    """What `q` adds to a condition on rows of `documents`, "" for nothing; values are added to `arguments`."""
    wanted = asked.get("q")
    if not isinstance(wanted, tuple):
        return ""
    patterns = [pattern(word) for word in wanted]
    found = await _few(connection, caller, kind, wanted, patterns)
    if found is None:
        arguments.append(patterns)
        return f" AND {_WALKED.format(f'${len(arguments)}::text[]')}"
    arguments.append(found)
    return f" AND document_id = ANY(${len(arguments)}::uuid[])"


async def _few(
    connection: Connection, caller: Principal, kind: Kind, wanted: Sequence[str], patterns: Sequence[str]
) -> list[object] | None:
    hashes = sorted({each for word in wanted for each in grams(caller.tenant_id, kind.name, word)})
    rows = await connection.fetch(_FOUND, hashes, patterns, FEW + 1)
    return None if len(rows) > FEW else [row[0] for row in rows]


async def not_wholly(connection: Connection, kind: Kind) -> dict[str, object]:
    """How many documents of the kind have more text than is searched, for whoever searches."""
    return {
        "searched_characters": MOST_CHARACTERS,
        "not_wholly_searched": await connection.fetchval(_CUT, kind.name),
    }
