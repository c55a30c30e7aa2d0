"""The demo's broker: a tenant with one enterprise, made at the first run and found again later."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx

from contracts.permissions import (
    DOCUMENT_PRINT,
    DOCUMENT_READ,
    DOCUMENT_REVIEW,
    LEDGER_READ,
    MESSAGE_READ,
    RECEIPT_READ,
)
from customs.documents import KINDS
from local.home import TREE
from local.platform import Platform

SLUG, SLUG_BY_CARD = "demo", "demo-card"
"""Of the tenant, and of its one mailbox. The firm whose messages a card signs is a tenant of its own: no other run waits for its card."""
LOGIN, REVIEWER = "clerk", "reviewer"
EXAMPLES = TREE / "contracts/examples"
_SECONDS = 60.0
_STALE = 412
Json = dict[str, Any]


class DemoFailed(Exception):
    """A step did not come to its end; the text says which and what was answered."""


@dataclass(frozen=True)
class Document:
    """A saved document as the demo knows it."""

    kind: str
    document_id: str
    internal_no: str

    @property
    def path(self) -> str:
        return f"/v1/{KINDS[self.kind].url}/{self.document_id}"


def sample(kind: str, name: str) -> Json:
    """A document of contracts/examples."""
    document: Json = json.loads((EXAMPLES / kind / f"{name}.json").read_text(encoding="utf-8"))
    return document


def firm() -> Json:
    """The head whose 申报单位 is the demo's firm."""
    head: Json = sample("inventory", "import")["head"]
    return head


@dataclass(frozen=True)
class SigningCard:
    """A card that lies in a reader of the signer."""

    number: str
    pin: str


