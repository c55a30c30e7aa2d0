"""Renderer processes as the service sees them: started when needed, replaced when old, fat, silent or cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import orjson

from backbone import child
from contracts.answers.printing import SheetKind
from customs.codes import placing
from customs.codes.loader import changes

_RESIDENT_BYTES = 350 * 1024**2
_START_SECONDS = 300.0
"""Cutting the fonts takes a quiet machine 5 s, and a machine with sixty others at work sixty times as long."""
_SILENCE_SECONDS = 120.0
"""The first page is told about when all are laid out: 3 s for 10,000 lines, 15 s for the longest on a busy machine."""

Progress = Callable[[int], Awaitable[None]]
"""Hears the percentage painted; may raise to stop the render."""


class RenderFailed(Exception):
    """The renderer said no, died or fell silent; the reason is an exception's name or one of our words."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to render and where to: a sheet of a document."""

    kind: str
    state: str
    printed_on: date
    subject: bytes
    """JSON of a Subject."""
    path: Path
    sheet: SheetKind = "document"

    def request(self) -> tuple[dict[str, Any], bytes]:
        """What the process is told."""
        told = {"task": "sheet", "kind": self.kind, "sheet": self.sheet, "state": self.state}
        return {**told, "printed_on": self.printed_on.isoformat()}, self.subject


@dataclass(frozen=True, slots=True)
class OtherOrder:
    """An attachment as pages, parts to one file, or a table."""

    task: Literal["attachment", "assembly", "report"]
    content: bytes
    """JSON of an AttachmentPart, an Assembly or a Report."""
    path: Path
    printed_on: str = ""
    """As it stands on the page."""
    source: Path | None = None
    """Where the attachment lies."""

    def request(self) -> tuple[dict[str, Any], bytes]:
        """What the process is told."""
        source = "" if self.source is None else str(self.source.resolve())
        return {"task": self.task, "printed_on": self.printed_on, "source": source}, self.content


class Renderer:
    """One process at a time, one document at a time."""

    documents_a_process = 100

    def __init__(self, fonts: Path) -> None:
        self._fonts = fonts
        self._process: asyncio.subprocess.Process | None = None
        self._rendered = 0
        self._editions = 0
        self._busy = asyncio.Lock()

    @property
    def process_id(self) -> int | None:
        """Of the process there is at the moment."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Have a process that is ready; the first one ever cuts the fonts (5 s). Raises RenderFailed."""
        async with self._busy:
            await self._ready()

    async def render(
        self, order: Order | OtherOrder, progress: Progress, silence: float = _SILENCE_SECONDS
    ) -> int:
        """Number of pages written to the order's path. Raises RenderFailed, and what `progress` raises."""
        async with self._busy:
            process = await self._ready()
            try:
                return await self._ask(process, order, progress, silence)
            except BaseException:
                # Whatever ended this, cancelling included: what the process still says belongs to no one.
                await self._end()
                raise

    async def stop(self) -> None:
        """End the process, whatever it does."""
        await self._end()

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None and self._editions == changes():
            return self._process
        await self._end()
        self._rendered, self._editions = 0, changes()
        self._process = await child.start("services.print.render", str(self._fonts.resolve()))
        try:
            told = await asyncio.to_thread(lambda: orjson.dumps(placing.laid_over()))
            assert self._process.stdin is not None
            self._process.stdin.write(told + b"\n")
            await self._process.stdin.drain()
            await self._heard(self._process, _START_SECONDS)
        except ConnectionError:
            await self._end()
            raise RenderFailed("renderer_ended") from None
        except BaseException:
            await self._end()
            raise
        return self._process

    async def _ask(
        self,
        process: asyncio.subprocess.Process,
        order: Order | OtherOrder,
        progress: Progress,
        silence: float,
    ) -> int:
        assert process.stdin is not None
        told, body = order.request()
        request = {**told, "path": str(order.path.resolve()), "bytes": len(body)}
        try:
            process.stdin.write(orjson.dumps(request) + b"\n" + body)
            await process.stdin.drain()
        except ConnectionError:
            raise RenderFailed("renderer_ended") from None
        while True:
            said = await self._heard(process, silence)
            if "error" in said:
                raise RenderFailed(str(said["error"]))
            if "pages" in said:
                self._rendered += 1
                if self._rendered >= self.documents_a_process or said["resident_bytes"] > _RESIDENT_BYTES:
                    await self._end()
                return said["pages"]
            await progress(said["done"] * 100 // said["of"])

    async def _heard(self, process: asyncio.subprocess.Process, seconds: float) -> dict[str, int]:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), seconds)
        except TimeoutError:
            raise RenderFailed("renderer_silent") from None
        if not line:
            raise RenderFailed("renderer_ended")
        said: dict[str, int] = orjson.loads(line)
        return said

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await child.end(process)


class Renderers:
    """As many renderers as there are lanes; component of the service that is ready when the first one is warm.

    Large jobs have lanes of their own, so that one page never waits for ten thousand lines.
    """

    name = "renderers"
    start_seconds = _START_SECONDS

    def __init__(self, count: int, large: int, fonts: Path) -> None:
        self.ready = asyncio.Event()
        self.lanes = tuple(f"renderer-{number}" for number in range(count))
        self.large_lanes = tuple(f"large-{number}" for number in range(large))
        self._by_lane = {lane: Renderer(fonts) for lane in (*self.lanes, *self.large_lanes)}

    def of(self, lane: str) -> Renderer:
        """The renderer of this lane; lanes of a time with more renderers share the first of their size."""
        others = self.large_lanes if lane.startswith("large-") else self.lanes
        return self._by_lane.get(lane, self._by_lane[others[0]])

    async def run(self, stop: asyncio.Event) -> None:
        """Warm until `stop`. Raises RenderFailed when no process comes up."""
        await self._by_lane[self.lanes[0]].start()
        self.ready.set()
        await stop.wait()

    async def close(self) -> None:
        """End every process."""
        self.ready.clear()
        for renderer in self._by_lane.values():
            await renderer.stop()
