"""Who listens to changes: a feed per tenant that is listened to, woken by one LISTEN of the process.

A listener is a position and a bell, nothing is queued for it: it takes what follows its position from the feed's memory,
or from the table when it is further behind.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from backbone import metrics, postgres
from backbone.auth import Principal
from backbone.postgres import PlainConnection, Pool
from backbone.refusals import Refusal
from services.query import changes
from services.query.changes import Change, Page
from services.query.projections.changes import CHANNEL

MOST_OF_A_CALLER = 8
MOST_AT_ALL = 2_000
_REMEMBERED = 2_000
_LOOK_SECONDS = 15.0
_SWEEP_SECONDS = 600.0


class TooManyStreams(Refusal):
    status = 429
    code = "too_many_streams"
    title = "同时打开的实时更新连接过多"
    hint = "请关闭不用的页面后重试；同一用户的多个窗口可以共用一个连接"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"retry-after": "5"})


class Feed:
    """The latest changes of one tenant, all of those between `base` and `newest`."""

    def __init__(self, pool: Pool, tenant_id: UUID) -> None:
        self.bells: set[asyncio.Event] = set()
        self._pool = pool
        self._tenant_id = tenant_id
        self._recent: deque[Change] = deque()
        self._base = self._newest = -1
        self._reading = asyncio.Lock()

    async def catch_up(self) -> None:
        """Read what is new, and ring. Raises on outages."""
        async with self._reading:
            if self._newest < 0:
                self._base = self._newest = await changes.newest(self._pool, self._tenant_id)
            while True:
                page = await changes.after(self._pool, self._tenant_id, self._newest)
                if page.lost:
                    self._recent.clear()
                    self._base = self._newest = await changes.newest(self._pool, self._tenant_id)
                    break
                self._take(page.changes)
                if not page.full:
                    break
        self.ring()

    def _take(self, fresh: Sequence[Change]) -> None:
        self._recent.extend(fresh)
        if fresh:
            self._newest = fresh[-1].seq
        while len(self._recent) > _REMEMBERED:
            self._base = self._recent.popleft().seq

    async def since(self, position: int) -> Page:
        """What follows the position. Raises on outages."""
        if position < self._base:
            return await changes.after(self._pool, self._tenant_id, position)
        fresh = []
        for change in reversed(self._recent):
            if change.seq <= position:
                break
            fresh.append(change)
        return Page(fresh[::-1], lost=False)

    @property
    def newest(self) -> int:
        return self._newest

    def ring(self) -> None:
        for bell in self.bells:
            bell.set()


class Live:
    """A component: hears of changes, keeps the feeds that somebody listens to, and sweeps old changes away."""

    name = "live"

    def __init__(self, pool: Pool, worker_pool: Pool, worker_dsn: str) -> None:
        self.ready = asyncio.Event()
        self.stopping = False
        self._pool = pool
        self._worker_pool = worker_pool
        self._worker_dsn = worker_dsn
        self._feeds: dict[UUID, Feed] = {}
        self._behind: set[UUID] = set()
        self._callers: Counter[tuple[UUID, str]] = Counter()
        self._awake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then every stream ends at once. Raises on outages."""
        stopping = asyncio.create_task(self._stop(stop))
        connection = await postgres.connect(self._worker_dsn, name="query-live")
        try:
            connection.add_termination_listener(lambda *_: self._awake.set())
            await connection.add_listener(CHANNEL, self._heard)
            # Whatever was told while nobody heard.
            self._behind.update(self._feeds)
            self._awake.set()
            self.ready.set()
            await self._serve(connection, stop)
        finally:
            self.ready.clear()
            stopping.cancel()
            await connection.close(timeout=5)

    async def _serve(self, connection: PlainConnection, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        swept_at = float("-inf")
        while not stop.is_set():
            try:
                await asyncio.wait_for(self._awake.wait(), _LOOK_SECONDS)
            except TimeoutError:
                await connection.fetchval("SELECT 1", timeout=5)
            self._awake.clear()
            if connection.is_closed():
                raise ConnectionError("the connection that listens was lost")
            while self._behind:
                feed = self._feeds.get(self._behind.pop())
                if feed is not None:
                    await feed.catch_up()
            if loop.time() - swept_at > _SWEEP_SECONDS:
                await changes.sweep(self._worker_pool)
                swept_at = loop.time()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        named = str(payload)
        told = {UUID(each) for each in named.split(",")} if named else set(self._feeds)
        self._behind |= told & self._feeds.keys()
        if self._behind:
            self._awake.set()

    async def _stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.stopping = True
        self._awake.set()
        for feed in self._feeds.values():
            feed.ring()

    @contextmanager
    def admitted(self, caller: Principal) -> Iterator[tuple[Feed, asyncio.Event]]:
        """The feed of the caller's tenant, and a bell for one stream. Raises TooManyStreams."""
        who = (caller.tenant_id, caller.id)
        if self._callers[who] >= MOST_OF_A_CALLER or self._callers.total() >= MOST_AT_ALL:
            raise TooManyStreams(f"每个用户最多{MOST_OF_A_CALLER}个")
        feed = self._feeds.setdefault(caller.tenant_id, Feed(self._pool, caller.tenant_id))
        bell = asyncio.Event()
        feed.bells.add(bell)
        self._callers[who] += 1
        streams = metrics.gauge("live_streams")
        streams.inc()
        try:
            yield feed, bell
        finally:
            streams.dec()
            feed.bells.discard(bell)
            self._callers[who] -= 1
            if not self._callers[who]:
                del self._callers[who]
            if not feed.bells and self._feeds.get(caller.tenant_id) is feed:
                del self._feeds[caller.tenant_id]
