"""Every operation of entry, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from backbone.jobs import Job
from backbone.migrate import Database
from backbone.objects import intake_of, store_of
from customs.documents import KINDS, Kind
from services.entry.attachments.attachments_api import Files
from services.entry.batches.batch_store import QUEUE
from services.entry.batches.running import Doing
from services.entry.drafts.imports_api import XLSX
from services.entry.editions import touched_api
from tests.support.books import BOOK, Books, Goods
from tests.support.entry_service import Entry, on
from tests.support.feeding import EXAMPLES, form, sample
from tests.support.files import object_settings
from tests.support.files import sample as file_of
from tests.support.issuer import Issuer
from tests.support.witness import Witness

pytestmark = pytest.mark.anyio
LEDGER = f"/v1/ledgers/{BOOK}"
REASON = {"reason": "客户取消"}
VEHICLE = {"vehicle_no": "浙B12345", "vehicle_weight": "7500", "applicant_contact": "张三 0574-00000000"}


@pytest.fixture
async def entry(database: Database, issuer: Issuer, tmp_path: Path) -> AsyncIterator[Entry]:
    settings = object_settings(data_dir=tmp_path)
    async with on(database, issuer, Files(store_of(settings), intake_of(settings))) as made:
        made.app.include_router(touched_api.routes(made.pool, made.worker_pool))
        yield made


class Walk:
    """A clerk who tries everything, and another who reviews."""

    def __init__(self, entry: Entry, kind: Kind) -> None:
        self.entry, self.kind, self.base = entry, kind, f"/v1/{kind.url}"
        token = entry.issuer.token(entry.tenant_id, subject="reviewer")
        self.other = entry.client_of(token)

    async def send(
        self, method: str, path: str, body: Any = None, *, by: httpx.AsyncClient | None = None, **more: Any
    ) -> httpx.Response:
        """A request that is answered well."""
        sent = {"idempotency-key": str(uuid4()), **more.pop("headers", {})}
        content = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        client = by or self.entry.client
        answer = await client.request(
            method, path, content=None if method == "GET" else content, headers=sent, timeout=60, **more
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.send("GET", path, params=params)

    async def act(self, one: str, what: str, body: Any = None, method: str = "POST", **more: Any) -> Any:
        """On the document as it stands now."""
        seen = (await self.get(one)).headers["etag"]
        headers = {"if-match": seen, **more.pop("headers", {})}
        return await self.send(method, f"{one}{what}", body, headers=headers, **more)

    def document(self, **head: Any) -> dict[str, Any]:
        paths = sorted((EXAMPLES / self.kind.name).glob("*.json"))
        texts = [path.read_text("utf-8") for path in paths if not path.stem.endswith("-draft")]
        found: dict[str, Any] = orjson.loads(min(texts, key=len))
        if self.kind.name == "inventory":
            # One that goes with a 报关单 may be changed.
            found = sample("inventory", "import")
        if self.kind.name == "vehicle":
            found["head"]["vehicle_no"] = f"浙B{uuid4().int % 10**5:05d}"
        found["head"].update({"internal_no": f"W-{uuid4().hex[:12]}", **head})
        return found

    async def draft(self) -> str:
        params = {"enterprise_id": str(self.entry.enterprise_id)}
        made = await self.send("POST", self.base, self.document(), params=params)
        return str(made.headers["location"])

    async def adopted(self) -> str:
        """A document that customs has approved."""
        body = {
            "seq_no": f"2026{uuid4().int % 10**14:014d}",
            "customs_no": f"W{uuid4().hex[:12].upper()}",
            "document": self.document(),
            "reason": "原在官方页面申报",
        }
        params = {"enterprise_id": str(self.entry.enterprise_id)}
        made = await self.send("POST", f"{self.base}/adoptions", body, params=params)
        return str(made.headers["location"])

    async def drafts(self) -> None:
        await self.send("POST", f"{self.base}/validate", self.document())
        one = await self.draft()
        read = await self.get(one)
        await self.act(one, "", read.json()["document"], "PUT")
        await self.get(f"{one}/actions")
        await self.send("POST", f"{one}/validate")
        await self.get(f"{one}/versions")
        await self.get(f"{one}/diff", old="working", new="working")
        await self.send("POST", f"{one}/copy")
        window = f"{one}/windows/{uuid4()}"
        await self.send("PUT", window, {"doing": "reading"})
        await self.send("DELETE", window)
        kept = await self.act(
            one, "/attachments", file_of("pdf"), params={"type": "invoice", "file_name": "发票.pdf"}
        )
        await self.get(f"{one}/attachments")
        await self.get(kept.headers["location"])
        await self.act(one, f"/attachments/{kept.json()['id']}", None, "DELETE")

    async def workbooks(self) -> None:
        await self.get(f"{self.base}/imports/template.xlsx")
        mapping = f"{self.base}/imports/mappings/{self.kind.sections[0].name}"
        await self.send("PUT", mapping, {"sheet": None, "columns": {"没有的列": None}})
        await self.get(f"{self.base}/imports/mappings")
        await self.send("DELETE", mapping)
        one = await self.draft()
        book = (await self.get(f"{one}/export.xlsx")).content
        headers, owner = {"content-type": XLSX}, {"enterprise_id": str(self.entry.enterprise_id)}
        await self.act(one, "/imports", book, params={"mode": "all"}, headers=headers)
        await self.act(one, "/imports/undo")
        await self.act(one, "", None, "DELETE")
        for mode in ("preview", "all"):
            params = {"mode": mode, **owner}
            await self.send("POST", f"{self.base}/imports", book, params=params, headers=headers)

    async def reviews(self) -> None:
        one = await self.draft()
        for what, by in (
            ("requests", None),
            ("recalls", None),
            ("requests", None),
            ("rejections", self.other),
            ("requests", None),
            ("approvals", self.other),
        ):
            await self.act(one, f"/review-{what}", {"comment": ""}, by=by)

    async def sent(self) -> None:
        await self.act(await self.draft(), "/stage")
        one = await self.draft()
        await self.act(one, "/declare")
        await self.entry.worker_pool.execute(
            "UPDATE documents SET deadline_at = now() - interval '1 hour' WHERE document_id = $1",
            UUID(one.rsplit("/", 1)[1]),
        )
        await self.act(one, "/resolutions", {"outcome": "not_received", "reason": "已核对"})

    async def approved(self) -> None:
        one = await self.adopted()
        await self.act(one, "/resend-requests")
        for name in sorted(self.kind.life.markable)[:1]:
            await self.act(one, "/marks", {"fields": {name: "1"}, "reason": "已核对"})
        await self.withdrawn()
        for purpose in self.kind.life.rounds:
            one = await self.adopted()
            if self.kind.name == "inventory":
                entry_no = {"entry_no": "310520261050000001"}
                await self.act(one, "/marks", {"fields": entry_no, "reason": "报关单已申报"})
            await self.act(one, f"/{purpose.value}-requests", REASON)

    async def withdrawn(self) -> None:
        """A round that customs does not have: here of a kind that must be reviewed first."""
        if not self.kind.life.rounds:
            return
        rule = f"/v1/review-rules/{self.entry.enterprise_id}/{self.kind.name}"
        purpose = min(each.value for each in self.kind.life.rounds)
        one = await self.adopted()
        await self.send("PUT", rule, {"required": True})
        if self.kind.name == "inventory":
            purpose = "cancellation"
        await self.act(one, f"/{purpose}-requests", REASON)
        await self.act(one, "/withdrawals")
        await self.send("PUT", rule, {"required": False})

    async def batches(self) -> None:
        async def order() -> httpx.Response:
            one = (await self.draft()).rsplit("/", 1)[1]
            documents = [{"id": one, "version": 7}]
            return await self.send(
                "POST", f"{self.base}/batches", {"action": "delete", "documents": documents}
            )

        given_up, done = await order(), await order()
        await self.send("POST", f"{given_up.headers['location']}/cancel")
        rows = await self.entry.worker_pool.fetch(
            "UPDATE jobs SET state = 'done' WHERE queue = $1 AND state = 'queued' RETURNING *", QUEUE
        )
        names = ("job_id", "queue", "lane", "dedupe_key", "tenant_id", "payload", "traceparent", "tries")
        for row in rows:
            await Doing(self.entry.pool, lambda: None).do(Job(**{name: row[name] for name in names}))
        await self.get("/v1/batches", limit=1)
        await self.get(done.headers["location"])
        await self.send("POST", f"{done.headers['location']}/retry", {"only": "refused"})


@pytest.fixture(params=KINDS.values(), ids=lambda kind: kind.name)
async def walk(request: pytest.FixtureRequest, entry: Entry) -> AsyncIterator[Walk]:
    made = Walk(entry, request.param)
    yield made
    await made.other.aclose()


HEARD: set[str] = set()
"""By all walks of this file; the last test looks at it."""


async def test_documents_of_every_kind(walk: Walk) -> None:
    await walk.drafts()
    await walk.workbooks()
    await walk.reviews()
    await walk.sent()
    await walk.approved()
    await walk.batches()
    HEARD.update(walk.entry.witness.heard)


async def test_documents_made_from_others(entry: Entry) -> None:
    books = Books(entry)
    form_id, form_no = await books.approved("business_form", form("60"))
    made = await books.post(
        f"business-forms/{form_id}/stock-bills", {"rows": [{"line_no": 1, "quantity": "5"}]}
    )
    assert made.status_code == 201, made.text
    await books.get(f"stock-bills/{made.json()['id']}/made-from")
    await books.get(f"business-forms/{form_id}/remaining")
    bills = [(await books.bill(form_no, quantity))[0] for quantity in ("10", "20", "5", "4")]
    for path, body in (
        (f"stock-bills/{bills[0]}/gate-passes", {"head": VEHICLE}),
        (f"stock-bills/{bills[3]}/inventories", {"head": {"supervision_mode": "5034"}}),
        ("gate-passes/from-stock-bills", {"ids": bills[1:2], "head": VEHICLE}),
        ("inventories/from-stock-bills", {"ids": bills[2:3], "head": {"supervision_mode": "5034"}}),
    ):
        answer = await books.post(path, body)
        assert answer.status_code == 201, answer.text
        await books.get(f"{path.split('/')[-1 if 'from' not in path else 0]}/{answer.json()['id']}/made-from")
    await books.get(f"stock-bills/{bills[0]}/remaining")
    several = [await _listed(books), await _listed(books)]
    answer = await books.post(f"inventories/{several[0]}/gate-passes", {"head": VEHICLE})
    assert answer.status_code == 201, answer.text
    answer = await books.post("gate-passes/from-inventories", {"ids": several[1:], "head": VEHICLE})
    assert answer.status_code == 201, answer.text
    await books.get(f"inventories/{several[0]}/remaining")
    document = (await books.get(f"inventories/{several[0]}"))["document"]
    merged = await books.post("inventories/merge-preview", {"document": document})
    assert merged.status_code == 200, merged.text
    HEARD.update(entry.witness.heard)


async def _listed(books: Books) -> str:
    document_id = await books.coming(Goods(11, "5"))
    await books.approve("inventory", document_id)
    return document_id


async def test_the_ledger(entry: Entry) -> None:
    books, walk = Books(entry), Walk(entry, KINDS["inventory"])
    set_up = {"check_mode": "warn", "valid_until": f"{datetime.now(UTC) + timedelta(days=3):%Y%m%d}"}
    await walk.send("PUT", LEDGER, set_up)
    rows = [{"mark": "I", "line_no": 11, "unit": "011", "quantity_in": "100", "quantity_out": "0"}]
    opening = {"cut_over": "20260101", "rows": rows}
    await walk.get("/v1/ledgers/openings/template.xlsx")
    await walk.send("POST", f"{LEDGER}/openings", opening, params={"preview": "true"})
    imported = await walk.send("POST", f"{LEDGER}/openings", opening)
    moved = await books.out(Goods(11, "7"))
    await books.declared(moved)
    for path in (
        "/v1/ledgers",
        LEDGER,
        f"{LEDGER}/openings",
        f"{LEDGER}/lines",
        f"{LEDGER}/lines/I/11/movements",
        f"{LEDGER}/differences",
        "/v1/alerts",
    ):
        await walk.get(path)
    for path in (f"{LEDGER}/balance-sheet", f"{LEDGER}/balance-sheet.xlsx"):
        await walk.get(path, **{"from": "20260101", "to": "20260131"})
    await walk.send("DELETE", f"{LEDGER}/openings/{imported.json()['import_id']}")
    guarantee = "/v1/guarantees/G-1"
    written = await walk.send("PUT", guarantee, {"valid_until": "20270101", "amount": "10.50"})
    await walk.get("/v1/guarantees")
    await walk.get(guarantee)
    await walk.send("DELETE", guarantee, headers={"if-match": written.headers["etag"]})
    HEARD.update(entry.witness.heard)


async def test_rules_and_editions(entry: Entry) -> None:
    walk = Walk(entry, KINDS["inventory"])
    await walk.send("PUT", f"/v1/review-rules/{entry.enterprise_id}/inventory", {"required": False})
    await walk.get("/v1/review-rules")
    await walk.send("PUT", "/v1/authorisation-rule", {"mode": "warn"})
    await walk.get("/v1/authorisation-rule")
    typed = "/v1/page-drafts/new.inventory"
    await walk.send("PUT", typed, {"content": {"head": {"internal_no": "T-1"}}})
    await walk.get("/v1/page-drafts")
    await walk.get(typed)
    await walk.send("DELETE", typed)
    await walk.draft()
    await walk.get("/v1/touched-drafts", table="units", codes="011,035,007")
    HEARD.update(entry.witness.heard)


def test_no_operation_is_left_out() -> None:
    """After the others of this file."""
    witness = Witness()
    witness.heard = HEARD
    assert witness.unheard("entry") == []
