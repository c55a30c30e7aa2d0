"""The link of a site in tests: one address for every service, as the edge gives, and whatever can go wrong on the way."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import httpx

_HOP = {"connection", "content-length", "transfer-encoding", "content-encoding", "host", "keep-alive"}


@dataclass
class Faults:
    """Chances of one request, drawn with `seed`. `down`: nothing goes through at all."""

    seed: int = 1
    lost_before: float = 0.0
    """The line breaks before the platform hears of it."""
    lost_after: float = 0.0
    """The platform did it, and the answer is lost."""
    cut_within: float = 0.0
    """The answer breaks off in the middle."""
    doubled: float = 0.0
    """The request arrives twice."""
    slow_seconds: float = 0.0
    down: bool = False


@dataclass
class SiteLink:
    """`routes`: beginning of a path → address of a service. Faults may be changed while it runs."""

    routes: Mapping[str, str]
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.faults.seed)

    def harm(self, faults: Faults) -> None:
        """From now on, by chances of its own seed."""
        self.faults, self._chance = faults, random.Random(faults.seed)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, started: asyncio.Event) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            self._client = client
            server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            async with server:
                await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, httpx.HTTPError):
            self.done["broken"] += 1
        finally:
            writer.transport.abort()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        faults, chance = self.faults, self._chance.random
        if faults.down or chance() < faults.lost_before:
            self.done["lost before"] += 1
            return False
        await asyncio.sleep(faults.slow_seconds * chance())
        answer = await self._forward(method, path, headers, body)
        if chance() < faults.doubled:
            self.done["doubled"] += 1
            answer = await self._forward(method, path, headers, body)
        if self.faults.down or chance() < faults.lost_after:
            self.done["lost after"] += 1
            return False
        content = answer.content
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        told = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        writer.write(
            f"HTTP/1.1 {answer.status_code} X\r\n{told}content-length: {len(content)}\r\n\r\n".encode(
                "latin-1"
            )
        )
        if content and chance() < faults.cut_within:
            self.done["cut within"] += 1
            writer.write(content[: len(content) // 2])
            await writer.drain()
            return False
        writer.write(content)
        await writer.drain()
        self.done["passed"] += 1
        return True

    async def _forward(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        upstream = next(url for start, url in self.routes.items() if path.startswith(start))
        passed = {name: value for name, value in headers.items() if name not in _HOP}
        return await self._client.request(method, upstream + path, headers=passed, content=body)


@contextmanager
def running_link(routes: Mapping[str, str], faults: Faults | None = None) -> Iterator[SiteLink]:
    """In a thread with a loop of its own."""
    link = SiteLink(routes, faults or Faults())
    loop = asyncio.new_event_loop()
    started = asyncio.Event()
    serving: list[asyncio.Task[None]] = []

    async def main() -> None:
        serving.append(asyncio.create_task(link.serve(started)))
        await asyncio.gather(*serving, return_exceptions=True)

    thread = Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(started.wait(), loop).result(30)
    try:
        yield link
    finally:
        loop.call_soon_threadsafe(serving[0].cancel)
        thread.join(10)
