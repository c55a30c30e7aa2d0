"""A reader of text/event-stream: a thread that keeps every event, as a browser would understand it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import orjson

from tests.support.patience import SECONDS as PATIENCE

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Told:
    name: str
    data: dict[str, Any]
    last_id: str


@dataclass
class Listening:
    """Open on entry. `last_id` is what a client would send as Last-Event-ID; `ended` is set when the server is through."""

    url: str
    token: str
    parameters: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    events: list[Told] = field(default_factory=list)
    last_id: str = ""
    comments: int = 0
    status: int = 0
    answered: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ended = threading.Event()
        self._socket: socket.socket | None = None
        self._changed = threading.Condition()
        self._client = httpx.Client(trust_env=False, timeout=httpx.Timeout(60, connect=CONNECT_SECONDS))
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.until(lambda: bool(self.events) or self.ended.is_set()), "no answer"
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            # Closing alone would wait for the thread that reads.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()

    def changes(self) -> list[dict[str, Any]]:
        return [event.data for event in list(self.events) if event.name == "change"]

    def work(self) -> list[dict[str, Any]]:
        return [event.data for event in list(self.events) if event.name == "work"]

    def names(self) -> list[str]:
        return [event.name for event in list(self.events)]

    def versions(self, document_id: object) -> list[int]:
        return [told["version"] for told in self.changes() if told["id"] == str(document_id)]

    def until(self, fulfilled: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not fulfilled():
                left = deadline - time.monotonic()
                if left <= 0 or self.ended.is_set():
                    return False
                self._changed.wait(min(left, 0.2))
        return True

    def _read(self) -> None:
        given = {"authorization": f"Bearer {self.token}", "accept": "text/event-stream", **self.headers}
        try:
            with self._client.stream("GET", self.url, params=self.parameters, headers=given) as answer:
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self.status, self.answered = answer.status_code, dict(answer.headers)
                if self.status == 200:
                    self._lines(answer)
        except (httpx.HTTPError, httpx.StreamError, RuntimeError):
            return
        finally:
            self.ended.set()

    def _lines(self, answer: httpx.Response) -> None:
        block: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(":")
                block[name] = value.removeprefix(" ")
                continue
            with self._changed:
                self.last_id = block.get("id", self.last_id)
                self.comments += "" in block
                if "data" in block:
                    data = orjson.loads(block["data"])
                    self.events.append(Told(block.get("event", "message"), data, self.last_id))
                self._changed.notify_all()
            block = {}
