"""A clerk's desk on a whole platform: a tenant of its own, and documents sent through the public API."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pypdf

from customs.documents import KINDS
from local.platform import Platform
from tests.support.patience import SECONDS

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/examples"
PASSWORD = "示例口令-correct-horse-7"
T = TypeVar("T")


class NotInTime(AssertionError):
    """What was waited for did not come; the text says what stood there instead."""


@dataclass(frozen=True)
class Sent:
    """A document that was declared."""

    document_id: str
    internal_no: str
    url: str = "inventories"

    @property
    def path(self) -> str:
        return f"/v1/{self.url}/{self.document_id}"


def until(look: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """The first answer that is not None. Raises NotInTime."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise NotInTime(what)
        time.sleep(0.05)


class Desk:
    """One tenant, one enterprise with its own mailbox, one user with every right."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.slug = f"t{uuid4().hex[:10]}"
        self._form_no: str | None = None
        self.mailbox = f"box-{self.slug}"
        self.client = httpx.Client(base_url=platform.edge_url, timeout=30, trust_env=False)
        self._open_tenant()
        self.client.headers["authorization"] = f"Bearer {self.login()}"
        self.enterprise = self._register()

    def login(self) -> str:
        body = {"tenant": self.slug, "login": "clerk", "password": PASSWORD}
        answer = self.client.post("/v1/tokens", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def _open_tenant(self) -> None:
        token = self.client.post(
            "/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=("platform-operator", self.platform.operator_secret),
        )
        assert token.status_code == 200, token.text
        admin = {"login": "clerk", "name": "示例录入员", "password": PASSWORD}
        made = self.client.post(
            "/v1/tenants",
            json={"slug": self.slug, "name": "示例报关有限公司", "admin": admin},
            headers={
                "authorization": f"Bearer {token.json()['access_token']}",
                "idempotency-key": str(uuid4()),
            },
        )
        assert made.status_code == 201, made.text

    def _register(self) -> dict[str, Any]:
        head = example()["head"]
        route = {
            "mailbox": self.mailbox,
            "card_no": "2100000000001",
            "sender_id": "DXPENT0000000001",
            "receiver_id": "DXPEDCSAS0000001",
            "sys_id": "Z8",
            "operator_customs_code": head["declaring_code"],
            "signing": "none",
        }
        body = {
            "name": head["declaring_name"],
            "customs_code": head["declaring_code"],
            "uscc": head["declaring_uscc"],
            "route": route,
        }
        # The folder stands for an import client that was installed there; its boxes are the client's own work.
        (self.platform.home.exchange / self.mailbox).mkdir(mode=0o700)
        made = self.post("/v1/enterprises", body)
        assert made.status_code == 201, made.text
        # entry and receipts hear of it by event; a look that changes nothing tells when.
        until(self._known, "entry does not know the enterprise")
        enterprise: dict[str, Any] = made.json()
        return enterprise

    def _known(self) -> bool | None:
        probe = self.post("/v1/inventories", example(internal_no=f"PROBE-{uuid4().hex[:8]}"))
        if probe.status_code == 201:
            gone = self.client.delete(
                f"/v1/inventories/{probe.json()['id']}", headers={"if-match": probe.headers["etag"]}
            )
            assert gone.status_code == 204, gone.text
            return True
        return None

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = {"idempotency-key": str(uuid4()), **{n.replace("_", "-"): v for n, v in headers.items()}}
        return self.client.post(path, json={} if body is None else body, headers=sent)

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def save(
        self, prefix: str = "OK", document: Mapping[str, Any] | None = None, *, kind: str = "inventory"
    ) -> Sent:
        """A draft whose internal number begins with the simulator's `prefix`."""
        internal_no = f"{prefix}-{uuid4().hex[:12]}"
        body = dict(document or self.sample(kind))
        body["head"] = {**body["head"], "internal_no": internal_no}
        url = KINDS[kind].url
        made = self.post(f"/v1/{url}", body)
        assert made.status_code == 201, made.text
        return Sent(made.json()["id"], internal_no, url)

    def declare(self, sent: Sent, *, action: str = "declare") -> None:
        """Order it, whatever version it has now."""
        answer = self.act(sent, action)
        assert answer.status_code == 202, answer.text

    def act(self, sent: Sent, action: str, body: object = None) -> httpx.Response:
        """A POST on the document as it stands now."""
        while True:
            current = self.client.get(sent.path)
            current.raise_for_status()
            answer = self.post(f"{sent.path}/{action}", body, if_match=current.headers["etag"])
            # A receipt may come between the look and the order.
            if answer.status_code != 412:
                return answer

    def put(self, sent: Sent, document: Mapping[str, Any]) -> httpx.Response:
        """Save the working copy over whatever version there is."""
        while True:
            current = self.client.get(sent.path)
            answer = self.client.put(sent.path, json=document, headers={"if-match": current.headers["etag"]})
            if answer.status_code != 412:
                return answer

    def send(
        self, prefix: str = "OK", document: Mapping[str, Any] | None = None, *, kind: str = "inventory"
    ) -> Sent:
        sent = self.save(prefix, document, kind=kind)
        self.declare(sent)
        return sent

    def until_round(self, sent: Sent, *states: str | None, seconds: float = SECONDS) -> dict[str, Any]:
        """The document once its round after the filing is in one of the states; None: there is none open."""
        last: object = ""

        def look() -> dict[str, Any] | None:
            nonlocal last
            content = self.get(sent.path)
            last = content["open_round"] and content["open_round"]["state"]
            return content if last in states else None

        try:
            return until(look, "", seconds)
        except NotInTime:
            raise NotInTime(f"the round of {sent.internal_no} is {last} and not {states}") from None

    def sample(self, kind: str, **head: Any) -> dict[str, Any]:
        """A sample that can be declared: a vehicle has a plate of its own, a bill an approved form."""
        if kind == "vehicle":
            head.setdefault("vehicle_no", f"浙B{uuid4().hex[:5].upper()}")
        if kind == "stock_bill":
            head.setdefault("business_form_no", self.form_no())
        return example(kind, **head)

    def form_no(self) -> str:
        """申报表编号 of an approved form of this desk."""
        if self._form_no is None:
            form = self.send(document=example("business_form"), kind="business_form")
            self._form_no = str(self.until(form, "approved")["numbers"]["customs_no"])
        return self._form_no

    def state(self, sent: Sent) -> str:
        return str(self.get(sent.path)["state"])

    def until(self, sent: Sent, *states: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The document once it is in one of the states."""
        last = ""

        def look() -> dict[str, Any] | None:
            nonlocal last
            answer = self.client.get(sent.path)
            if answer.status_code >= 500:
                last = answer.text
                return None
            content: dict[str, Any] = answer.json()
            last = str(content.get("state", content))
            return content if content.get("state") in states else None

        try:
            return until(look, "", seconds)
        except NotInTime:
            raise NotInTime(f"{sent.internal_no} is {last} and not {' or '.join(states)}") from None

    def until_version(self, sent: Sent, version: int) -> dict[str, Any]:
        """The document once it has moved on so far."""

        def look() -> dict[str, Any] | None:
            content = self.get(sent.path)
            return content if content["version"] >= version else None

        return until(look, f"{sent.internal_no} does not reach version {version}")

    def timeline(self, sent: Sent) -> list[dict[str, Any]]:
        answer = self.client.get(f"{sent.path}/timeline", headers={"wait-for": f"{sent.document_id}@1"})
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json()["items"]
        return entries

    def printed(self, path: str) -> str:
        """The text of the PDF of the document at this path, whose lines may end anywhere."""
        ordered = self.post(f"{path}/print-jobs")
        assert ordered.status_code == 202, ordered.text
        job = ordered.headers["location"]
        until(lambda: True if self.get(job)["state"] == "done" else None, "the PDF is not done")
        pdf = self.client.get(f"{job}/file")
        assert pdf.headers["content-type"] == "application/pdf"
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)

    def taken(self, sent: Sent) -> dict[str, Any]:
        """What the simulator says arrived under this number."""
        answer = httpx.get(
            f"{self.platform.url('simulator')}/taken/{sent.internal_no}", timeout=30, trust_env=False
        )
        content: dict[str, Any] = answer.json()
        return content

    def advance(self, sent: Sent, **what: object) -> None:
        body = {"internal_no": sent.internal_no, **what}
        answer = httpx.post(
            f"{self.platform.url('simulator')}/advance", json=body, timeout=30, trust_env=False
        )
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        self.client.close()


def sent_more_than_once(platform: Platform) -> dict[str, int]:
    """The simulator's own count of repeats in SentBox, over everything it ever took."""
    stats = httpx.get(f"{platform.url('simulator')}/stats", timeout=30, trust_env=False).json()
    repeats: dict[str, int] = stats["sent_more_than_once"]
    return repeats


SAMPLES = {
    "inventory": "import",
    "business_form": "gathered-out",
    "stock_bill": "out",
    "gate_pass": "registered-at-gate",
    "vehicle": "truck",
    "two_step_pass": "container",
}
"""The sample of each kind that stands for it; a bill needs its form's number."""


def example(kind: str = "inventory", sample: str | None = None, **head: Any) -> dict[str, Any]:
    """A sample of contracts/examples, with changes to its head."""
    path = EXAMPLES / kind / f"{sample or SAMPLES[kind]}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    document["head"].update(head)
    return document


def pass_for(bill_no: str, **head: Any) -> dict[str, Any]:
    """A 核放单 for one 出入库单."""
    document = example("gate_pass", "stock-bill", linked_nos=bill_no, **head)
    document["linked_documents"][0]["bill_no"] = bill_no
    return document


def opened(platform: Platform) -> Iterator[Desk]:
    """For fixtures."""
    desk = Desk(platform)
    try:
        yield desk
    finally:
        desk.close()
