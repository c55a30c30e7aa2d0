"""No attempt is delivered twice, wherever submission is killed: one file in OutBox, or a delivery told as unknown."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.events.signer import DocumentSigned
from customs import singlewindow
from services.submission.domain import stem_of
from tests.integration.submission import delivering_process
from tests.integration.submission.delivering_process import KILLED, Order
from tests.integration.submission.scene import Scene, example, signed
from tests.support.infrastructure import Servers


@pytest.fixture
def scene(servers: Servers, tmp_path: Path) -> Scene:
    return Scene(servers.database("submission"), tmp_path)


DELIVERED, TAKEN = "message.delivered.v1", "message.taken.v1"
REFUSED, UNKNOWN = "message.refused.v1", "delivery.unknown.v1"
_BEFORE_RENAME = ("staging_opened", "staging_half_written", "staging_durable", "staged_recorded")
_AFTER_RENAME = ("renamed", "rename_durable", "delivered_recording")


def test_a_message_is_delivered_and_taken(scene: Scene) -> None:
    attempt_id = scene.sign()
    scene.go()
    scene.client()
    scene.settle()
    stem = stem_of("INV101", attempt_id, 1)
    assert scene.seen == {f"{stem}.zip": 1}
    assert singlewindow.unpack(scene.contents[f"{stem}.zip"], stem).xml.decode() == (
        f"<Signature>{attempt_id}</Signature>"
    )
    told = scene.events()
    assert [type(event).type for event in told] == [DELIVERED, TAKEN]
    for event in told:
        assert event.model_dump()["stem"] == stem
        assert event.model_dump()["sha256"] == hashlib.sha256(scene.contents[f"{stem}.zip"]).hexdigest()


def test_the_same_event_again_delivers_nothing_again(scene: Scene) -> None:
    message = "<Signature>again</Signature>"
    event = example(DocumentSigned, message=message, sha256=hashlib.sha256(message.encode()).hexdigest())
    scene.absorb(event)
    scene.absorb(event)
    scene.go()
    scene.client()
    scene.absorb(event)
    scene.settle()
    scene.client()
    assert sum(scene.seen.values()) == 1
    assert scene.told() == [DELIVERED, TAKEN]


@pytest.mark.parametrize("step", [*_BEFORE_RENAME, *_AFTER_RENAME, "delivered_recorded"])
def test_killed_anywhere_while_the_client_sleeps(scene: Scene, step: str) -> None:
    scene.sign()
    scene.go(step)
    scene.go()
    scene.client()
    scene.settle()
    assert list(scene.seen.values()) == [1]
    assert scene.told() == [DELIVERED, TAKEN]


@pytest.mark.parametrize("step", [*_BEFORE_RENAME, *_AFTER_RENAME, "delivered_recorded"])
def test_killed_anywhere_while_the_client_takes(scene: Scene, step: str) -> None:
    scene.sign()
    scene.go(step)
    scene.client()
    scene.go()
    scene.client()
    scene.settle()
    assert list(scene.seen.values()) == [1]
    assert scene.told() == [DELIVERED, TAKEN]


@pytest.mark.parametrize("step", [*_BEFORE_RENAME, *_AFTER_RENAME, "delivered_recorded"])
def test_killed_anywhere_with_many_files_in_hand(scene: Scene, step: str) -> None:
    """They share their commits: one crash leaves them all staged at the worst, none lost and none twice."""
    attempts = [scene.sign() for _ in range(5)]
    scene.go(step)
    scene.go()
    scene.client()
    scene.settle()
    assert scene.seen == {f"{stem_of('INV101', attempt_id, 1)}.zip": 1 for attempt_id in attempts}
    assert Counter(scene.told()) == {DELIVERED: 5, TAKEN: 5}


def test_files_of_a_mailbox_share_their_commits_and_keep_their_order(scene: Scene) -> None:
    attempts = [scene.sign() for _ in range(6)]
    scene.go()
    told = scene.events()
    assert [event.model_dump()["attempt_id"] for event in told] == attempts
    assert len({event.model_dump()["occurred_at"] for event in told}) == 1, "recorded in one transaction"


def test_one_that_was_touched_leaves_the_others_their_way(scene: Scene) -> None:
    """The client has its file already, as after a restored database: found, recorded, and not put there again."""
    attempts = [scene.sign() for _ in range(3)]
    gone = f"{stem_of('INV101', attempts[1], 1)}.zip"
    (scene.box("SentBox") / gone).write_bytes(b"it was there")
    scene.go()
    scene.client()
    scene.settle()
    assert set(scene.seen) == {f"{stem_of('INV101', attempts[n], 1)}.zip" for n in (0, 2)}
    assert Counter(scene.told()) == {DELIVERED: 3, TAKEN: 3}


@pytest.mark.parametrize("step", _BEFORE_RENAME)
def test_killed_before_the_rename_nothing_is_unknown(scene: Scene, step: str) -> None:
    scene.sign()
    scene.go(step)
    scene.client()
    assert not scene.seen
    scene.clear("SentBox")
    scene.go()
    scene.client()
    scene.settle()
    assert list(scene.seen.values()) == [1]
    assert UNKNOWN not in scene.told()


@pytest.mark.parametrize("step", _AFTER_RENAME)
def test_a_file_that_went_without_a_trace_is_unknown_and_not_sent_again(scene: Scene, step: str) -> None:
    scene.sign()
    scene.go(step)
    scene.client()
    scene.clear("SentBox")
    scene.go()
    scene.settle()
    scene.client()
    assert list(scene.seen.values()) == [1]
    assert scene.told() == [UNKNOWN]


@pytest.mark.parametrize("step", _AFTER_RENAME)
def test_an_acknowledged_file_is_not_unknown(scene: Scene, step: str) -> None:
    attempt_id = scene.sign()
    scene.go(step)
    scene.client()
    scene.clear("SentBox")
    scene.acknowledge(attempt_id)
    scene.settle()
    scene.client()
    assert list(scene.seen.values()) == [1]
    assert scene.told() == [DELIVERED]


def test_a_delivered_file_that_vanishes_is_unknown_and_may_turn_up(scene: Scene) -> None:
    scene.sign()
    scene.go()
    scene.client()
    (gone,) = scene.box("SentBox").iterdir()
    hidden = scene.exchange / gone.name
    gone.rename(hidden)
    scene.settle()
    assert scene.told() == [DELIVERED, UNKNOWN]
    hidden.rename(gone)
    scene.go(unsettled=("intended", "staged", "delivered", "unknown"))
    assert scene.told() == [DELIVERED, UNKNOWN, TAKEN]
    assert list(scene.seen.values()) == [1]


def test_three_times_in_failbox_is_a_refusal(scene: Scene) -> None:
    attempt_id = scene.sign()
    for number in (1, 2, 3):
        scene.go(files=number)
        scene.client("FailBox")
        assert scene.seen[f"{stem_of('INV101', attempt_id, number)}.zip"] == 1
    scene.settle()
    assert sum(scene.seen.values()) == 3
    assert scene.told() == [DELIVERED, DELIVERED, DELIVERED, REFUSED]
    assert [event.model_dump()["try_no"] for event in scene.events()] == [1, 2, 3, 3]
    for number in (1, 2, 3):
        stem = stem_of("INV101", attempt_id, number)
        assert singlewindow.unpack(scene.contents[f"{stem}.zip"], stem).xml.decode() == (
            f"<Signature>{attempt_id}</Signature>"
        )
    assert len(list(scene.box("FailBox").iterdir())) == 1


@pytest.mark.parametrize("step", ["withdrawn", "put_back_recorded", *_BEFORE_RENAME, *_AFTER_RENAME])
def test_killed_anywhere_while_putting_back(scene: Scene, step: str) -> None:
    attempt_id = scene.sign()
    scene.go()
    scene.client("FailBox")
    scene.go(step)
    scene.go(files=2)
    scene.client()
    scene.settle()
    assert scene.seen == {f"{stem_of('INV101', attempt_id, number)}.zip": 1 for number in (1, 2)}
    assert scene.told() == [DELIVERED, DELIVERED, TAKEN]
    assert list(scene.box("FailBox").iterdir()) == []


def test_a_refused_file_that_was_acknowledged_is_not_put_back(scene: Scene) -> None:
    attempt_id = scene.sign()
    scene.go()
    scene.client("FailBox")
    scene.acknowledge(attempt_id)
    scene.settle()
    scene.client()
    assert sum(scene.seen.values()) == 1
    assert scene.told() == [DELIVERED]


def test_a_sick_mailbox_stops_nobody_else(scene: Scene) -> None:
    scene.add_mailbox("example-broker-2")
    away = scene.exchange / "away"
    scene.box("OutBox").rename(away)
    scene.sign()
    scene.sign("example-broker-2")
    order = Order(scene.database.worker_dsn, scene.exchange, die_at="delivered_recorded")
    assert delivering_process.run(order) == KILLED
    assert len(list(scene.box("OutBox", "example-broker-2").iterdir())) == 1
    away.rename(scene.box("OutBox"))
    scene.go()
    assert len(list(scene.box("OutBox").iterdir())) == 1
    assert scene.told() == [DELIVERED, DELIVERED]


def test_a_second_owner_waits(scene: Scene) -> None:
    first = delivering_process.start(
        Order(scene.database.worker_dsn, scene.exchange, unsettled=("none of these",), most_seconds=30)
    )
    scene.sign()
    _until(lambda: list(scene.box("OutBox").iterdir()))
    second = delivering_process.start(
        Order(scene.database.worker_dsn, scene.exchange, unsettled=("delivered",), most_seconds=30)
    )
    for _ in range(5):
        scene.sign()
    _until(lambda: len(list(scene.box("OutBox").iterdir())) == 6)
    first.kill()
    first.join()
    scene.sign()
    _until(lambda: len(list(scene.box("OutBox").iterdir())) == 7)
    scene.client()
    second.join(30)
    assert second.exitcode == 0
    assert len(scene.seen) == 7
    assert Counter(scene.told()) == {DELIVERED: 7, TAKEN: 7}


def _until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_killed_at_random_again_and_again(scene: Scene) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    messages = [signed() for _ in range(150)]
    attempts = [message.attempt_id for message in messages]
    scene.absorb(*messages)
    done = threading.Event()

    def taking() -> None:
        while not done.is_set():
            scene.client(most=chance.randrange(1, 4))
            time.sleep(chance.random() / 50)

    client = threading.Thread(target=taking)
    client.start()
    kills = 0
    while len(scene.seen) < len(messages) and kills < 30:
        process = delivering_process.start(Order(scene.database.worker_dsn, scene.exchange))
        process.join(chance.uniform(0.1, 0.3))
        process.kill()
        process.join()
        kills += 1
    assert kills > 1, "nothing was interrupted"
    scene.settle()
    done.set()
    client.join()
    assert set(scene.seen.values()) == {1}
    assert set(scene.seen) == {f"{stem_of('INV101', attempt_id, 1)}.zip" for attempt_id in attempts}
    told = Counter((type(event).type, event.model_dump()["attempt_id"]) for event in scene.events())
    assert told == Counter((kind, attempt) for kind in (DELIVERED, TAKEN) for attempt in attempts)
