"""A request's body on its way in: bounded, unpacked where it is compressed, and never waited for without end."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard
from starlette.types import Message, Receive, Scope

from backbone.refusals import (
    BodyNotUnpackable,
    BodyStalled,
    BodyTooLarge,
    UnsupportedEncoding,
)

STALL_SECONDS = 30.0
"""As long nothing may come of a body that is not complete."""
# A few bytes of zstd may stand for 128 KiB, so that this much may become 8 MiB before it is counted.
_SLICE_BYTES = 256
_MOST_WINDOW = 8 * 1024 * 1024


class Unpacker(Protocol):
    """What the codecs have in common. `feed` raises ValueError and answers no more than it must to go beyond `room`."""

    @property
    def complete(self) -> bool: ...

    def feed(self, data: bytes, room: int) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._codec = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def complete(self) -> bool:
        return self._codec.eof

    def feed(self, data: bytes, room: int) -> bytes:
        try:
            found = self._codec.decompress(data, room + 1)
        except zlib.error as error:
            raise ValueError("gzip") from error
        if self._codec.unused_data:
            raise ValueError("more than one gzip member")
        return found


class _Zstd:
    def __init__(self) -> None:
        self._codec = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj()

    @property
    def complete(self) -> bool:
        return bool(self._codec.eof)

    def feed(self, data: bytes, room: int) -> bytes:
        found = bytearray()
        for piece in _slices(data):
            try:
                found += self._codec.decompress(piece)
            except zstandard.ZstdError as error:
                raise ValueError("zstd") from error
            if len(found) > room:
                break
            if self._codec.unused_data:
                raise ValueError("more than one zstd frame")
        return bytes(found)


_CODECS: dict[str, type[_Gzip | _Zstd]] = {"gzip": _Gzip, "x-gzip": _Gzip, "zstd": _Zstd}
ENCODINGS = ("gzip", "zstd")


def _slices(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _SLICE_BYTES):
        yield data[start : start + _SLICE_BYTES]


class Incoming:
    """`receive` in the stead of the server's own. `limit` counts bytes as they come, and as they are when unpacked."""

    def __init__(self, receive: Receive, limit: int, stall_seconds: float = STALL_SECONDS) -> None:
        self.received = 0
        self._receive = receive
        self._limit = limit
        self._stall_seconds = stall_seconds
        self._unpacker: Unpacker | None = None
        self._unpacked = 0
        self._complete = False

    def unpacks(self, scope: Scope) -> None:
        """Take the encoding from the headers; who reads the body need not know of it. Raises UnsupportedEncoding."""
        given = [value for name, value in scope["headers"] if name == b"content-encoding"]
        coding = b",".join(given).decode("latin-1").strip().lower()
        if coding in ("", "identity"):
            return
        if coding not in _CODECS:
            raise UnsupportedEncoding(f"收到的压缩方式为 {coding[:40]}")
        self._unpacker = _CODECS[coding]()
        packed = (b"content-encoding", b"content-length")
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in packed]

    async def receive(self) -> Message:
        """Raises BodyTooLarge, BodyStalled, BodyNotUnpackable."""
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._stall_seconds)
        except TimeoutError:
            raise BodyStalled(
                f"已收到{self.received}字节，随后{self._stall_seconds:g}秒内没有收到其余内容"
            ) from None
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")
        self.received += len(body)
        if self.received > self._limit:
            raise too_large(self._limit)
        self._complete = not message.get("more_body", False)
        if self._unpacker is not None:
            message = {**message, "body": self._unpack(self._unpacker, body)}
        return message

    def _unpack(self, unpacker: Unpacker, body: bytes) -> bytes:
        try:
            unpacked = unpacker.feed(body, self._limit - self._unpacked) if body else b""
        except ValueError as error:
            raise BodyNotUnpackable("压缩数据已损坏，或与Content-Encoding不符") from error
        self._unpacked += len(unpacked)
        if self._unpacked > self._limit:
            raise too_large(self._limit)
        if self._complete and self.received and not unpacker.complete:
            raise BodyNotUnpackable("压缩数据不完整")
        return unpacked


def too_large(limit: int) -> BodyTooLarge:
    """In the largest unit that says the true limit."""
    for unit, size in (("MB", 1_048_576), ("KB", 1024)):
        if limit >= size and not limit % size:
            return BodyTooLarge(f"超过 {limit // size} {unit}")
    return BodyTooLarge(f"超过 {limit:,} 字节")
