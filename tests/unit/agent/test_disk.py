"""Files of the agent: whole or not there, one owner, and a journal that a second life reads."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from agent import disk, pins
from agent import key as keys
from agent.boxes import Boxes, NotReady
from agent.configured import Told, load
from agent.journal import ACCEPTED, CLOSED, RELEASED, Journal
from customs.singlewindow.folders import BOXES

_NAME = "INV101_0A_1.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in BOXES:
        (tmp_path / "Sas" / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def boxes(folder: Path) -> Boxes:
    made = Boxes(folder, patience_seconds=0.0)
    made.own()
    return made


def test_a_file_is_moved_whole_and_replaces_none(boxes: Boxes, folder: Path) -> None:
    boxes.stage(_NAME, b"first")
    assert boxes.place(_NAME) is None
    boxes.release(_NAME)
    assert (boxes.place(_NAME), boxes.staged(_NAME)) == ("OutBox", False)
    boxes.stage(_NAME, b"second")
    with pytest.raises(FileExistsError):
        boxes.release(_NAME)
    assert (folder / "Sas" / "OutBox" / _NAME).read_bytes() == b"first"


def test_what_the_client_refused_is_taken_away_from_it(boxes: Boxes, folder: Path) -> None:
    (folder / "Sas" / "FailBox" / _NAME).write_bytes(b"x")
    for _ in range(2):
        boxes.withdraw(_NAME)
        assert boxes.place(_NAME) == "FailBox"
        assert not (folder / "Sas" / "FailBox" / _NAME).exists()
    boxes.tidy(_NAME)
    assert boxes.place(_NAME) is None


def test_a_folder_that_is_away_or_another_agents_is_not_ready(folder: Path, boxes: Boxes) -> None:
    with pytest.raises(NotReady, match="another process"):
        Boxes(folder, patience_seconds=0.0).own()
    boxes.give_up()
    (folder / "Sas" / "SentBox").rmdir()
    with pytest.raises(NotReady, match="SentBox"):
        boxes.own()
    with pytest.raises(NotReady, match="not there"):
        Boxes(folder / "unmounted", patience_seconds=0.0).own()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_no_link_leads_out_of_a_mailbox(folder: Path, boxes: Boxes, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("x</Package>")
    (folder / "Sas" / "InBox" / "a.xml").symlink_to(secret)
    boxes.standing_still()
    assert boxes.standing_still() == []


def test_a_receipt_goes_up_when_it_stands_still_and_stays_when_it_changed(folder: Path) -> None:
    boxes = Boxes(folder, patience_seconds=3600.0)
    boxes.own()
    path = folder / "Sas" / "InBox" / "a.xml"
    path.write_text("<Package>")
    for _ in range(2):
        assert boxes.standing_still() == []
    path.write_text("<Package></Package>")
    assert boxes.standing_still() == []
    (found,) = boxes.standing_still()
    read = boxes.read(found, 100)
    assert read is not None
    assert read[1] == b"<Package></Package>"
    path.write_text("<Package>more</Package>")
    boxes.keep(found, datetime(2026, 3, 2, tzinfo=UTC))
    assert path.exists()
    boxes.standing_still()
    (found,) = boxes.standing_still()
    boxes.keep(found, datetime(2026, 3, 2, tzinfo=UTC))
    assert (folder / ".bondgate-received" / "202603" / "a.xml").read_text() == "<Package>more</Package>"
    assert boxes.waiting() == (0, None)


def test_the_journal_outlives_its_process(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.take("m", _NAME, "0" * 64, 10, ACCEPTED)
    # As after kill -9: nothing is closed.
    again = Journal(tmp_path / "journal.sqlite")
    (taken,) = again.open_files()
    assert (taken.state, again.held()) == (ACCEPTED, (1, 10))
    again.move(taken, RELEASED)
    again.told(taken, "SentBox", CLOSED)
    assert (list(again.open_files()), again.held()) == ([], (0, 0))
    known = again.find("m", _NAME)
    assert known is not None
    assert known.told == "SentBox"


def test_two_cannot_own_one_home(tmp_path: Path) -> None:
    one, other = disk.Ownership(tmp_path / "lock"), disk.Ownership(tmp_path / "lock")
    one.take()
    with pytest.raises(disk.OwnedByAnother):
        other.take()
    one.give_up()
    other.take()


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://bondgate.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://bondgate.example", False),
        ("http://10.0.0.1", False),
        ("ftp://bondgate.example", False),
    ],
)
def test_only_tls_leaves_the_machine(url: str, fits: bool) -> None:
    if fits:
        assert Told.model_validate({"url": url}).url == url
    else:
        with pytest.raises(ValidationError):
            Told.model_validate({"url": url})


def test_paths_are_meant_from_where_the_file_lies(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('url = "https://b.example"\nmedia = "m.toml"\n[[mailbox]]\nname = "a"\nfolder = "box"\n')
    told = load(path)
    assert (told.media, told.mailbox[0].folder) == (tmp_path / "m.toml", tmp_path / "box")


async def _pin(path: Path) -> str | None:
    found = await pins.of_file(path).of("2000000000001")
    return None if found is None else found.get_secret_value()


@pytest.mark.anyio
async def test_pins_are_read_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "pins.toml"
    path.write_text('"2000000000001" = "88888888"\n')
    path.chmod(0o644)
    with pytest.raises(pins.Unsafe):
        pins.of_file(path)
    path.chmod(0o600)
    assert await _pin(path) == "88888888"


def test_a_key_is_kept_for_its_owner_and_only_its_public_half_is_shown(tmp_path: Path) -> None:
    key = keys.make()
    keys.keep(key, tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert keys.kept(tmp_path / "key.pem").thumbprint() == key.thumbprint()
    assert set(keys.public_half(key)) == {"kty", "crv", "x", "y"}
