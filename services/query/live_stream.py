"""`GET /v1/live`: changes as text/event-stream, from where the client was."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import ExitStack
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.types import Receive, Scope, Send

from backbone import log, metrics, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.operations import Media, operation
from backbone.parameters import Asked, Parameter
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS
from services.query.live import Feed, Live, TooManyStreams

EVENT_STREAM = "text/event-stream"
_HEARTBEAT_SECONDS = 15.0
_SLOW_SECONDS = 30.0
"""As long a client may leave what it was sent unread."""
_RETRY_MILLISECONDS = 2_000
_BIGGEST = 2**63 - 1
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]


def _position() -> Parameter:
    def take(value: str) -> int:
        if not (value.isascii() and value.isdigit() and int(value[:20]) <= _BIGGEST):
            raise ValueError(value)
        return int(value)

    return Parameter("last_event_id", "最后收到的事件", take, "收到的最后一个id", {"type": "string"})


class LiveAsked(Asked):
    """Changes of which kinds, and behind which event."""

    kind: Annotated[list[str] | None, parameters.choice("kind", "单证种类", list(KINDS), many=True)] = None
    last_event_id: Annotated[int | None, _position()] = None


LAST_EVENT = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The last event the client has",
    "schema": {"type": "string"},
}


def routes(live: Live | None) -> APIRouter:
    """`live` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/live", tags=["live"])

    @router.get(
        "",
        **operation(
            "followChanges",
            Media(EVENT_STREAM),
            headers=[LAST_EVENT],
            refuses=[TooManyStreams],
        ),
    )
    async def stream(request: Request, caller: Caller, asked: Annotated[LiveAsked, Query()]) -> Response:
        """Server-sent events: `ready`, then a `change` per version of a document the caller may read, and, where no kind is
        asked for, a `work` whenever a batch or print job of the caller's moves, or a file of an InBox needs somebody.

        `Last-Event-ID` (or `last_event_id`) goes on behind that event; `reset` says that this is not possible and that lists
        are to be read anew. The stream ends with `bye` when the token expires or the service stops.
        """
        assert live is not None
        caller.require_anywhere(DOCUMENT_READ)
        position = asked.last_event_id
        header = request.headers.get("last-event-id")
        if position is None and header is not None:
            # A browser sends it by itself, so what cannot be one of ours leads to a reset and not to a refusal.
            position = int(header) if header.isascii() and header.isdigit() and len(header) < 19 else -1
        wanted = frozenset(asked.kind) if asked.kind is not None else None
        return EventStream(live, caller, wanted, position)

    return router


class EventStream(Response):
    """One client. Ends when it goes, is too slow, its token expires, or the service stops."""

    media_type = EVENT_STREAM

    def __init__(
        self, live: Live, caller: Principal, kinds: frozenset[str] | None, position: int | None
    ) -> None:
        super().__init__()
        self._live = live
        self._caller = caller
        self._kinds = kinds
        self._resumes = position is not None
        self._position = -1 if position is None else position
        self._said: int | None = None
        """The last id the client was given."""
        self._spoke_at = time.monotonic()
        self._gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as stack:
            feed, bell = stack.enter_context(self._live.admitted(self._caller))
            await feed.catch_up()
            leaving = asyncio.create_task(self._leave(receive, bell))
            stack.callback(leaving.cancel)
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            with contextlib.suppress(OSError):
                try:
                    await self._begin(send, feed)
                    await self._go_on(send, feed, bell)
                except TimeoutError:
                    log.get().info("live_stream_too_slow")
                    return
                except postgres.OUTAGES as error:
                    log.get().warning("live_stream_broken", error_type=type(error).__name__)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Send, feed: Feed) -> None:
        newest = feed.newest
        lost = self._resumes and not 0 <= self._position <= newest
        if lost or not self._resumes:
            self._position = newest
        start = b"retry: %d\n" % _RETRY_MILLISECONDS
        await self._tell(send, start + self._block("reset" if lost else "ready", {}))

    async def _go_on(self, send: Send, feed: Feed, bell: asyncio.Event) -> None:
        while not self._gone:
            if self._live.stopping:
                await self._tell(send, self._block("bye", {"reason": "server_stopping"}))
                return
            left = self._caller.expires_at - time.time()
            if left <= 0:
                await self._tell(send, self._block("bye", {"reason": "token_expired"}))
                return
            bell.clear()
            if await self._pass_on(send, feed):
                continue
            silent = self._spoke_at + _HEARTBEAT_SECONDS - time.monotonic()
            if silent <= 0:
                await self._tell(send, self._heartbeat())
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), min(silent, left))

    async def _pass_on(self, send: Send, feed: Feed) -> bool:
        """Whether there was anything behind the position."""
        page = await feed.since(self._position)
        if page.lost:
            await feed.catch_up()
            self._position = feed.newest
            await self._tell(send, self._block("reset", {}))
            return True
        if not page.changes:
            return False
        self._position = page.changes[-1].seq
        blocks = [each.block for each in page.changes if each.concerns(self._caller, self._kinds)]
        if blocks:
            await self._tell(send, b"".join([*blocks, self._moved_on()]))
            metrics.counter("live_events_sent_total").inc(len(blocks))
        return True

    def _moved_on(self) -> bytes:
        """The position alone: what concerns somebody else need not be looked at again after a reconnect."""
        self._said = self._position
        return b"id: %d\n\n" % self._position

    def _heartbeat(self) -> bytes:
        return b": \n" + (b"\n" if self._said == self._position else self._moved_on())

    def _block(self, event: str, data: dict[str, str]) -> bytes:
        self._said = self._position
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self._position, event.encode(), orjson.dumps(data))

    async def _tell(self, send: Send, body: bytes) -> None:
        self._spoke_at = time.monotonic()
        async with asyncio.timeout(_SLOW_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _leave(self, receive: Receive, bell: asyncio.Event) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        bell.set()
