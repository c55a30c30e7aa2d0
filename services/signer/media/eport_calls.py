"""How the e-port local signing service is spoken to: one JSON text a call, its reply found by its number.

The layout of the header of a block (128 characters, begins BLOCKTXT) is not public beyond that; ours is an assumption. What is
signed here, a SignedInfo, a challenge or the text of a web entry, is far below the size that is cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from services.signer.media.port import CardOut, CardRefused, MediumFault, ServiceAway, TimedOut

_PREFIX = "cus-sec_"
_OPEN_SECONDS = 10.0
_MOST_TEXT = 120_000
_MOST_REPLY = 16 * 1024**2
_CODE = re.compile(r"(\d{5})")
_NO_CARD = frozenset({"50070", "50200", "51590"})
"""Card reset failed; no key found (two codes)."""


class EportCalls:
    """One connection, one call at a time. Every call raises MediumFault."""

    def __init__(self, url: str, trusted: Path | None) -> None:
        self._open = contextlib.ExitStack()
        context = ssl.create_default_context(cafile=trusted) if url.startswith("wss:") else None
        try:
            opening = connect(url, ssl=context, open_timeout=_OPEN_SECONDS, max_size=_MOST_REPLY, proxy=None)
            self._connection: ClientConnection = self._open.enter_context(opening)
        except (OSError, WebSocketException) as error:
            raise ServiceAway(f"{url}: {type(error).__name__}") from error
        self._numbers = itertools.count(1)

    def call(self, method: str, seconds: float, **arguments: str) -> list[str]:
        """`Data` of a call that succeeded; `method` without its prefix."""
        reply = self._exchanged(_PREFIX + method, seconds, arguments)
        given = reply.get("_args") or {}
        if given.get("Result") is True:
            return [str(text) for text in given.get("Data") or []]
        raise _fault_of(method, [str(text) for text in given.get("Error") or []])

    def _exchanged(self, method: str, seconds: float, arguments: dict[str, str]) -> dict[str, Any]:
        number = next(self._numbers)
        text = orjson.dumps({"_method": method, "_id": number, "args": arguments}).decode()
        try:
            for part in blocks(text):
                self._connection.send(part)
            while True:
                # The greeting, and replies to calls that were given up, have other numbers.
                reply = orjson.loads(self._connection.recv(seconds))
                if isinstance(reply, dict) and reply.get("_id") == number and reply.get("_method") == method:
                    return reply
        except TimeoutError as error:
            raise TimedOut(method) from error
        except (OSError, WebSocketException) as error:
            raise ServiceAway(f"{method}: {type(error).__name__}") from error
        except orjson.JSONDecodeError as error:
            raise ServiceAway(f"{method}: a reply that is no JSON") from error

    def close(self) -> None:
        self._open.close()


def blocks(text: str) -> Iterator[str]:
    """A text as it is, or in blocks when it is long: total length, blocks, number, SHA-1 of the whole, SHA-1 of the block."""
    if len(text) <= _MOST_TEXT:
        yield text
        return
    parts = [text[start : start + _MOST_TEXT] for start in range(0, len(text), _MOST_TEXT)]
    whole = _sha1(text)
    for number, part in enumerate(parts, start=1):
        head = f"BLOCKTXT{len(text):010d}{len(parts):04d}{number:04d}{whole}{_sha1(part)}"
        yield head.ljust(128) + part


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _fault_of(method: str, errors: list[str]) -> MediumFault:
    told = " ".join(errors)
    found = _CODE.search(told)
    detail = f"{method}: {told}"
    return CardOut(detail) if found and found.group(1) in _NO_CARD else CardRefused(detail)
