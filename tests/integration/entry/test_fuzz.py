"""entry under requests that Schemathesis makes up, for documents and ledgers that exist: no 5xx, nothing OpenAPI does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from backbone.migrate import Database
from backbone.objects import intake_of, store_of
from customs.documents import KINDS, Kind
from services.entry.attachments.attachments_api import Files
from services.entry.editions import touched_api
from tests.support.books import BOOK
from tests.support.entry_service import Entry, on
from tests.support.feeding import EXAMPLES, sample
from tests.support.files import object_settings
from tests.support.files import sample as file_of
from tests.support.fuzzing import Known, described, fuzzing
from tests.support.issuer import Issuer

BY_URL = {kind.url: kind for kind in KINDS.values()}
OPENING = {
    "cut_over": "20260101",
    "rows": [{"mark": "I", "line_no": 11, "unit": "011", "quantity_in": "100", "quantity_out": "0"}],
}
DRAFT, REASON = "new.inventory", "原在官方页面申报"


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as made:
        yield made


@pytest.fixture
def entry(portal: BlockingPortal, database: Database, issuer: Issuer, tmp_path: Path) -> Iterator[Entry]:
    kept = object_settings(data_dir=tmp_path)
    with portal.wrap_async_context_manager(
        on(database, issuer, Files(store_of(kept), intake_of(kept)))
    ) as made:
        made.app.include_router(touched_api.routes(made.pool, made.worker_pool))
        yield made


class Prepared:
    """What the requests are about; what one operation deletes the next finds again."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.approved: dict[str, str] = {}

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        sent = {"idempotency-key": str(uuid4()), **{n.replace("_", "-"): v for n, v in headers.items()}}
        answer = await self.entry.client.request(method, path, content=content, headers=sent, timeout=60)
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def ensure(self, path: str, body: Any) -> None:
        if (await self.entry.client.get(path)).status_code == 404:
            await self.send("PUT", path, body)

    def document(self, kind: Kind) -> dict[str, Any]:
        names = sorted(path.stem for path in (EXAMPLES / kind.name).glob("*.json"))
        found = sample(kind.name, next(name for name in names if not name.endswith("-draft")))
        if kind.name == "vehicle":
            found["head"]["vehicle_no"] = f"浙B{uuid4().int % 10**5:05d}"
        return found

    async def draft(self, kind: Kind) -> str:
        made = await self.send(
            "POST", f"/v1/{kind.url}?enterprise_id={self.entry.enterprise_id}", self.document(kind)
        )
        return str(made["id"])

    async def customs_has(self, kind: Kind) -> str:
        """A document that customs has approved; one of each kind."""
        if kind.name not in self.approved:
            body = {
                "seq_no": f"2026{uuid4().int % 10**14:014d}",
                "customs_no": f"W{uuid4().hex[:12].upper()}",
                "document": self.document(kind),
                "reason": REASON,
            }
            path = f"/v1/{kind.url}/adoptions?enterprise_id={self.entry.enterprise_id}"
            self.approved[kind.name] = str((await self.send("POST", path, body))["id"])
        return self.approved[kind.name]

    async def for_path(self, path: str) -> Known:
        """What a request on this path of OpenAPI may name."""
        values = {
            "enterprise_id": [str(self.entry.enterprise_id)],
            "kind_name": list(KINDS),
            "book_no": [BOOK],
            "mark": ["I"],
            "line_key": ["11"],
            "number": ["G-1"],
            "key": [DRAFT],
        }
        bodies: list[Any] = []
        kind = BY_URL.get(path.split("/")[2])
        if kind:
            draft = await self.draft(kind)
            values |= {
                "section": [each.name for each in kind.sections],
                "document_id": [draft, await self.customs_has(kind)],
                "window_id": [str(uuid4())],
            }
            bodies = await self.bodies(kind, path, draft)
            if "{attachment_id}" in path:
                values["attachment_id"] = [await self.attachment(kind, draft)]
        elif "{batch_id}" in path or path.startswith("/v1/batches"):
            values["batch_id"] = [await self.batch()]
        elif path.startswith("/v1/ledgers/"):
            await self.ensure(f"/v1/ledgers/{BOOK}", {"check_mode": "warn"})
            values["import_id"] = [await self.opening()] if "{import_id}" in path else [str(uuid4())]
            bodies = [OPENING]
        elif path.startswith("/v1/page-drafts"):
            await self.ensure(f"/v1/page-drafts/{DRAFT}", {"content": {"head": {"internal_no": "T-1"}}})
        elif path.startswith("/v1/guarantees"):
            bodies = [{"valid_until": "20270101", "amount": "10.50"}]
            await self.ensure("/v1/guarantees/G-1", bodies[0])
        return Known(values, bodies, self.version_of(path))

    async def bodies(self, kind: Kind, path: str, draft: str) -> list[Any]:
        whole = self.document(kind)
        if path.endswith(("/{document_id}", f"/{kind.url}", "/validate")):
            return [whole]
        if path.endswith("/adoptions"):
            return [
                {"seq_no": "202600000000000123", "customs_no": "W1", "document": whole, "reason": REASON},
                {"seq_no": "202600000000000124", "internal_no": "N-1", "reason": REASON},
            ]
        if path.endswith("/batches"):
            one = [{"id": draft, "version": 1}]
            return [{"action": "delete", "documents": one}, {"action": "declare", "documents": one}]
        if path.endswith("/imports"):
            book = await self.entry.client.get(f"/v1/{kind.url}/{draft}/export.xlsx")
            return [book.content]
        if path.endswith("/attachments"):
            return [file_of("pdf"), file_of("xlsx")]
        if "/from-" in path:
            return [{"ids": [await self.customs_has(BY_URL[path.rsplit("/from-", 1)[1]])]}]
        if path.endswith("/merge-preview"):
            return [{"document": whole}]
        if path.endswith("/marks"):
            return [{"fields": {name: "1"}, "reason": REASON} for name in sorted(kind.life.markable)]
        return []

    async def attachment(self, kind: Kind, draft: str) -> str:
        path = f"/v1/{kind.url}/{draft}/attachments?type=invoice&file_name=a.pdf"
        return str((await self.send("POST", path, file_of("pdf"), if_match='"1"'))["id"])

    async def batch(self) -> str:
        kind = KINDS["inventory"]
        order = {"action": "delete", "documents": [{"id": await self.draft(kind), "version": 1}]}
        return str((await self.send("POST", f"/v1/{kind.url}/batches", order))["id"])

    async def opening(self) -> str:
        return str((await self.send("POST", f"/v1/ledgers/{BOOK}/openings", OPENING))["import_id"])

    def version_of(self, path: str) -> Any:
        async def seen(real: Mapping[str, str]) -> str | None:
            base = path.split("}")[0] + "}"
            answer = await self.entry.client.get(base.format(**real)) if "{" in base else None
            return answer.headers.get("etag") if answer else None

        return seen


def test_nothing_made_up_breaks_entry(
    portal: BlockingPortal, entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = Prepared(entry)
    with fuzzing(portal, entry.client, capsys) as tries:
        for operation in described("entry"):
            tries.of(operation, portal.call(prepared.for_path, operation.path))
