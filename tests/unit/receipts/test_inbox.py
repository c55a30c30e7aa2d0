"""The InBox on a real file system: only what stands still is taken, nothing is replaced, links are not followed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from backbone.folder import OwnedByAnother
from services.receipts import inbox as module
from services.receipts.inbox import Found, Inbox, InboxMissing, kept_file
from tests.support import answers

AT = datetime(2026, 1, 15, tzinfo=UTC)
WHOLE = answers.approval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "card-1" / "Sas" / "InBox"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def inbox(tmp_path: Path, folder: Path) -> Inbox:
    made = Inbox(tmp_path, "card-1", patience_seconds=3600)
    made.own()
    return made


def names(inbox: Inbox) -> list[str]:
    return [found.name for found in inbox.standing_still()]


def test_a_file_is_taken_at_the_second_look_when_nothing_changed(inbox: Inbox, folder: Path) -> None:
    file = folder / "a.INV"
    file.write_bytes(WHOLE)
    assert names(inbox) == []
    file.write_bytes(WHOLE + b"\n")
    assert names(inbox) == []
    assert names(inbox) == ["a.INV"]


@pytest.mark.parametrize("content", [b"", WHOLE[:300], WHOLE[: WHOLE.index(b"<DataInfo>")], b"text"])
def test_what_breaks_off_is_waited_for(tmp_path: Path, folder: Path, content: bytes) -> None:
    (folder / "a.INV").write_bytes(content)
    patient = Inbox(tmp_path, "card-1", patience_seconds=3600)
    patient.own()
    assert [names(patient) for _ in range(3)] == [[], [], []]
    patient.disown()
    hasty = Inbox(tmp_path, "card-1", patience_seconds=0)
    hasty.own()
    assert [names(hasty) for _ in range(2)] == [[], ["a.INV"]]


@pytest.mark.parametrize("name", [".hidden", "~a.xml", "a.INV.tmp", "a.part", "A.TMP", "a.crdownload"])
def test_temporary_names_are_left_alone(inbox: Inbox, folder: Path, name: str) -> None:
    (folder / name).write_bytes(WHOLE)
    assert [names(inbox) for _ in range(2)] == [[], []]


def test_links_folders_and_pipes_are_no_files(inbox: Inbox, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(WHOLE)
    (folder / "link.xml").symlink_to(secret)
    (folder / "folder.xml").mkdir()
    os.mkfifo(folder / "pipe.xml")
    assert [names(inbox) for _ in range(2)] == [[], []]


def test_an_inbox_that_is_a_link_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "card-2" / "Sas").mkdir(parents=True)
    (tmp_path / "card-2" / "Sas" / "InBox").symlink_to(elsewhere)
    with pytest.raises(InboxMissing):
        Inbox(tmp_path, "card-2", patience_seconds=0).own()
    with pytest.raises(InboxMissing):
        Inbox(tmp_path, "card-3", patience_seconds=0).own()


def test_bytes_and_hash_of_what_was_seen(inbox: Inbox, folder: Path) -> None:
    (folder / "a.INV").write_bytes(WHOLE)
    inbox.standing_still()
    [found] = inbox.standing_still()
    content = inbox.read(found)
    assert content is not None
    assert content.data == WHOLE
    (folder / "a.INV").write_bytes(WHOLE + b"more")
    assert inbox.read(found) is None
    (folder / "a.INV").unlink()
    assert inbox.read(found) is None


def test_a_file_above_the_bound_is_hashed_and_not_loaded(
    inbox: Inbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 100)
    (folder / "a.INV").write_bytes(WHOLE)
    inbox.standing_still()
    [found] = inbox.standing_still()
    content = inbox.read(found)
    assert content is not None
    assert content.data is None
    assert len(content.sha256) == 64


def put_away(inbox: Inbox, found: Found) -> str:
    place = inbox.place(found, AT, set())
    inbox.move(found, place)
    return place


def test_moved_files_never_replace_one_another(inbox: Inbox, folder: Path, tmp_path: Path) -> None:
    places = []
    for content in (b"one>", b"two>", b"three>"):
        (folder / "a.b.INV").write_bytes(content)
        places.append(put_away(inbox, next(inbox._files())))
    expected = ("a.b.INV", "a.b-2.INV", "a.b-3.INV")
    assert places == [f".bondgate-received/202601/{name}" for name in expected]
    kept = [(tmp_path / "card-1" / place).read_bytes() for place in places]
    assert kept == [b"one>", b"two>", b"three>"]
    assert list(folder.iterdir()) == []


def test_two_files_of_a_batch_get_two_places(inbox: Inbox, folder: Path) -> None:
    (folder / "a.INV").write_bytes(WHOLE)
    put_away(inbox, next(inbox._files()))
    (folder / "a.INV").write_bytes(WHOLE)
    (folder / "a-2.INV").write_bytes(WHOLE)
    reserved: set[str] = set()
    places = [inbox.place(found, AT, reserved) for found in inbox._files()]
    assert len(set(places)) == 2


def test_a_file_replaced_after_it_was_kept_goes_back(inbox: Inbox, folder: Path) -> None:
    (folder / "a.INV").write_bytes(b"first>")
    found = next(inbox._files())
    place = inbox.place(found, AT, set())
    (folder / "a.INV").unlink()
    (folder / "a.INV").write_bytes(b"another>")
    inbox.move(found, place)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"another>"]
    assert not (folder.parents[1] / place).exists()


def test_a_place_somebody_took_is_not_overwritten(inbox: Inbox, folder: Path) -> None:
    (folder / "a.INV").write_bytes(WHOLE)
    found = next(inbox._files())
    place = inbox.place(found, AT, set())
    (folder.parents[1] / place).write_bytes(b"other")
    with pytest.raises(FileExistsError):
        inbox.move(found, place)
    assert (folder / "a.INV").read_bytes() == WHOLE


def test_one_watcher_a_mailbox(inbox: Inbox, tmp_path: Path) -> None:
    inbox.own()
    inbox.own()
    other = Inbox(tmp_path, "card-1", patience_seconds=0)
    with pytest.raises(OwnedByAnother):
        other.own()
    inbox.disown()
    other.own()


def test_thousands_of_files_are_taken_in_bounded_looks(inbox: Inbox, folder: Path) -> None:
    for number in range(1200):
        (folder / f"{number:05d}.INV").write_bytes(WHOLE)
    taken: set[str] = set()
    inbox.standing_still()
    for _ in range(6):
        ready = inbox.standing_still()
        assert len(ready) <= module.MOST_A_LOOK
        for found in ready:
            taken.add(found.name)
            put_away(inbox, found)
    assert len(taken) == 1200


def test_names_that_are_no_text_are_kept_too(inbox: Inbox, folder: Path) -> None:
    raw = os.path.join(os.fsencode(folder), b"\xb2\xe2.INV")  # noqa: PTH118 - bytes
    with open(raw, "wb") as file:  # noqa: PTH123
        file.write(WHOLE)
    inbox.standing_still()
    [found] = inbox.standing_still()
    assert found.file_name == "\\xb2\\xe2.INV"
    content = inbox.read(found)
    assert content is not None
    assert content.data == WHOLE


def test_where_a_large_file_lies(tmp_path: Path, folder: Path) -> None:
    assert kept_file(tmp_path, "card-1", None, "a.INV") is None
    (folder / "a.INV").write_bytes(WHOLE)
    with kept_file(tmp_path, "card-1", ".bondgate-received/202601/a.INV", "a.INV") or BytesIO() as found:
        assert found.read() == WHOLE


def test_what_is_put_in_the_place_of_a_folder_after_the_look_is_not_read(
    inbox: Inbox, folder: Path, tmp_path: Path
) -> None:
    """A link would lead to files of others; what was looked at is what is read and moved."""
    (folder / "a.INV").write_bytes(WHOLE)
    inbox.standing_still()
    [found] = inbox.standing_still()
    place = inbox.place(found, AT, set())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.INV").write_bytes(b"secret")
    looked_at = folder.rename(folder.with_name("looked-at"))
    folder.symlink_to(elsewhere)
    content = inbox.read(found)
    assert content is not None
    assert content.data == WHOLE
    inbox.move(found, place)
    assert [path.name for path in elsewhere.iterdir()] == ["a.INV"]
    assert list(looked_at.iterdir()) == []
    with pytest.raises(InboxMissing):
        inbox.own()


def test_a_file_that_was_renamed_into_the_folder_is_taken_at_the_first_look(
    inbox: Inbox, folder: Path
) -> None:
    (folder / "written.INV").write_bytes(WHOLE)
    (folder / "renamed.INV").write_bytes(WHOLE)
    inbox._tell("renamed.INV", True)
    inbox._tell("written.INV", False)
    inbox._tell("gone.INV", True)
    assert names(inbox) == ["renamed.INV"]
    put_away(inbox, next(found for found in inbox._files() if found.name == "renamed.INV"))
    # The word holds for what came, and for nothing that later has its name.
    (folder / "renamed.INV").write_bytes(WHOLE)
    (folder / "gone.INV").write_bytes(WHOLE)
    assert names(inbox) == ["written.INV"]
