"""Keeping files: nothing is lost or doubled wherever it stops, and trouble of one mailbox stays there."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import pytest

from backbone.folder_news import FolderNews
from backbone.pauses import until_any
from customs.singlewindow import Receipt
from services.receipts import domain, inbox, watcher
from services.receipts.inbox import Inbox
from services.receipts.watcher import Watcher
from tests.support import answers
from tests.support.receipts_bench import Bench, Office, run_until

pytestmark = pytest.mark.anyio
STEPS = ("before store", "before commit", "after commit", "after move")
OTHER = answers.approval(result="1", time="2026-01-15 10:00:00")


class Stopped(Exception):
    """Stands for the end of the process."""


class StopAt:
    """Stops at the n-th time a step is reached, and at every step after it."""

    def __init__(self, step: str, time: int) -> None:
        self.step = step
        self.left = time
        self.reached = False

    def __call__(self, step: str) -> None:
        if step == self.step:
            self.left -= 1
        if self.reached or self.left == 0:
            self.reached = True
            raise Stopped(step)


async def kept(office: Office) -> list[Path]:
    folder = office.bench.exchange / office.mailbox / inbox.KEPT_FOLDER
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".owner")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("time", [1, 2])
async def test_a_stop_anywhere_loses_and_doubles_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str, time: int
) -> None:
    monkeypatch.setattr(watcher, "_BATCH_FILES", 1)
    office = await bench.office()
    await office.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    (office.inbox / "a.INV").write_bytes(answers.approval())
    (office.inbox / "b.INV").write_bytes(OTHER)
    stop = StopAt(step, time)

    async def reached() -> bool:
        return stop.reached

    await bench.take(until=reached, step=stop)
    found = len(list(office.inbox.iterdir())) + len(await kept(office))
    assert found >= 2
    await bench.take()
    await bench.understand()
    assert await bench.states() == {"a.INV": "matched", "b.INV": "matched"}
    assert sorted(event.outcome for event in await bench.told()) == ["deducted", "pre_deducted"]
    assert len(await kept(office)) == 2
    assert all(row["kept_as"] for row in await bench.files())


@pytest.mark.parametrize(
    ("step", "time"), [(step, 1) for step in STEPS] + [("after move", 3), ("after move", 5)]
)
async def test_a_stop_within_a_batch_loses_and_doubles_nothing(bench: Bench, step: str, time: int) -> None:
    """Files of one look share a transaction; a stop leaves all of them or none kept, and some of them moved."""
    office = await bench.office()
    for number in range(5):
        await office.saved(uuid4(), f"B-{number}", numbers={"seq_no": f"20260000000000000{number}"})
        (office.inbox / f"{number}.INV").write_bytes(answers.approval(seq_no=f"20260000000000000{number}"))
    (office.inbox / "garbage.INV").write_bytes(b"<Signature>")
    stop = StopAt(step, time)

    async def reached() -> bool:
        return stop.reached

    await bench.take(until=reached, step=stop)
    assert len(await bench.files()) in (0, 6)
    assert len(list(office.inbox.iterdir())) + len(await kept(office)) == 6
    await bench.take()
    await bench.understand()
    assert await bench.states() == {
        **{f"{number}.INV": "matched" for number in range(5)},
        "garbage.INV": "unreadable",
    }
    assert sorted(event.internal_no for event in await bench.told()) == [f"B-{number}" for number in range(5)]
    assert await bench.notices() == ["unreadable"]
    assert len(await kept(office)) == 6


async def test_a_full_inbox_is_emptied_without_waiting_for_the_next_look(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (inbox, watcher):
        monkeypatch.setattr(module, "MOST_A_LOOK", 3)
    office = await bench.office()
    for number in range(10):
        (office.inbox / f"{number}.INV").write_bytes(answers.approval(message_id=f"CUS{number:02d}"))
    left: list[int] = []

    async def pausing(seconds: float, stop: asyncio.Event, *events: asyncio.Event) -> None:
        if seconds < 1:
            left.append(len(list(office.inbox.iterdir())))
        await until_any(seconds, stop, *events)

    monkeypatch.setattr(watcher, "until_any", pausing)
    await bench.take()
    assert set(left) == {10, 0}


async def test_a_file_that_is_renamed_into_an_inbox_is_told_of_and_not_waited_for(bench: Bench) -> None:
    office = await bench.office()
    news = FolderNews()
    watcher = Watcher(
        bench.pool, bench.exchange, poll_seconds=3600, patience_seconds=3600, wake=lambda: None, news=news
    )

    async def both(stop: asyncio.Event) -> None:
        await asyncio.gather(news.run(stop), watcher.run(stop))

    def put(name: str) -> None:
        unfinished = office.inbox / f"{name}.tmp"
        unfinished.write_bytes(b"<breaks off")
        unfinished.rename(office.inbox / name)

    put("first.INV")

    async def taken() -> bool:
        if news._tells and not (office.inbox / "second.INV").exists() and not await bench.files():
            put("second.INV")
        return "second.INV" in await bench.states() and not (office.inbox / "second.INV").exists()

    await run_until(both, taken)


async def test_a_file_that_trips_us_is_kept_and_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await bench.office()
    await office.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    real = domain.answer_key

    def tripping(receipt: Receipt, file_name: str) -> str:
        if file_name == "bad.INV":
            raise ValueError("nobody foresaw this")
        return real(receipt, file_name)

    monkeypatch.setattr(domain, "answer_key", tripping)
    (office.inbox / "a.INV").write_bytes(answers.approval())
    (office.inbox / "bad.INV").write_bytes(answers.approval(result="3"))
    (office.inbox / "c.INV").write_bytes(OTHER)
    await bench.take()
    assert await bench.states() == {"a.INV": "matched", "bad.INV": "stored", "c.INV": "matched"}
    monkeypatch.setattr(domain, "answer_key", real)
    await bench.understand()
    assert (await bench.states())["bad.INV"] == "matched"
    assert len(await bench.told()) == 3


async def test_files_of_one_look_become_what_they_become_one_by_one(bench: Bench) -> None:
    """The same files, all in one look and each in a look of its own: rows and events differ by nothing but identities."""
    seen = []
    for together in (True, False):
        await bench.clear()
        office = await bench.office()
        known = uuid5(NAMESPACE_OID, "known")
        await office.saved(known, "KNOWN", numbers={"seq_no": "202600000000000001"})
        await office.saved(uuid5(NAMESPACE_OID, "acknowledged"), answers.INTERNAL_NO)
        await office.delivered(uuid5(NAMESPACE_OID, "acknowledged"), "STEM", attempt_id=known)
        for name, data in _mixed():
            if together:
                (office.inbox / name).write_bytes(data)
            else:
                await office.keep(name, data)
        await bench.take()
        await bench.understand()
        seen.append(await _outcome(bench))
    assert seen[0] == seen[1]
    assert {row["state"] for row in seen[0][0]} == {
        "matched",
        "repeated",
        "unmatched",
        "unreadable",
        "waiting",
    }


def _mixed() -> list[tuple[str, bytes]]:
    return [
        (f"Successed_STEM_{answers.STAMP}.xml", answers.acknowledgement()),
        ("taught.INV", answers.approval()),
        ("taught-again.INV", answers.approval(message_id="CUS02")),
        ("full.INV", answers.approval(seq_no="202600000000000001", internal_no="KNOWN", goods=(1, 2))),
        ("known.INV", answers.approval(seq_no="202600000000000001", result="3", reasons=("编码有误",))),
        ("unknown.INV", answers.approval(seq_no="202600000000000009", customs_no="")),
        ("part.INV", answers.approval(seq_no="202600000000000001", packet=("p", 1, 2))),
        ("garbage.INV", b"<Signature>"),
    ]


async def _outcome(bench: Bench) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Any]]:
    ours = {
        "raw_id",
        "receipt_id",
        "tenant_id",
        "enterprise_id",
        "mailbox",
        "arrived_at",
        "retry_at",
        "kept_as",
    }
    rows = [
        {name: value for name, value in row.items() if name not in ours}
        for row in sorted(await bench.files(), key=lambda row: str(row["file_name"]))
    ]
    identities = {"tenant_id", "enterprise_id", "receipt_id", "raw_id", "mailbox", "received_at"}
    told = [event.model_dump(exclude=identities) for event in await bench.told()]
    kept = {
        table: await bench.pool.fetchval(f"SELECT count(*) FROM {table}")
        for table in (
            "raw_contents",
            "answers",
            "seq_numbers",
            "customs_numbers",
            "packets",
            "events",
            "outbox",
        )
    }
    return (
        rows,
        sorted(told, key=lambda event: str(event["file_name"])),
        [*kept.items(), *sorted(await bench.notices())],
    )


async def test_the_same_file_again_is_put_away_and_told_once(bench: Bench) -> None:
    office = await bench.office()
    await office.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    for _ in range(3):
        await office.keep("a.INV", answers.approval())
    assert len(await bench.told()) == 1
    assert len(await bench.files()) == 1
    assert [path.name for path in await kept(office)] == ["a-2.INV", "a-3.INV", "a.INV"]


async def test_the_same_name_with_other_bytes_is_another_file(bench: Bench) -> None:
    office = await bench.office()
    await office.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    await office.keep("a.INV", answers.approval())
    await office.keep("a.INV", OTHER)
    assert len(await bench.told()) == 2


async def test_a_file_above_the_bound_is_kept_where_it_is_and_known(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_KEPT_BYTES", 200)
    office = await bench.office()
    await office.keep("big.INV", answers.approval())
    [row] = await bench.files()
    assert (row["state"], row["reason_code"], row["bytes"]) == (
        "unreadable",
        "too_large",
        len(answers.approval()),
    )
    assert await bench.pool.fetchval("SELECT count(*) FROM raw_contents") == 0
    kept = inbox.kept_file(bench.exchange, office.mailbox, str(row["kept_as"]), "big.INV")
    assert kept is not None
    with kept:
        assert kept.read() == answers.approval()


async def test_a_sick_mailbox_waits_alone_and_recovers(bench: Bench) -> None:
    sick, well = await bench.office(), await bench.office()
    away = sick.inbox.with_name("gone")
    sick.inbox.rename(away)
    sick.inbox.write_text("a file where the folder should be")
    (well.inbox / "a.INV").write_bytes(answers.approval())

    async def taken() -> bool:
        return len(await bench.files()) == 1 and not list(well.inbox.iterdir())

    await bench.take(until=taken)
    sick.inbox.unlink()
    away.rename(sick.inbox)
    await sick.keep("b.INV", OTHER)
    assert set(await bench.states()) == {"a.INV", "b.INV"}


async def test_a_file_that_cannot_be_read_does_not_hold_up_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await bench.office()
    real = os.open

    def refusing(path: str | Path, flags: int, *more: int, dir_fd: int | None = None) -> int:
        if str(path).endswith("locked.INV"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refusing)
    (office.inbox / "locked.INV").write_bytes(answers.approval())
    (office.inbox / "a.INV").write_bytes(OTHER)

    async def taken() -> bool:
        return [path.name for path in office.inbox.iterdir()] == ["locked.INV"]

    await bench.take(until=taken)
    assert set(await bench.states()) == {"a.INV"}
    monkeypatch.setattr(os, "open", real)
    await bench.take()
    assert set(await bench.states()) == {"a.INV", "locked.INV"}


async def test_two_watchers_share_no_mailbox(bench: Bench) -> None:
    office = await bench.office()
    for number in range(60):
        (office.inbox / f"{number}.INV").write_bytes(answers.approval(message_id=f"CUS{number:02d}"))

    async def empty() -> bool:
        return not list(office.inbox.iterdir())

    def another() -> Watcher:
        return Watcher(bench.pool, bench.exchange, poll_seconds=0.01, patience_seconds=0, wake=lambda: None)

    await asyncio.gather(run_until(another().run, empty), run_until(another().run, empty))
    assert len(await bench.files()) == 60
    assert len(await kept(office)) == 60


async def test_a_mailbox_learned_later_is_watched_and_an_old_one_stays(bench: Bench) -> None:
    office = await bench.office()
    old = office.mailbox
    office.mailbox = "card-new"
    office.inbox = bench.exchange / "card-new" / "Sas" / "InBox"
    await office.open()
    (office.inbox / "new.INV").write_bytes(answers.approval())
    (bench.exchange / old / "Sas" / "InBox" / "late.INV").write_bytes(OTHER)
    await bench.take()
    assert {row["mailbox"] for row in await bench.files()} == {old, "card-new"}


async def test_shares_that_hang_hold_up_nobody_else(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there ever were threads for all; each hangs in a call that nothing can interrupt."""
    back = threading.Event()
    own = Inbox.own

    def hanging(self: Inbox) -> None:
        if self._mailbox != well.mailbox:
            back.wait()
        own(self)

    monkeypatch.setattr(Inbox, "own", hanging)
    for _ in range(40):
        await bench.office()
    well = await bench.office()
    (well.inbox / "a.INV").write_bytes(answers.approval())

    async def taken() -> bool:
        return len(await bench.files()) == 1 and not list(well.inbox.iterdir())

    try:
        await bench.take(until=taken)
    finally:
        back.set()
