"""HTTP for agents of sites: files for their OutBoxes, and what became of them there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer, read_json
from backbone.operations import Media, operation
from backbone.postgres import Pool
from backbone.refusals import NotFound, Refusal, Unavailable
from contracts.answers.sites import SiteFile, SiteFilePlaced, SiteWork
from services.site_agents import require_agent, require_unrevoked
from services.submission.domain import Place
from services.submission.sites import mirror, rows

_LONGEST_SECONDS = 25.0
_LOOK_SECONDS = 0.5
_MOST_FILES = 200

Mailbox = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
FileName = Annotated[str, InPath(pattern=r"^[A-Z0-9_]{1,96}\.zip$")]


@dataclass(frozen=True)
class Access:
    """What the routes need."""

    pool: Pool
    exchange: Path


class OtherFile(Refusal):
    status = 409
    code = "other_file"
    title = "该文件与平台记录的内容不同"
    hint = "请保留该文件并联系平台运营方"


class OutboxAsked(BaseModel):
    """Which mailboxes an agent serves, and how much more it has room for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mailboxes: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]] = Field(
        title="收发目录", max_length=200
    )
    most_files: int = Field(title="可再接收的文件数", ge=0)
    most_bytes: int = Field(title="可再接收的字节数", ge=0)
    wait_seconds: float = Field(0.0, title="等待秒数", ge=0)
    tell_held: bool = Field(
        False,
        title="列出已交付的文件",
        description="Also those it said it has, for an agent that begins anew",
    )


class Placed(BaseModel):
    """Where the file is at the site."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    place: Literal["OutBox", "SentBox", "FailBox", "gone"] = Field(title="所在目录")
    sha256: str = Field(title="SHA-256", pattern=r"^[0-9a-f]{64}$")


def routes(access: Access | None) -> APIRouter:
    """`access` is None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/site/outbox", tags=["sites"])

    def ready() -> Access:
        assert access is not None
        return access

    @router.post("/requests", **operation("askForSiteFiles", SiteWork, body=OutboxAsked))
    async def ask(request: Request, caller: Caller) -> Response:
        """By an agent: files for its OutBoxes; waits for one when there is none. What is answered is bound to this agent."""
        require_agent(caller)
        asked = bodies.parse(OutboxAsked, await read_json(request))
        until = time.monotonic() + min(asked.wait_seconds, _LONGEST_SECONDS)
        while True:
            work = await _work(ready(), caller, asked)
            if work.files or time.monotonic() >= until:
                return answer(200, work).response()
            await asyncio.sleep(_LOOK_SECONDS)
            require_unrevoked(request, caller)

    @router.get("/{mailbox}/{file_name}", **operation("fetchSiteFile", Media("application/zip")))
    async def fetch(mailbox: Mailbox, file_name: FileName, caller: Caller) -> Response:
        """The file's bytes, for the agent to which it is bound."""
        require_agent(caller)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            row = await rows.bound(connection, caller, mailbox, file_name)
        if row is None or row["parcel"] is None or row["state"] not in ("offered", "held"):
            raise NotFound("没有交给本代理的这个文件")
        return Response(row["parcel"], media_type="application/zip")

    placed = operation("placeSiteFile", SiteFilePlaced, body=Placed, refuses=[OtherFile])

    @router.put("/{mailbox}/{file_name}/place", **placed)
    async def place(mailbox: Mailbox, file_name: FileName, request: Request, caller: Caller) -> Response:
        """Where the file is at the site; the same is done to our own folder before this is answered."""
        require_agent(caller)
        body = bodies.parse(Placed, await read_json(request))
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            row = await rows.bound(connection, caller, mailbox, file_name, lock=True)
            if row is None:
                raise NotFound("没有交给本代理的这个文件")
            if row["sha256"] != body.sha256:
                raise OtherFile()
            state = rows.TOLD[body.place]
            # What the client took or refused it does not give back; an older word that comes late changes nothing.
            if row["state"] not in ("sent", "failed") and row["state"] != state:
                await _do(ready().exchange, mailbox, file_name, body.place)
                await rows.told(connection, mailbox, file_name, state)
            else:
                state = row["state"]
        return answer(200, SiteFilePlaced(state=state)).response()

    return router


async def _work(access: Access, caller: Principal, asked: OutboxAsked) -> SiteWork:
    served: set[str] = set()
    async with postgres.tenant_transaction(access.pool, caller.tenant_id) as connection:
        served = await rows.lease(connection, caller, set(asked.mailboxes))
        for mailbox in served:
            try:
                await asyncio.to_thread(mirror.make, access.exchange, mailbox)
            except OSError as error:
                raise Unavailable() from error
        states = ["offered", "held"] if asked.tell_held else ["offered"]
        found = await rows.with_agent(connection, caller, asked.mailboxes, states, _MOST_FILES)
        waiting = sum(row["state"] == "offered" for row in found)
        room = min(asked.most_files, _MOST_FILES) - waiting
        if room > 0 and asked.most_bytes > 0:
            await rows.offer(connection, caller, served, room, asked.most_bytes)
            found = await rows.with_agent(connection, caller, asked.mailboxes, states, _MOST_FILES)
    files = [SiteFile(**dict(row)) for row in found]
    return SiteWork(served=sorted(served), files=files)


async def _do(exchange: Path, mailbox: str, file_name: str, place: str) -> None:
    try:
        if place == "gone":
            await asyncio.to_thread(mirror.take_away, exchange, mailbox, file_name)
        elif place != Place.OUTBOX:
            await asyncio.to_thread(mirror.put, exchange, mailbox, file_name, Place(place))
    except OSError as error:
        raise Unavailable() from error
