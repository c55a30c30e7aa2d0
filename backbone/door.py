"""What a service answers before it can work: it lives, and it is not ready. Then its application takes the door over."""

from __future__ import annotations

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

_RETRY_SECONDS = b"1"


class Door:
    """An ASGI application that another one can be put behind."""

    def __init__(self, service: str) -> None:
        self.app: ASGIApp | None = None
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope["path"] == "/healthz", send)

    async def _answer(self, lives: bool, send: Send) -> None:
        content = {"service": self._service, "status": "ok" if lives else "not ready"}
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        if not lives:
            headers.append((b"retry-after", _RETRY_SECONDS))
        await send({"type": "http.response.start", "status": 200 if lives else 503, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(content)})
