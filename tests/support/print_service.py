"""Print as it is run, with entry and query behind it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from pypdf import PdfReader

from backbone import postgres
from backbone.ids import new_id
from backbone.migrate import Database
from contracts.events.event import Route
from contracts.events.identity import EnterpriseRegistered
from customs.documents import KINDS, Kind
from services.entry.document.directory import keep_enterprises
from services.print.files import Files
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS
from tests.support.service_process import ServiceProcess, running_service

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/examples"
EXAMPLE = EXAMPLES / "inventory/import.json"
TENANT, ENTERPRISE = uuid4(), new_id()


@dataclass(frozen=True)
class Office:
    """The three services, and where print keeps its files."""

    entry: ServiceProcess
    query: ServiceProcess
    print: ServiceProcess
    print_database: Database
    data: Path
    issuer: Issuer

    @property
    def files(self) -> Files:
        return Files(self.data / "print" / "files")

    def headers(self, **token: Any) -> dict[str, str]:
        given = self.issuer.token(token.pop("tenant_id", TENANT), **token)
        return {"authorization": f"Bearer {given}", "idempotency-key": str(uuid4())}

    def draft(self, lines: int = 2) -> dict[str, Any]:
        return self.saved(KINDS["inventory"], document(lines))

    def named(self, internal_no: str) -> dict[str, Any]:
        body = document(1)
        body["head"]["internal_no"] = internal_no
        return self.saved(KINDS["inventory"], body)

    def saved(self, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._heard(
            self.entry,
            "POST",
            f"/v1/{kind.url}",
            params={"enterprise_id": str(ENTERPRISE)},
            content=json.dumps(body),
            headers=self.headers(),
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def opening(self, book: str, *rows: dict[str, Any]) -> None:
        """The ledger of a book begins with these lines."""
        given = rows or ({"mark": "I", "line_no": 1, "unit": "035", "left": "1000.5"},)
        answer = self._heard(
            self.entry,
            "POST",
            f"/v1/ledgers/{book}/openings",
            json={"cut_over": "20260110", "rows": given},
            headers=self.headers(),
        )
        assert answer.status_code == 201, answer.text

    def ask(self, document_id: str, order: dict[str, Any] | None = None, /, **headers: str) -> httpx.Response:
        path = f"/v1/inventories/{document_id}/print-jobs"
        return self.order(path, order or {}, headers={**self.headers(), **headers})

    def ask_many(self, order: dict[str, Any], **token: Any) -> httpx.Response:
        return self.order("/v1/inventories/print-jobs", order, headers=self.headers(**token))

    def order(self, path: str, order: dict[str, Any], **options: Any) -> httpx.Response:
        return self._heard(self.print, "POST", path, json=order, **{"headers": self.headers(), **options})

    def _heard(self, service: ServiceProcess, method: str, path: str, **options: Any) -> httpx.Response:
        answer = httpx.request(method, f"{service.url}{path}", timeout=60, trust_env=False, **options)
        service.witness.hear_at_once(answer)
        return answer

    def text(self, job: dict[str, Any]) -> str:
        """What the first page says, without blanks."""
        pages = PdfReader(io.BytesIO(self.get(job["file"]).content)).pages
        return "".join(pages[0].extract_text().split())

    def get(self, path: str, **token: Any) -> httpx.Response:
        return self._heard(self.print, "GET", path, headers=self.headers(**token))

    def delete(self, path: str, **token: Any) -> httpx.Response:
        return self._heard(self.print, "DELETE", path, headers=self.headers(**token))

    def post(self, path: str, **token: Any) -> httpx.Response:
        return self._heard(self.print, "POST", path, headers=self.headers(**token))

    def started(self, path: str) -> None:
        """Until the job is no longer queued."""
        deadline = time.monotonic() + SECONDS
        while self.get(path).json()["state"] == "queued":
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def print_parts(self, job_id: UUID) -> int:
        """How many parts of the job the database holds."""

        async def look() -> int:
            connection = await postgres.connect(self.print_database.worker_dsn, name="test")
            count = await connection.fetchval(
                "SELECT count(*) FROM print_parts WHERE print_job_id = $1", job_id
            )
            await connection.close()
            return int(count)

        return asyncio.run(look())

    def ended(self, path: str) -> dict[str, Any]:
        """The job once it is done or failed."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.get(path).json()
            if job["state"] in ("done", "failed", "cancelled"):
                return job
            time.sleep(0.1)
        raise AssertionError(f"still {job['state']}\n{self.print.output()[-2000:]}")


def document(lines: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    body["head"]["internal_no"] = f"P-{uuid4().hex[:12]}"
    row = body["goods"][0]
    row.pop("entry_line_no", None)
    body["goods"] = [{**row, "line_no": n, "material_no": f"MAT-{n:06d}"} for n in range(1, lines + 1)]
    return body


async def register(database: Database) -> None:
    head = document(1)["head"]
    route = Route(
        mailbox="m1",
        sender_id="DXPENT0000000001",
        receiver_id="DXPEDCSAS0000001",
        sys_id="Z8",
        operator_customs_code=head["declaring_code"],
    )
    enterprise = EnterpriseRegistered(
        tenant_id=TENANT,
        enterprise_id=ENTERPRISE,
        version=1,
        name=head["declaring_name"],
        customs_code=head["declaring_code"],
        uscc=head["declaring_uscc"],
        route=route,
        recorded_at=datetime.now(UTC),
    )
    pool = await postgres.create_pool(database.worker_dsn, name="test")
    async with postgres.transaction(pool) as connection:
        await keep_enterprises(connection, [enterprise])
    await pool.close()


async def read_afresh(database: Database) -> None:
    # Kafka outlives the databases of a test run, and with it the offsets of groups other tests have used.
    connection = await postgres.connect(database.worker_dsn, name="test")
    await connection.execute("UPDATE views SET generation = $1", random.randrange(1_000, 1_000_000))
    await connection.close()


def _share_fonts(data: Path) -> None:
    """Cut once for all tests of a machine: they are named by what is in them."""
    shared = Path(os.environ.get("BONDGATE_TEST_HOME", tempfile.gettempdir())) / "print-fonts"
    shared.mkdir(parents=True, exist_ok=True)
    (data / "print").mkdir(parents=True, exist_ok=True)
    (data / "print" / "fonts").symlink_to(shared, target_is_directory=True)


@contextmanager
def open_office(servers: Servers, issuer: Issuer, data: Path) -> Iterator[Office]:
    """entry, query and print running, with databases of their own; files go below `data`."""
    _share_fonts(data)
    entry_database, print_database = servers.database("entry"), servers.database("print")
    asyncio.run(register(entry_database))
    with ExitStack() as stack:
        environment = {"JWKS_URL": issuer.jwks_url, "DATA_DIR": str(data)}
        entry = stack.enter_context(running_service("entry", entry_database, servers, environment))
        query_database = servers.database("query")
        asyncio.run(read_afresh(query_database))
        query = stack.enter_context(running_service("query", query_database, servers, environment))
        upstreams = {"ENTRY_URL": entry.url, "QUERY_URL": query.url}
        printing = stack.enter_context(
            running_service("print", print_database, servers, {**environment, **upstreams})
        )
        yield Office(entry, query, printing, print_database, data, issuer)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    content: dict[str, Any] = answer.json()
    assert content["code"] == code
    assert content["title"]
    return content
