"""The demo's broker: a tenant with one enterprise, made at the first run and found again later."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from local.home import TREE
from local.platform import Platform

SLUG = "demo"
LOGIN = "clerk"
MAILBOX = "demo"
SAMPLE = TREE / "contracts/examples/inventory/import.json"
_SECONDS = 60.0


class DemoFailed(Exception):
    """A step did not come to its end; the text says which and what was answered."""


@dataclass(frozen=True)
class Document:
    """The declared document as the demo knows it."""

    document_id: str
    internal_no: str
    path: str


class BrokerDesk:
    """A clerk's calls. Everything goes through the edge."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._client = httpx.Client(base_url=platform.edge_url, timeout=30, trust_env=False)
        self.password = platform.home.secret("demo-password")
        self._sample: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))

    def close(self) -> None:
        self._client.close()

    def open(self) -> None:
        """Make what is missing: tenant and user, the import client's folder, the enterprise; then log in."""
        self._make_tenant()
        login = {"tenant": SLUG, "login": LOGIN, "password": self.password}
        token = self._expect(self._client.post("/v1/tokens", json=login), 200)["access_token"]
        self._client.headers["authorization"] = f"Bearer {token}"
        # Stands for the import client that somebody installed for the firm's card.
        (self._platform.home.exchange / MAILBOX).mkdir(exist_ok=True)
        listed = self._expect(self._client.get("/v1/enterprises"), 200)["items"]
        if not any(enterprise["customs_code"] == self._code for enterprise in listed):
            self._make_enterprise()

    @property
    def _code(self) -> str:
        return str(self._sample["head"]["declaring_code"])

    def _make_tenant(self) -> None:
        answer = self._client.post(
            "/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=("platform-operator", self._platform.operator_secret),
        )
        token = self._expect(answer, 200)["access_token"]
        admin = {"login": LOGIN, "name": "示例录入员", "password": self.password}
        made = self._client.post(
            "/v1/tenants",
            json={"slug": SLUG, "name": "示例报关有限公司", "admin": admin},
            headers={"authorization": f"Bearer {token}", "idempotency-key": f"demo-{uuid4()}"},
        )
        if made.status_code != 409:
            self._expect(made, 201)

    def _make_enterprise(self) -> None:
        head = self._sample["head"]
        body = {
            "name": head["declaring_name"],
            "customs_code": head["declaring_code"],
            "uscc": head["declaring_uscc"],
            "route": {
                "mailbox": MAILBOX,
                "card_no": "2100000000001",
                "sender_id": "DXPENT0000000001",
                "receiver_id": "DXPEDCSAS0000001",
                "sys_id": "Z8",
                "operator_customs_code": head["declaring_code"],
                "signing": "none",
            },
        }
        self._expect(self._post("/v1/enterprises", body), 201)

    def save(self) -> Document:
        """A new draft of the sample. Waits until entry has heard of the enterprise."""
        body = {**self._sample}
        internal_no = f"DEMO-{datetime.now().astimezone():%Y%m%d%H%M%S}-{uuid4().hex[:4].upper()}"
        body["head"] = {**body["head"], "internal_no": internal_no}
        deadline = time.monotonic() + _SECONDS
        while True:
            answer = self._post("/v1/inventories", body)
            unheard = answer.status_code == 422 and answer.json().get("code") == "enterprise_unclear"
            if not unheard or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        made = self._expect(answer, 201)
        return Document(made["id"], internal_no, answer.headers["location"])

    def declare(self, document: Document) -> None:
        seen = self._client.get(document.path)
        self._expect(seen, 200)
        self._expect(self._post(f"{document.path}/declare", {}, **{"if-match": seen.headers["etag"]}), 202)

    def get(self, path: str, **headers: str) -> dict[str, Any]:
        return self._expect(self._client.get(path, headers=headers), 200)

    def timeline(self, document: Document) -> list[dict[str, Any]]:
        found = self.get(f"{document.path}/timeline", **{"wait-for": f"{document.document_id}@1"})
        items: list[dict[str, Any]] = found["items"]
        return items

    def print(self, document: Document, target: Path) -> int:
        """Write the PDF; answers its pages."""
        ordered = self._post(f"{document.path}/print-jobs", {})
        self._expect(ordered, 202)
        deadline = time.monotonic() + _SECONDS
        while (job := self.get(ordered.headers["location"]))["state"] != "done":
            if job["state"] == "failed" or time.monotonic() > deadline:
                raise DemoFailed(f"the PDF is {job['state']}: {job.get('error')}")
            time.sleep(0.1)
        pdf = self._client.get(f"{ordered.headers['location']}/file")
        if pdf.status_code != 200:
            raise DemoFailed(f"the PDF cannot be read: {pdf.status_code}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(pdf.content)
        return int(job["pages"])

    def _post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return self._client.post(path, json=body, headers={"idempotency-key": str(uuid4()), **headers})

    @staticmethod
    def _expect(answer: httpx.Response, status: int) -> dict[str, Any]:
        if answer.status_code != status:
            raise DemoFailed(
                f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text[:500]}"
            )
        content: dict[str, Any] = answer.json()
        return content
