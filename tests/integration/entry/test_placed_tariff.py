"""An edition of the goods codes from the operator's PUT over Kafka to the check: warned or refused, replaced, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import outbox
from backbone.cloudevents import Received
from backbone.consume import Consumer
from backbone.migrate import Database
from backbone.periodic import Periodic
from backbone.postgres import Connection
from contracts.events.reference import GoodsCodesPlaced, PlacedGoodsCode
from customs.codes import tariff
from customs.codes.tariff import RELEASED_FILE, Tariff, TariffCode
from services.entry import consumer as entry_consumer
from services.entry.editions import placed_tariff
from tests.support import reference_service
from tests.support.entry_service import Entry, example, on
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS as PATIENCE
from tests.support.reference_service import Reference
from tests.support.told import tell

pytestmark = pytest.mark.anyio
YEAR = datetime.now(UTC).year
CODE = "8471701000"
PLACE = "/goods/1/hs_code"
UNIT = "/goods/1/second_statutory_unit"


@pytest.fixture(autouse=True)
def no_tariff_afterwards() -> Iterator[None]:
    yield
    tariff.use(None)


@pytest.fixture
def databases(servers: Servers) -> tuple[Database, Database]:
    return servers.database("entry"), servers.database("reference")


@pytest.fixture
async def entry(databases: tuple[Database, Database], issuer: Issuer) -> AsyncIterator[Entry]:
    async with on(databases[0], issuer) as made:
        yield made


@pytest.fixture
async def reference(databases: tuple[Database, Database], issuer: Issuer) -> AsyncIterator[Reference]:
    async with reference_service.on(databases[1], issuer) as made:
        yield made


@asynccontextmanager
async def running(*components: outbox.Relay | Consumer | Periodic) -> AsyncIterator[None]:
    """Each until the end, and ready at the beginning."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in components]
    try:
        async with asyncio.timeout(PATIENCE):
            for each in components:
                await each.ready.wait()
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def taking(servers: Servers, entry: Entry, name: str) -> Consumer:
    """entry's handler on the real topic, which every test of the run shares: only editions of this name."""
    handler = entry_consumer.handlers()[GoodsCodesPlaced.type]

    async def only_mine(connection: Connection, received: Received) -> None:
        assert isinstance(received.event, GoodsCodesPlaced)
        if received.event.edition.endswith(name):
            await handler(connection, received)

    return Consumer(
        group=f"test-{uuid4()}",
        pool=entry.worker_pool,
        bootstrap=servers.bootstrap,
        topics=["reference-events"],
        handlers={GoodsCodesPlaced.type: only_mine},
    )


def published(without: str = "", second_unit: str = "035") -> str:
    """The whole list of the release with these two differences."""
    lines = RELEASED_FILE.read_text(encoding="utf-8").splitlines()
    changed = [line.removesuffix("035") + second_unit if line.startswith(CODE) else line for line in lines]
    return "\n".join(line for line in changed if not (without and line.startswith(without)))


async def place(reference: Reference, edition: str, text: str) -> None:
    answer = await reference.put_codes(text, edition, f"{edition[:4]}0101")
    assert answer.status_code == 200, answer.text


async def told(entry: Entry) -> dict[str, Any]:
    """What the preview tells, and that declaring refuses for the same."""
    made = await entry.saved()
    preview: dict[str, Any] = (await entry.post(f"/{made.json()['id']}/validate")).json()
    unsaved = (await entry.post("/validate", example())).json()
    assert (preview["errors"], preview["warnings"]) == (unsaved["errors"], unsaved["warnings"])
    declared = await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    assert declared.status_code == (422 if preview["errors"] else 202), declared.text
    assert declared.json().get("errors", []) == preview["errors"]
    return {
        name: {
            each["pointer"]: each["message"]
            for each in preview[name]
            if each["code"] in ("not_in_tariff", "statutory_unit_differs")
        }
        for name in ("errors", "warnings")
    }


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await look():
            await asyncio.sleep(0.05)


async def test_an_edition_reaches_the_check_is_replaced_and_outlives_a_restart(
    databases: tuple[Database, Database], servers: Servers, entry: Entry, reference: Reference
) -> None:
    name = uuid4().hex[:8]

    async def used(edition: str, count: int) -> None:
        async def look() -> bool:
            laid = tariff.in_use()
            return laid is not None and (laid.edition, len(laid.codes)) == (edition, count)

        await until(look)

    whole = len(tariff.released().codes)
    relay = outbox.Relay(databases[1].worker_dsn, servers.bootstrap, "reference")
    async with running(relay, taking(servers, entry, name), placed_tariff.following(entry.worker_pool)):
        assert tariff.in_use() == tariff.released(), "until one is put in place"
        assert await told(entry) == {"errors": {}, "warnings": {}}
        old = f"{YEAR - 1} {name}"
        await place(reference, old, published(without=CODE))
        await used(old, whole - 1)
        warned = await told(entry)
        assert warned["errors"] == {}
        assert f"{old}版" in warned["warnings"][PLACE]
        new = f"{YEAR} {name}"
        await place(reference, new, published(without=CODE))
        await used(new, whole - 1)
        refused = await told(entry)
        assert refused["warnings"] == {}
        assert list(refused["errors"]) == [PLACE]
        await place(reference, new, published(second_unit="009"))
        await used(new, whole)
        assert list((await told(entry))["errors"]) == [UNIT]
    tariff.use(None)
    async with running(placed_tariff.following(entry.worker_pool)):
        assert list((await told(entry))["errors"]) == [UNIT], "known from the first moment"


async def test_what_was_replaced_changes_nothing_when_told_again(entry: Entry) -> None:
    for revision, unit in ((2, "001"), (1, "007")):
        event = GoodsCodesPlaced(
            tenant_id=UUID(int=0),
            edition=str(YEAR),
            valid_from=date(YEAR, 1, 1),
            revision=revision,
            codes=[PlacedGoodsCode(code=CODE, unit=unit)],
            placed_at=datetime.now(UTC),
        )
        await tell(entry.worker_pool, entry_consumer.handlers(), event.tenant_id, event)
    async with running(placed_tariff.following(entry.worker_pool)):
        assert tariff.in_use() == Tariff(str(YEAR), {CODE: TariffCode("001", None)})
