"""A browser on the page: keeps cookies, sends the page's header, and never sees a token."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

_HEADER = {"x-bondgate-page": "1", "sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0 (示例)"}


class Browser:
    """Close it, or use it in a `with`."""

    def __init__(self, url: str) -> None:
        # A header is bytes; a browser of another language may send any.
        headers = {name.encode(): value.encode() for name, value in _HEADER.items()}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def log_in(self, tenant: str, login: str, password: str) -> httpx.Response:
        content = {"tenant": tenant, "login": login, "password": password}
        return self.client.post("/v1/session", json=content)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def put(self, path: str, content: object, **headers: str) -> httpx.Response:
        return self.client.put(path, json=content, headers=headers)

    def post(self, path: str, content: object, **headers: str) -> httpx.Response:
        given: dict[str, Any] = {"idempotency-key": uuid4().hex, **headers}
        return self.client.post(path, json=content, headers=given)

    def delete(self, path: str) -> httpx.Response:
        return self.client.delete(path)