class BrokerDesk:
    """A clerk's calls. Everything goes through the edge. Used with `async with`. With `card` that signs every message."""

    def __init__(self, platform: Platform, card: SigningCard | None = None) -> None:
        self._platform = platform
        self._card = card
        self.slug = SLUG if card is None else SLUG_BY_CARD
        self._client = httpx.AsyncClient(base_url=platform.edge_url, timeout=30, trust_env=False)
        self.password = platform.home.secret("demo-password")

    async def __aenter__(self) -> BrokerDesk:
        try:
            await self._open()
        except BaseException:
            await self._client.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def _open(self) -> None:
        """Make what is missing: tenant and user, the import client's folder, the enterprise; then log in."""
        await self._make_tenant()
        login = {"tenant": self.slug, "login": LOGIN, "password": self.password}
        token = _expect(await self._client.post("/v1/tokens", json=login), 200)["access_token"]
        self._client.headers["authorization"] = f"Bearer {token}"
        # Stands for the import client that somebody installed for the firm's card.
        (self._platform.home.exchange / self.slug).mkdir(mode=0o700, exist_ok=True)
        if self._card is not None:
            await self._register(self._card)
        declaring = firm()
        listed = (await self.get("/v1/enterprises"))["items"]
        if not any(enterprise["customs_code"] == declaring["declaring_code"] for enterprise in listed):
            await self._make_enterprise(declaring)
        if not any(user["login"] == REVIEWER for user in (await self.get("/v1/users"))["items"]):
            await self._make_reviewer()

    async def _make_tenant(self) -> None:
        answer = await self._client.post(
            "/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=("platform-operator", self._platform.operator_secret),
        )
        token = _expect(answer, 200)["access_token"]
        admin = {"login": LOGIN, "name": "示例录入员", "password": self.password}
        made = await self._client.post(
            "/v1/tenants",
            json={"slug": self.slug, "name": "示例报关有限公司", "admin": admin},
            headers={"authorization": f"Bearer {token}", "idempotency-key": f"demo-{uuid4()}"},
        )
        if made.status_code != 409:
            _expect(made, 201)

    async def _register(self, card: SigningCard) -> None:
        """As soon as the signer sees it in its reader; one of an earlier run is registered already."""
        deadline = time.monotonic() + _SECONDS
        body = {"number": card.number, "pin": card.pin}
        while True:
            answer = await self._post("/v1/cards/in-reader", body)
            code = None if answer.is_success else answer.json().get("code")
            if code != "card_not_in_reader" or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        if code != "card_taken":
            _expect(answer, 201)

    async def _make_enterprise(self, head: Json) -> None:
        body = {
            "name": head["declaring_name"],
            "customs_code": head["declaring_code"],
            "uscc": head["declaring_uscc"],
            "route": {
                "mailbox": self.slug,
                "card_no": "2100000000001" if self._card is None else self._card.number,
                "sender_id": "DXPENT0000000001",
                "receiver_id": "DXPEDCSAS0000001",
                "sys_id": "Z8",
                "operator_customs_code": head["declaring_code"],
                "signing": "none" if self._card is None else "xmldsig",
            },
        }
        _expect(await self._post("/v1/enterprises", body), 201)

    async def _make_reviewer(self) -> None:
        """A second person, who looks at documents before they are declared."""
        permissions = [
            DOCUMENT_READ,
            DOCUMENT_REVIEW,
            DOCUMENT_PRINT,
            MESSAGE_READ,
            RECEIPT_READ,
            LEDGER_READ,
        ]
        role = _expect(await self._post("/v1/roles", {"name": "复核", "permissions": permissions}), 201)
        user = {"login": REVIEWER, "name": "示例复核员", "password": self.password}
        assigned = {"assignments": [{"role_id": role["id"]}]}
        _expect(await self._post("/v1/users", {**user, **assigned}), 201)

    async def save(self, kind: str, body: Json, internal_no: str) -> Document:
        """A new draft. Waits until entry has heard of the enterprise."""
        numbered = {**body, "head": {**body["head"], "internal_no": internal_no}}
        deadline = time.monotonic() + _SECONDS
        while True:
            answer = await self._post(f"/v1/{KINDS[kind].url}", numbered)
            unheard = answer.status_code == 422 and answer.json().get("code") == "enterprise_unclear"
            if not unheard or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        return Document(kind, _expect(answer, 201)["id"], internal_no)

    async def make(self, kind: str, path: str, order: Json) -> tuple[Document, Json]:
        """A draft made from others, and its working copy."""
        made = _expect(await self._post(path, order), 201)
        return Document(kind, made["id"], order["internal_no"]), made["document"]

    async def order(self, document: Document, action: str, body: Json | None = None) -> Json:
        """A POST on the document as it stands now, answered with 202: `declare`, `change-requests` …"""
        while True:
            seen = await self._seen(document)
            match = {"if-match": seen.headers["etag"]}
            answer = await self._post(f"{document.path}/{action}", body or {}, **match)
            # A receipt may come between the look and the order.
            if answer.status_code != _STALE:
                return _expect(answer, 202)

    async def rewrite(self, document: Document, working_copy: Json) -> None:
        """Save the working copy over whatever version there is."""
        while True:
            seen = await self._seen(document)
            match = {"if-match": seen.headers["etag"]}
            answer = await self._client.put(document.path, json=working_copy, headers=match)
            if answer.status_code != _STALE:
                _expect(answer, 200)
                return

    async def _seen(self, document: Document) -> httpx.Response:
        seen = await self._client.get(document.path)
        _expect(seen, 200)
        return seen

    async def post(self, path: str, body: Json, status: int) -> Json:
        return _expect(await self._post(path, body), status)

    async def keep(self, path: str, body: Json) -> None:
        """Write what may be there already."""
        answer = await self._post(path, body)
        if answer.status_code != httpx.codes.CONFLICT:
            _expect(answer, 201)

    async def put(self, path: str, body: Json) -> Json:
        return _expect(await self._client.put(path, json=body), 200)

    async def put_new(self, path: str, body: Json) -> Json:
        """Write what is not there yet."""
        answer = await self._client.put(path, json=body, headers={"if-none-match": "*"})
        return _expect(answer, 201)

    async def get(self, path: str, **headers: str) -> Json:
        return _expect(await self._client.get(path, headers=headers), 200)

    async def timeline(self, document: Document) -> list[Json]:
        """[] while query does not know the document: a busy machine tells it later than a request waits."""
        headers = {"wait-for": f"{document.document_id}@1"}
        answer = await self._client.get(f"{document.path}/timeline", headers=headers)
        items: list[Json] = (
            [] if answer.status_code == httpx.codes.NOT_FOUND else _expect(answer, 200)["items"]
        )
        return items

    async def print(self, document: Document, target: Path) -> int:
        """Write the PDF; answers its pages."""
        ordered = await self._post(f"{document.path}/print-jobs", {})
        _expect(ordered, 202)
        deadline = time.monotonic() + _SECONDS
        while (job := await self.get(ordered.headers["location"]))["state"] != "done":
            if job["state"] == "failed" or time.monotonic() > deadline:
                raise DemoFailed(f"the PDF is {job['state']}: {job.get('error')}")
            await asyncio.sleep(0.1)
        pdf = await self._client.get(f"{ordered.headers['location']}/file")
        if pdf.status_code != 200:
            raise DemoFailed(f"the PDF cannot be read: {pdf.status_code}")
        await asyncio.to_thread(_write, target, pdf.content)
        return int(job["pages"])

    async def _post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return await self._client.post(path, json=body, headers={"idempotency-key": str(uuid4()), **headers})


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_bytes(content)


def _expect(answer: httpx.Response, status: int) -> Json:
    if answer.status_code != status:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise DemoFailed(f"{asked} answered {answer.status_code}: {_said(answer)}")
    content: Json = answer.json()
    return content


def _said(answer: httpx.Response) -> str:
    """The sentences of a problem (RFC 9457), or what else came."""
    if answer.headers.get("content-type") != "application/problem+json":
        return answer.text[:500]
    found = answer.json()
    each = [f"{error['pointer']} {error['message']}" for error in found.get("errors", [])]
    return "; ".join([found.get("detail") or found["title"], *each])
