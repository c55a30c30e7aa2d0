"""Programs are killed, servers vanish, a whole broker is lost: nothing is lost and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest

from backbone import kafka, outbox
from local import broker
from local.platform import Platform
from services.query.rebuild import rebuild
from tests.support.desk import Desk, Sent, sent_more_than_once, until

pytestmark = pytest.mark.flow
SEED = int(os.environ.get("BONDGATE_TEST_SEED", "0")) or random.randrange(1, 10**6)
BURST = 12
T = TypeVar("T")
CHAIN = ("entry", "signer", "submission", "receipts", "query")


@pytest.fixture(autouse=True)
def seed() -> None:
    """Said, so that a failure can be played again."""
    print(f"seed {SEED} (BONDGATE_TEST_SEED)")


def burst(desk: Desk, count: int = BURST) -> list[Sent]:
    """Many documents at once; a call that fails because a program is down is tried again, as an ERP would."""

    def one(_: int) -> Sent:
        sent = retried(lambda: desk.save())
        retried(lambda: declared(desk, sent))
        return sent

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def declared(desk: Desk, sent: Sent) -> None:
    current = desk.client.get(sent.path)
    current.raise_for_status()
    if current.json()["state"] == "draft":
        desk.declare(sent)


def retried(work: Callable[[], T], seconds: float = 120) -> T:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except (AssertionError, httpx.HTTPError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def all_arrive_once(desk: Desk, sent: list[Sent]) -> None:
    for each in sent:
        desk.until(each, "deducted", seconds=180)
        assert desk.taken(each)["count"] == 1, f"{each.internal_no} arrived more than once"
    repeats = sent_more_than_once(desk.platform)
    assert repeats["message_id"] == 0 and repeats["xml"] == 0


@pytest.mark.parametrize("name", CHAIN)
def test_killed_in_the_middle_of_work(platform: Platform, desk: Desk, name: str) -> None:
    chance = random.Random(f"{SEED} {name}")
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(burst, desk)
        for _ in range(2):
            time.sleep(chance.uniform(0.05, 0.8))
            platform.kill(name)
            platform.start_program(name)
        sent = sending.result()
    all_arrive_once(desk, sent)


@pytest.mark.parametrize("name", ("entry", "signer", "submission", "receipts"))
def test_killed_between_commit_and_publish(platform: Platform, desk: Desk, name: str) -> None:
    """Its relay is held back, so that what it commits is not published; then it is killed."""
    platform.stop_program(name)
    with relay_held_back(platform, name):
        platform.start_program(name)
        sent = [desk.save() for _ in range(3)]
        for each in sent:
            desk.declare(each)
        until(lambda: True if waiting(platform, name) >= 3 else None, f"{name} commits nothing")
        platform.kill(name)
    platform.start_program(name)
    all_arrive_once(desk, sent)


@contextmanager
def relay_held_back(platform: Platform, service: str) -> Iterator[None]:
    """The lock that elects the relay is taken by us."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(platform.dsn(service, "worker")))
        runner.run(connection.execute("SELECT pg_advisory_lock($1)", outbox.RELAY_LOCK))
        yield
        runner.run(connection.close())


def waiting(platform: Platform, service: str) -> int:
    return int(rows(platform, service, "SELECT count(*) AS n FROM outbox")[0]["n"])


def rows(platform: Platform, service: str, sql: str, *arguments: object) -> list[dict[str, Any]]:
    async def fetch() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(platform.dsn(service, "worker"))
        try:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_kafka_killed_and_started_again(platform: Platform, desk: Desk) -> None:
    before = burst(desk, 4)
    platform.kill("kafka")
    during = [desk.save() for _ in range(3)]
    for each in during:
        desk.declare(each)
    assert {desk.state(each) for each in during} == {"sending"}
    platform.start_program("kafka", seconds=180)
    all_arrive_once(desk, before + during)


def test_postgresql_restarted(platform: Platform, desk: Desk) -> None:
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(burst, desk)
        time.sleep(0.4)
        platform.restart("postgres", seconds=180)
        sent = sending.result()
    all_arrive_once(desk, sent)


def test_postgresql_killed(platform: Platform, desk: Desk) -> None:
    sent = burst(desk, 4)
    platform.kill("postgres")
    platform.start_program("postgres", seconds=180)
    all_arrive_once(desk, sent + burst(desk, 2))


