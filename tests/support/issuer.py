"""A token issuer for tests: real keys, a real JWKS address, tokens of any tenant and grant."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import RSAKey

from contracts.permissions import PERMISSIONS, UNASSIGNABLE

ISSUER = AUDIENCE = "bondgate"
EVERYTHING = sorted(PERMISSIONS.keys() - UNASSIGNABLE)


class Issuer:
    """Signs tokens with `key`, which `jwks_url` publishes."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "test-1", "use": "sig"})
        published = json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(published)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"

    def token(
        self,
        tenant_id: UUID,
        *,
        subject: str = "user-1",
        name: str = "示例录入员",
        permissions: Iterable[str] = EVERYTHING,
        grants: list[dict[str, object]] | None = None,
        seconds: int = 3600,
        key: RSAKey | None = None,
        **claims: object,
    ) -> str:
        """A token of this tenant; `grants` replaces the one unlimited grant of `permissions`."""
        given = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "name": name,
            "tid": str(tenant_id),
            "exp": int(time.time()) + seconds,
            "grants": grants if grants is not None else [{"permissions": list(permissions)}],
            **claims,
        }
        signer = key or self.key
        return jwt.encode({"alg": "RS256", "kid": str(signer.kid)}, given, signer)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.close()
