"""query under requests that Schemathesis makes up, for documents and saved views that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from backbone.migrate import Database
from customs.documents import KINDS
from tests.support.fuzzing import Known, described, fuzzing
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.query_views import Views, views

VIEW = {"name": "本周核扣", "kind": "inventory", "conditions": {"state": ["deducted"]}, "columns": []}


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as made:
        yield made


@pytest.fixture
def query(portal: BlockingPortal, database: Database, issuer: Issuer) -> Iterator[Views]:
    with portal.wrap_async_context_manager(views(database, issuer)) as made:
        yield made


class Prepared:
    """A document of each kind, and views that are kept again after each deletion."""

    def __init__(self, query: Views) -> None:
        self.query = query
        self.lives = {
            kind.url: Life(query.tenant_id, internal_no=f"N-{kind.name}", kind=kind.name)
            for kind in KINDS.values()
        }

    async def begin(self) -> None:
        await self.query.tell(self.lives["inventories"].whole())
        await self.query.tell(each.saved() for url, each in self.lives.items() if url != "inventories")

    async def for_path(self, path: str) -> Known:
        values: dict[str, list[str]] = {}
        bodies: list[Any] = []
        if life := self.lives.get(path.split("/")[2]):
            values["document_id"] = [str(life.document_id)]
        elif path.startswith("/v1/views/saved"):
            bodies = [{**VIEW, "name": uuid4().hex}]
            made = await self.query.client.post(
                "/v1/views/saved",
                json={**VIEW, "name": uuid4().hex},
                headers={"idempotency-key": str(uuid4())},
            )
            values["view_id"] = [str(made.json()["id"])]

        async def version(real: Mapping[str, str]) -> str | None:
            answer = await self.query.client.get(path.format(**real))
            tag: str | None = answer.headers.get("etag")
            return tag

        return Known(values, bodies, version)


def test_nothing_made_up_breaks_query(
    portal: BlockingPortal, query: Views, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = Prepared(query)
    portal.call(prepared.begin)
    with fuzzing(portal, query.client, capsys) as tries:
        # Live answers never end.
        for operation in described("query", leave=["/live"]):
            tries.of(operation, portal.call(prepared.for_path, operation.path))
