"""The folders of a mailbox, on a real file system."""

from __future__ import annotations

import asyncio
import fcntl
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from backbone.folder import OwnedByAnother
from customs.singlewindow.folders import BOXES
from services.submission.boxes import STAGING, Boxes, Mailboxes, NotReady
from services.submission.domain import Place

_FILE = "INV101_019BC3A0000070008000000000000032_1.zip"
T = TypeVar("T")


@pytest.fixture
def exchange(tmp_path: Path) -> Path:
    for box in BOXES:
        (tmp_path / "card-1" / "Sas" / box).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def mailboxes(exchange: Path) -> Iterator[Mailboxes]:
    mailboxes = Mailboxes(exchange)
    yield mailboxes
    mailboxes.close()


def _use(mailboxes: Mailboxes, work: Callable[[Boxes], T], mailbox: str = "card-1") -> T:
    return asyncio.run(mailboxes.use(mailbox, work))


def _box(exchange: Path, box: str) -> Path:
    return exchange / "card-1" / "Sas" / box


def test_a_staged_file_appears_in_outbox_whole(exchange: Path, mailboxes: Mailboxes) -> None:
    _use(mailboxes, lambda boxes: boxes.stage({_FILE: b"content"}))
    assert list(_box(exchange, "OutBox").iterdir()) == []
    assert (exchange / "card-1" / STAGING / _FILE).read_bytes() == b"content"
    _use(mailboxes, lambda boxes: boxes.release([_FILE]))
    assert (_box(exchange, "OutBox") / _FILE).read_bytes() == b"content"
    assert not (exchange / "card-1" / STAGING / _FILE).exists()
    assert _use(mailboxes, lambda boxes: boxes.find(_FILE)) is Place.OUTBOX


def test_a_half_written_staging_file_is_written_anew(exchange: Path, mailboxes: Mailboxes) -> None:
    _use(mailboxes, lambda boxes: None)
    (exchange / "card-1" / STAGING / _FILE).write_bytes(b"con")
    _use(mailboxes, lambda boxes: boxes.stage({_FILE: b"content"}))
    digest = _use(mailboxes, lambda boxes: boxes.staged_sha256(_FILE))
    assert digest == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"


def test_a_name_that_is_taken_in_outbox_is_not_replaced(exchange: Path, mailboxes: Mailboxes) -> None:
    (_box(exchange, "OutBox") / _FILE).mkdir()
    _use(mailboxes, lambda boxes: boxes.stage({_FILE: b"content"}))
    with pytest.raises(NotReady):
        _use(mailboxes, lambda boxes: boxes.release([_FILE]))
    (_box(exchange, "OutBox") / _FILE).rmdir()
    (_box(exchange, "OutBox") / _FILE).write_bytes(b"other")
    with pytest.raises(NotReady):
        _use(mailboxes, lambda boxes: boxes.release([_FILE]))
    assert (_box(exchange, "OutBox") / _FILE).read_bytes() == b"other"


def test_withdrawing_takes_the_file_from_everybody(exchange: Path, mailboxes: Mailboxes) -> None:
    (_box(exchange, "FailBox") / _FILE).write_bytes(b"content")
    assert _use(mailboxes, lambda boxes: boxes.withdraw(_FILE))
    assert list(_box(exchange, "FailBox").iterdir()) == []
    assert _use(mailboxes, lambda boxes: boxes.find(_FILE)) is Place.WITHDRAWN
    assert _use(mailboxes, lambda boxes: boxes.withdraw(_FILE))
    _use(mailboxes, lambda boxes: boxes.tidy(_FILE))
    assert _use(mailboxes, lambda boxes: boxes.find(_FILE)) is None
    assert not _use(mailboxes, lambda boxes: boxes.withdraw(_FILE))


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../card-1", "card 1", "x" * 65, "\x00", "信箱"])
def test_a_strange_mailbox_name_is_refused(exchange: Path, mailboxes: Mailboxes, name: str) -> None:
    with pytest.raises(NotReady):
        _use(mailboxes, lambda boxes: None, name)
    assert sorted(path.name for path in exchange.iterdir()) == ["card-1"]


