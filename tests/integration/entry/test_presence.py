"""Who else has a document open: seen at once, taken over, forgotten when silent, and nobody of another tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.permissions import DOCUMENT_READ
from tests.support.entry_service import URL, Entry, on, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


class Desk:
    """Two clerks in front of one document."""

    def __init__(self, entry: Entry, issuer: Issuer, document_id: str) -> None:
        self.entry = entry
        self.path = f"{URL}/{document_id}/windows"
        self.first, self.second = str(uuid4()), str(uuid4())
        self.clerk = entry.client
        self.colleague = entry.client_of(issuer.token(entry.tenant_id, subject="user-2", name="示例审核员"))

    async def put(self, who: httpx.AsyncClient, window: str, doing: str, **more: Any) -> httpx.Response:
        return await who.put(f"{self.path}/{window}", json={"doing": doing, **more})

    async def told(self, who: httpx.AsyncClient, window: str, doing: str, **more: Any) -> dict[str, Any]:
        answer = await self.put(who, window, doing, **more)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content


@pytest.fixture
async def desk(database: Database, issuer: Issuer) -> AsyncIterator[Desk]:
    async with on(database, issuer) as entry:
        made = Desk(entry, issuer, str((await entry.saved()).json()["id"]))
        yield made
        await made.colleague.aclose()


async def test_the_second_window_sees_the_first_and_takes_over(desk: Desk) -> None:
    assert (await desk.told(desk.clerk, desk.first, "typing"))["others"] == []
    seen = await desk.told(desk.colleague, desk.second, "reading")
    assert [(other["user_name"], other["doing"]) for other in seen["others"]] == [("示例录入员", "typing")]
    taking = await desk.told(desk.colleague, desk.second, "typing", takes_over=True)
    assert taking["doing"] == "typing" and taking["others"][0]["doing"] == "reading"
    # The first goes on saying that it types: it counts as reading, and is told why, until it takes over itself.
    after = await desk.told(desk.clerk, desk.first, "typing")
    assert (after["doing"], after["taken_by"]) == ("reading", "示例审核员")
    back = await desk.told(desk.clerk, desk.first, "typing", takes_over=True)
    assert (back["doing"], back["taken_by"]) == ("typing", None)


async def test_a_window_that_is_closed_or_silent_is_gone(desk: Desk) -> None:
    await desk.told(desk.clerk, desk.first, "typing")
    await desk.told(desk.colleague, desk.second, "reading")
    # Nobody closes the window of somebody else.
    assert (await desk.colleague.delete(f"{desk.path}/{desk.first}")).status_code == 204
    assert len((await desk.told(desk.colleague, desk.second, "reading"))["others"]) == 1
    assert (await desk.clerk.delete(f"{desk.path}/{desk.first}")).status_code == 204
    assert (await desk.told(desk.colleague, desk.second, "reading"))["others"] == []
    await desk.told(desk.clerk, desk.first, "reading")
    async with postgres.transaction(desk.entry.worker_pool) as connection:
        await connection.execute(
            "UPDATE presence SET seen_at = now() - interval '1 hour' WHERE window_id = $1", desk.first
        )
    assert (await desk.told(desk.colleague, desk.second, "reading"))["others"] == []


async def test_a_saved_version_is_told(desk: Desk) -> None:
    assert (await desk.told(desk.clerk, desk.first, "reading"))["version"] == 1


async def test_only_who_may_see_the_document_sees_who_has_it_open(desk: Desk, issuer: Issuer) -> None:
    await desk.told(desk.clerk, desk.first, "typing")
    stranger = desk.entry.client_of(issuer.token(uuid4()))
    refused(await desk.put(stranger, str(uuid4()), "reading"), 404, "not_found")
    await stranger.aclose()
    reader = desk.entry.client_of(
        issuer.token(desk.entry.tenant_id, subject="user-3", permissions=[DOCUMENT_READ])
    )
    refused(await desk.put(reader, str(uuid4()), "typing"), 403, "forbidden")
    assert (await desk.put(reader, str(uuid4()), "reading")).status_code == 200
    await reader.aclose()


async def test_a_word_it_does_not_know_is_refused(desk: Desk) -> None:
    told = refused(await desk.put(desk.clerk, desk.first, "sleeping"), 422, "invalid_request")
    assert told["errors"][0]["pointer"] == "/doing"
