"""A keep-alive HTTP/1.1 connection with nothing to spare, so that the client is not what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


class Unexpected(Exception):
    """Another status than the benchmark counts on; the text quotes the answer."""


@dataclass(slots=True)
class Connection:
    """One request at a time. Understands answers with a Content-Length, which is what our services send."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _fixed: bytes

    @classmethod
    async def open(cls, url: str, headers: Mapping[str, str]) -> Self:
        """`headers` go with every request."""
        address = urlsplit(url)
        assert address.hostname is not None
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 20)
        lines = {"host": address.netloc, "content-type": "application/json", **headers}
        fixed = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return cls(reader, writer, fixed.encode())

    async def send(self, method: str, path: str, body: bytes, *, expect: int, headers: str = "") -> bytes:
        """`headers`: further lines, each ended by CRLF. Answers the body. Raises Unexpected."""
        start = f"{method} {path} HTTP/1.1\r\n{headers}content-length: {len(body)}\r\n".encode()
        self._writer.write(start + self._fixed + b"\r\n" + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        where = head.find(b"content-length:")
        length = int(head[where + 15 : head.index(b"\r\n", where)]) if where >= 0 else 0
        answer = await self._reader.readexactly(length)
        if int(head[9:12]) != expect:
            raise Unexpected(
                f"{method} {path}: {head[9:12].decode()} {answer[:500].decode('utf-8', 'replace')}"
            )
        return answer

    def close(self) -> None:
        self._writer.close()
