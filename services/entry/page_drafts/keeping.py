"""Drafts of the page: unchecked text that outlives a tab, per user and key, bounded in size and number, expiring.

They are no documents: nobody else sees them, nothing is told of them, and losing one loses only what was not saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import Refusal

MOST_BYTES = 4 * 1024 * 1024
MOST_OF_A_USER = 40
KEPT = timedelta(days=30)


class PageDraftTooLarge(Refusal):
    """The page should keep it in the browser alone."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "page_draft_too_large"
    title: ClassVar[str] = "未暂存的内容过大，不能自动保留"
    hint: ClassVar[str] = "请先暂存；内容仍保留在本机浏览器中"


async def keep(connection: Connection, caller: Principal, key: str, content: str) -> None:
    """Replace the draft; his expired ones go, and of too many the oldest. Raises PageDraftTooLarge."""
    if len(content.encode()) > MOST_BYTES:
        raise PageDraftTooLarge
    await connection.execute(
        "INSERT INTO page_drafts (tenant_id, user_id, key, content) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (tenant_id, user_id, key) DO UPDATE SET content = excluded.content, kept_at = clock_timestamp()",
        caller.tenant_id,
        caller.id,
        key,
        content,
    )
    await connection.execute(
        "DELETE FROM page_drafts WHERE user_id = $1 AND (kept_at < now() - $2::interval OR key IN "
        "(SELECT key FROM page_drafts WHERE user_id = $1 ORDER BY kept_at DESC, key OFFSET $3))",
        caller.id,
        KEPT,
        MOST_OF_A_USER,
    )


async def find(connection: Connection, caller: Principal, key: str) -> Record | None:
    """Content and time, unless it expired."""
    return await connection.fetchrow(
        "SELECT key, content, kept_at FROM page_drafts WHERE user_id = $1 AND key = $2 AND kept_at >= now() - $3::interval",
        caller.id,
        key,
        KEPT,
    )


async def listed(connection: Connection, caller: Principal) -> Sequence[Record]:
    """Keys and times of his drafts, the newest first."""
    return await connection.fetch(
        "SELECT key, kept_at FROM page_drafts WHERE user_id = $1 AND kept_at >= now() - $2::interval ORDER BY kept_at DESC, key",
        caller.id,
        KEPT,
    )


async def drop(connection: Connection, caller: Principal, key: str) -> None:
    """Nothing happens where there is none."""
    await connection.execute("DELETE FROM page_drafts WHERE user_id = $1 AND key = $2", caller.id, key)
