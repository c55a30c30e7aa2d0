"""Live updates of query as it is run: two processes, streams through and beside the edge, reconnects, kills and stops."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.events import Event
from contracts.events.work import BatchMoved, PrintJobMoved, ReceiptFileMoved
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ, RECEIPT_READ
from services.query.live import MOST_OF_A_CALLER
from services.query.rebuild import rebuild
from tests.support.event_streams import Listening
from tests.support.infrastructure import TREE, Servers
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.patience import SECONDS as PATIENCE
from tests.support.publishing import publish
from tests.support.service_process import ServiceProcess, free_port, running_service


class Running:
    def __init__(self, database: Database, servers: Servers, issuer: Issuer) -> None:
        self.database = database
        self.servers = servers
        self.issuer = issuer

    @contextmanager
    def process(self) -> Iterator[ServiceProcess]:
        settings = {"JWKS_URL": self.issuer.jwks_url}
        with running_service("query", self.database, self.servers, settings) as process:
            yield process

    def tell(self, tenant_id: UUID, events: Sequence[Event]) -> None:
        asyncio.run(publish(self.servers.bootstrap, "entry", events, tenant_id=tenant_id))

    def listening(self, at: str, tenant_id: UUID, last_id: str = "", **more: Any) -> Listening:
        headers = {"last-event-id": last_id} if last_id else {}
        token = self.issuer.token(
            tenant_id, **{name: more.pop(name) for name in ("grants", "subject", "seconds") if name in more}
        )
        return Listening(f"{at}/v1/live", token, more, headers)


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer) -> Running:
    database = servers.database("query")

    async def unused_generation() -> None:
        connection = await postgres.connect(database.worker_dsn, name="test")
        await connection.execute("UPDATE views SET generation = $1", random.randrange(1_000, 1_000_000))
        await connection.close()

    asyncio.run(unused_generation())
    return Running(database, servers, issuer)


@pytest.fixture(scope="module")
def urls(running: Running) -> Iterator[list[str]]:
    """Two processes on one database."""
    with running.process() as first, running.process() as second:
        yield [first.url, second.url]


def life_of(tenant_id: UUID, **more: Any) -> Life:
    return Life(tenant_id, begin=datetime.now(UTC) - timedelta(hours=1), **more)


def test_a_change_comes_to_every_process_and_the_list_has_it(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    life = life_of(tenant_id, internal_no="LIVE-1")
    with running.listening(urls[0], tenant_id) as one, running.listening(urls[1], tenant_id) as two:
        assert one.answered["content-type"].startswith("text/event-stream")
        assert one.names() == ["ready"]
        running.tell(tenant_id, life.whole())
        for listening, url in ((one, urls[0]), (two, urls[1])):
            assert listening.until(lambda at=listening: len(at.changes()) == 7)  # type: ignore[misc]
            assert listening.versions(life.document_id) == list(range(1, 8))
            told = listening.changes()[-1]
            assert (told["state"], told["state_label"], told["moved"]) == ("deducted", "已核扣", True)
            assert (told["kind"], told["internal_no"], told["customs_no"]) == ("inventory", "LIVE-1", None)
            token = running.issuer.token(tenant_id)
            listed = httpx.get(
                f"{url}/v1/inventories", trust_env=False, headers={"authorization": f"Bearer {token}"}
            )
            assert [(item["id"], item["version"]) for item in listed.json()["items"]] == [(told["id"], 7)]


def test_tenants_scopes_and_kinds_are_kept_apart(running: Running, urls: list[str]) -> None:
    tenant_id, team_id, firm = uuid4(), uuid4(), uuid4()
    ours = life_of(tenant_id, team_id=team_id)
    theirs = life_of(tenant_id, enterprise_id=firm)
    bill = life_of(tenant_id, kind="stock_bill")
    team: list[dict[str, object]] = [{"permissions": [DOCUMENT_READ], "teams": [str(team_id)]}]
    enterprise: list[dict[str, object]] = [{"permissions": [DOCUMENT_READ], "enterprises": [str(firm)]}]
    messages: list[dict[str, object]] = [{"permissions": [MESSAGE_READ]}]
    with ExitStack() as stack:

        def listen(tenant: UUID = tenant_id, **more: Any) -> Listening:
            return stack.enter_context(running.listening(urls[0], tenant, **more))

        everything, stranger = listen(), listen(uuid4())
        of_team, of_firm, of_kind = listen(grants=team), listen(grants=enterprise), listen(kind="stock_bill")
        running.tell(tenant_id, [*ours.whole(), *theirs.whole(), bill.saved(1)])
        assert everything.until(lambda: len(everything.changes()) == 15)
        for listening, life, count in ((of_team, ours, 7), (of_firm, theirs, 7), (of_kind, bill, 1)):
            assert listening.until(lambda at=listening, n=count: len(at.changes()) >= n)  # type: ignore[misc]
            assert listening.versions(life.document_id) == list(range(1, count + 1))
        time.sleep(0.5)
        counts = [len(each.changes()) for each in (everything, of_team, of_firm, of_kind, stranger)]
        assert counts == [15, 7, 7, 1, 0]
    refused = running.listening(urls[0], tenant_id, grants=messages)
    with refused:
        assert refused.status == 403


def test_work_is_told_to_its_owner_and_receipts_to_who_reads_them(running: Running, urls: list[str]) -> None:
    tenant_id, firm, work_id = uuid4(), uuid4(), uuid4()
    at = datetime.now(UTC)
    reader: list[dict[str, object]] = [
        {"permissions": [DOCUMENT_READ, RECEIPT_READ], "enterprises": [str(firm)]}
    ]
    with ExitStack() as stack:

        def listen(subject: str, **more: Any) -> Listening:
            return stack.enter_context(running.listening(urls[0], tenant_id, subject=subject, **more))

        owner = listen("user-1", grants=[{"permissions": [DOCUMENT_READ]}])
        other = listen("user-2", grants=reader)
        of_kind = listen("user-1", kind="inventory")

        def tell(service: str, event: Event) -> None:
            asyncio.run(publish(running.servers.bootstrap, service, [event], tenant_id=tenant_id))

        ours = {
            "tenant_id": tenant_id,
            "work_id": work_id,
            "owner_id": "user-1",
            "total": 3,
            "occurred_at": at,
        }
        tell("entry", BatchMoved(version=2, state="running", **ours))
        tell("entry", BatchMoved(version=3, state="running", done=1, **ours))
        assert owner.until(lambda: len(owner.work()) == 2)
        assert [(each["kind"], each["id"], each["done"], each["total"]) for each in owner.work()] == [
            ("batch", str(work_id), 0, 3),
            ("batch", str(work_id), 1, 3),
        ]
        # What comes again is told once.
        tell("entry", BatchMoved(version=3, state="running", done=1, **ours))
        tell("print", PrintJobMoved(version=102, state="done", **{**ours, "work_id": uuid4()}))
        assert owner.until(lambda: len(owner.work()) == 3)
        assert owner.work()[2]["kind"] == "print_job"
        file = {"tenant_id": tenant_id, "occurred_at": at, "version": 1, "state": "unmatched"}
        tell("receipts", ReceiptFileMoved(work_id=uuid4(), enterprise_id=uuid4(), **file))
        tell("receipts", ReceiptFileMoved(work_id=uuid4(), enterprise_id=firm, **file))
        assert other.until(lambda: len(other.work()) == 1)
        assert (other.work()[0]["kind"], other.work()[0]["state"]) == ("receipt", "unmatched")
        last = life_of(tenant_id, enterprise_id=firm)
        running.tell(tenant_id, last.whole())
        assert of_kind.until(lambda: len(of_kind.changes()) == 7)
        assert (len(owner.work()), len(other.work()), of_kind.work()) == (3, 1, [])


def test_a_reconnect_goes_on_where_the_client_was_even_elsewhere(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    life, other = life_of(tenant_id), life_of(tenant_id)
    with running.listening(urls[0], tenant_id) as first:
        running.tell(tenant_id, life.whole()[:3])
        assert first.until(lambda: len(first.changes()) == 3)
    running.tell(tenant_id, [*life.whole()[3:], *other.whole()])
    with running.listening(urls[1], tenant_id, first.last_id) as second:
        assert second.until(lambda: len(second.changes()) == 11)
        assert second.names()[0] == "ready"
        assert first.versions(life.document_id) + second.versions(life.document_id) == list(range(1, 8))
    # In the midst of what was told at once, by the parameter for tools.
    middle = second.events[6].last_id
    with running.listening(urls[0], tenant_id, last_event_id=middle) as third:
        assert third.until(lambda: len(third.changes()) == 5)
        assert third.changes() == second.changes()[6:]


@pytest.mark.parametrize("last_id", ["999999999999", "of-another-server", "99999999999999999999999"])
def test_an_id_that_is_none_of_ours_resets(running: Running, urls: list[str], last_id: str) -> None:
    tenant_id = uuid4()
    with running.listening(urls[0], tenant_id, last_id) as listening:
        assert listening.names() == ["reset"]
        running.tell(tenant_id, [life_of(tenant_id).saved(1)])
        assert listening.until(lambda: len(listening.changes()) == 1)


def test_wrong_parameters_are_told(running: Running, urls: list[str]) -> None:
    headers = {"authorization": f"Bearer {running.issuer.token(uuid4())}"}
    wrong = {"last_event_id": "x", "kind": "nothing", "more": "1"}
    answer = httpx.get(f"{urls[0]}/v1/live", trust_env=False, params=wrong, headers=headers)
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/last_event_id", "/kind", "/more"}
    assert httpx.get(f"{urls[0]}/v1/live", trust_env=False).status_code == 401


def test_a_position_that_was_swept_away_resets(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    with running.listening(urls[0], tenant_id) as listening:
        running.tell(tenant_id, life_of(tenant_id).whole())
        assert listening.until(lambda: len(listening.changes()) == 7)

    async def sweep() -> None:
        connection = await postgres.connect(running.database.worker_dsn, name="test")
        await connection.execute("DELETE FROM changes WHERE tenant_id = $1", tenant_id)
        await connection.execute(
            "INSERT INTO changes_swept SELECT $1, $2, now()", tenant_id, int(listening.last_id)
        )
        await connection.close()

    asyncio.run(sweep())
    # The other process: the first one may still remember what the table has lost.
    with running.listening(urls[1], tenant_id, listening.events[2].last_id) as early:
        assert early.until(lambda: "reset" in early.names())
        assert early.changes() == []
        assert early.last_id == listening.last_id
    with running.listening(urls[0], tenant_id, listening.last_id) as late:
        assert late.names() == ["ready"]


def test_a_rebuild_tells_nothing_again(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    life, next_life = life_of(tenant_id), life_of(tenant_id)
    with running.listening(urls[0], tenant_id) as listening:
        running.tell(tenant_id, life.whole())
        assert listening.until(lambda: len(listening.changes()) == 7)
        asyncio.run(rebuild(running.database.worker_dsn, "documents"))
        running.tell(tenant_id, next_life.whole())
        assert listening.until(lambda: len(listening.changes()) == 14, 40)
        assert listening.versions(life.document_id) == list(range(1, 8))
        assert listening.versions(next_life.document_id) == list(range(1, 8))


def test_a_caller_has_only_so_many_streams(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    with ExitStack() as stack:
        for _ in range(MOST_OF_A_CALLER):
            assert stack.enter_context(running.listening(urls[0], tenant_id)).status == 200
        with running.listening(urls[0], tenant_id) as one_more:
            assert one_more.status == 429
        with running.listening(urls[0], tenant_id, subject="user-2") as colleague:
            assert colleague.status == 200
            assert (
                f"live_streams {MOST_OF_A_CALLER + 1}.0"
                in httpx.get(f"{urls[0]}/metrics", trust_env=False).text
            )
    deadline = time.monotonic() + PATIENCE
    while "live_streams 0.0" not in httpx.get(f"{urls[0]}/metrics", trust_env=False).text:
        assert time.monotonic() < deadline, "closed streams are forgotten"
        time.sleep(0.1)


def test_a_stream_ends_with_its_token(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()
    with running.listening(urls[0], tenant_id, seconds=10) as listening:
        assert listening.ended.wait(PATIENCE)
        assert listening.names() == ["ready", "bye"]
        assert listening.events[-1].data == {"reason": "token_expired"}
    running.tell(tenant_id, [life_of(tenant_id).saved(1)])
    with running.listening(urls[0], tenant_id, listening.last_id) as again:
        assert again.until(lambda: len(again.changes()) == 1)


def test_a_stop_ends_streams_at_once(running: Running) -> None:
    with running.process() as process, running.listening(process.url, uuid4()) as listening:
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(PATIENCE) == 0
        assert listening.ended.wait(PATIENCE)
        assert listening.events[-1].data == {"reason": "server_stopping"}


def test_killed_in_between_nothing_is_lost_and_nothing_comes_twice(running: Running, urls: list[str]) -> None:
    """One of three processes is killed again and again while a client of it reconnects."""
    tenant_id = uuid4()
    lives = [life_of(tenant_id) for _ in range(60)]
    met: list[dict[str, Any]] = []
    last_id = ""
    for number in range(3):
        with running.process() as process, running.listening(process.url, tenant_id, last_id) as listening:
            for life in lives[number * 20 : number * 20 + 20]:
                running.tell(tenant_id, life.whole())
            assert listening.until(lambda at=listening: len(at.changes()) >= 30)  # type: ignore[misc]
            process.process.kill()
            process.process.wait()
            assert listening.ended.wait(10)
            met += listening.changes()
            last_id = listening.last_id
    with running.listening(urls[1], tenant_id, last_id) as listening:
        assert listening.until(lambda: len(met) + len(listening.changes()) >= 420, 60)
        time.sleep(0.5)
        met += listening.changes()
    assert len(met) == 420
    for life in lives:
        versions = [told["version"] for told in met if told["id"] == str(life.document_id)]
        assert versions == list(range(1, 8))


def test_a_client_that_reads_late_gets_everything_and_holds_up_nobody(
    running: Running, urls: list[str]
) -> None:
    tenant_id = uuid4()
    headers = {"authorization": f"Bearer {running.issuer.token(tenant_id)}"}
    with (
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream("GET", f"{urls[0]}/v1/live", headers=headers) as lazy,
        running.listening(urls[0], tenant_id) as listening,
    ):
        assert lazy.status_code == 200
        for _ in range(3):
            running.tell(tenant_id, [event for _ in range(100) for event in life_of(tenant_id).whole()])
        assert listening.until(lambda: len(listening.changes()) == 2_100, 60)
        read = b""
        for piece in lazy.iter_raw():
            read += piece
            if read.count(b"event: change") == 2_100:
                break


def test_listening_goes_on_after_the_database_threw_it_out(running: Running, urls: list[str]) -> None:
    tenant_id = uuid4()

    async def throw_out() -> int:
        connection = await postgres.connect(running.database.worker_dsn, name="test")
        count: int = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'query-live' AND datname = current_database()"
        )
        await connection.close()
        return count

    with running.listening(urls[0], tenant_id) as listening:
        assert asyncio.run(throw_out()) == 2
        running.tell(tenant_id, life_of(tenant_id).whole())
        assert listening.until(lambda: len(listening.changes()) == 7)
        running.tell(tenant_id, life_of(tenant_id).whole())
        assert listening.until(lambda: len(listening.changes()) == 14)
        assert listening.names() == ["ready", *["change"] * 14]


@pytest.fixture
def edge(urls: list[str], tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("caddy")),
        *("run", "--config", str(TREE / "deploy/edge/Caddyfile"), "--adapter", "caddyfile"),
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BONDGATE_EDGE_ADDRESS": f":{port}",
        "BONDGATE_QUERY_UPSTREAM": urls[0].removeprefix("http://"),
    }
    with (tmp_path / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(15)


def test_the_edge_passes_every_event_on_at_once(running: Running, urls: list[str], edge: str) -> None:
    tenant_id = uuid4()
    with running.listening(edge, tenant_id) as far, running.listening(urls[0], tenant_id) as near:
        assert "content-encoding" not in far.answered
        for version in range(1, 4):
            running.tell(tenant_id, [life_of(tenant_id).saved(1)])
            assert near.until(lambda n=version: len(near.changes()) == n)  # type: ignore[misc]
            assert far.until(lambda n=version: len(far.changes()) == n, 1)  # type: ignore[misc]