@pytest.mark.parametrize("where", ["card-1", "card-1/Sas", "card-1/Sas/OutBox", f"card-1/{STAGING}"])
def test_a_link_in_place_of_a_folder_is_refused(exchange: Path, mailboxes: Mailboxes, where: str) -> None:
    outside = exchange / "outside"
    folder = exchange / where
    if folder.exists():
        folder.rename(outside)
    else:
        outside.mkdir()
    folder.symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(NotReady, match="link"):
        _use(mailboxes, lambda boxes: boxes.stage({_FILE: b"content"}))
    assert sorted(outside.rglob("*")) == before


def test_a_link_in_place_of_a_file_is_not_followed(exchange: Path, mailboxes: Mailboxes) -> None:
    victim = exchange / "victim"
    victim.write_bytes(b"precious")
    _use(mailboxes, lambda boxes: None)
    (exchange / "card-1" / STAGING / _FILE).symlink_to(victim)
    (_box(exchange, "SentBox") / _FILE).symlink_to(victim)
    assert _use(mailboxes, lambda boxes: boxes.find(_FILE)) is None
    _use(mailboxes, lambda boxes: boxes.stage({_FILE: b"content"}))
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("missing", ["", "Sas", "Sas/OutBox", "Sas/FailBox"])
def test_a_missing_folder_makes_the_mailbox_unready(
    exchange: Path, mailboxes: Mailboxes, missing: str
) -> None:
    folder = exchange / "card-1" / missing
    folder.rename(exchange / "away")
    with pytest.raises(NotReady):
        _use(mailboxes, lambda boxes: None)
    assert not folder.exists()
    (exchange / "away").rename(folder)
    _use(mailboxes, lambda boxes: None)


def test_missing_folders_are_made_where_that_is_asked_for(tmp_path: Path) -> None:
    mailboxes = Mailboxes(tmp_path, create=True)
    _use(mailboxes, lambda boxes: None, "card-2")
    mailboxes.close()
    assert sorted(path.name for path in (tmp_path / "card-2" / "Sas").iterdir()) == sorted(BOXES)


def test_a_mailbox_has_one_owner(exchange: Path, mailboxes: Mailboxes) -> None:
    _use(mailboxes, lambda boxes: None)
    second = Mailboxes(exchange)
    assert second.is_ours_to_try("card-1")
    with pytest.raises(OwnedByAnother):
        _use(second, lambda boxes: None)
    assert not second.is_ours_to_try("card-1")
    mailboxes.close()
    _use(second, lambda boxes: None)
    second.close()


def test_an_exchanged_folder_is_owned_anew(exchange: Path, mailboxes: Mailboxes) -> None:
    _use(mailboxes, lambda boxes: None)
    (exchange / "card-1" / STAGING).rename(exchange / "old")
    _use(mailboxes, lambda boxes: None)
    with (exchange / "card-1" / STAGING / "owner.lock").open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_full_disk_leaves_nothing_in_outbox_and_goes_on_later(exchange: Path, mailboxes: Mailboxes) -> None:
    limited = f"""
        import asyncio, resource
        from pathlib import Path
        from services.submission.boxes import Mailboxes, NotReady
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        boxes = Mailboxes(Path({str(exchange)!r}))
        try:
            asyncio.run(boxes.use("card-1", lambda b: b.stage({{{_FILE!r}: bytes(5000)}})))
        except NotReady:
            raise SystemExit(7)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(limited)], check=False)
    assert ended.returncode == 7
    assert list(_box(exchange, "OutBox").iterdir()) == []
    _use(mailboxes, lambda boxes: boxes.stage({_FILE: bytes(5000)}))
    _use(mailboxes, lambda boxes: boxes.release([_FILE]))
    assert (_box(exchange, "OutBox") / _FILE).stat().st_size == 5000