def test_the_simulator_restarted_with_files_in_the_boxes(platform: Platform, desk: Desk) -> None:
    platform.kill("simulator")
    sent = burst(desk, 4)
    until(lambda: delivered(desk, sent), "files do not reach OutBox")
    platform.start_program("simulator")
    all_arrive_once(desk, sent)


def delivered(desk: Desk, sent: list[Sent]) -> bool | None:
    types = [{e.get("fact", {}).get("type") for e in desk.timeline(each)} for each in sent]
    return True if all("delivered" in found for found in types) else None


def wiped(platform: Platform) -> None:
    """An empty broker in the place of the old one."""
    shutil.rmtree(platform.home.root / "kafka" / "data")
    broker.program(platform.home, platform.port("kafka"), platform.port("kafka-controller"))


# Of one test's documents: others may still be on their way.
VIEWS = {
    "documents": "SELECT * FROM documents WHERE document_id = ANY($1) ORDER BY document_id",
    "timeline": "SELECT * FROM timeline WHERE document_id = ANY($1) ORDER BY document_id, version",
    "messages": "SELECT * FROM messages WHERE document_id = ANY($1) ORDER BY id",
    "searchable": "SELECT * FROM searchable WHERE document_id = ANY($1) ORDER BY document_id",
    "relations": "SELECT * FROM relations WHERE document_id = ANY($1) ORDER BY document_id, place",
    "contents": "SELECT * FROM contents WHERE document_id = ANY($1) ORDER BY document_id, part",
}


def settled(platform: Platform, sent: list[Sent]) -> dict[str, list[dict[str, Any]]]:
    """The views once they no longer change."""
    last: dict[str, list[dict[str, Any]]] = {}

    def look() -> bool | None:
        nonlocal last
        ids = [each.document_id for each in sent]
        now = {name: rows(platform, "query", sql, ids) for name, sql in VIEWS.items()}
        same = now == last
        last = now
        time.sleep(0.7)
        return True if same else None

    until(look, "the views do not settle", 90)
    return last


def test_views_are_rebuilt_to_the_same_rows(platform: Platform, desk: Desk) -> None:
    sent = burst(desk, 3)
    all_arrive_once(desk, sent)
    before = settled(platform, sent)
    assert all(before.values())
    for name in VIEWS:
        asyncio.run(rebuild(platform.dsn("query", "worker"), name))
    until(lambda: True if settled(platform, sent) == before else None, "the rebuilt views differ", 90)


def test_kafka_lost_with_everything_in_it(platform: Platform, desk: Desk) -> None:
    """The broker's disk is gone. The kept events are published again, and the views come out the same."""
    sent = burst(desk, 3)
    all_arrive_once(desk, sent)
    before = settled(platform, sent)
    for name in reversed(CHAIN):
        platform.stop_program(name)
    platform.stop_program("print")
    platform.stop_program("identity")
    platform.stop_program("kafka")
    wiped(platform)
    platform.start_program("kafka", seconds=180)
    asyncio.run(kafka.ensure_topics(platform.bootstrap_servers))
    for name in VIEWS:
        asyncio.run(rebuild(platform.dsn("query", "worker"), name))
    for name in ("identity", *CHAIN, "print"):
        platform.start_program(name)
    for service in ("identity", "entry", "signer", "submission", "receipts"):
        asyncio.run(outbox.refill(platform.dsn(service, "worker"), platform.bootstrap_servers, service))
    until(
        lambda: True if settled(platform, sent) == before else None, "the views differ after the refill", 120
    )
    all_arrive_once(desk, sent)
    all_arrive_once(desk, burst(desk, 2))


@pytest.mark.parametrize("name", (*CHAIN, "print"))
def test_stopped_gracefully_in_the_middle_of_work(platform: Platform, desk: Desk, name: str) -> None:
    """SIGTERM: what is in hand is finished, what is committed is published, and it ends by itself."""
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(burst, desk, 6)
        time.sleep(0.3)
        platform.restart(name)
        sent = sending.result()
    all_arrive_once(desk, sent)
    program = platform.status(measure=False).program(name)
    assert program is not None
    assert program.last_exit == 0, "it was killed, or ended with an error"
