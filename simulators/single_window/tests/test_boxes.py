"""What the import client takes, what it throws into FailBox, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from simulators.single_window import parcel
from simulators.single_window.garbage import bomb
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import Paper, drop, zipped

XML = Paper("OK-1").xml()


def with_method(method: int) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.xml", XML)
    return packed.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"a.xml": XML}))
    directory = data.rfind(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1
    return bytes(data)


def two_said_to_be_one() -> bytes:
    data = bytearray(zipped({"a.xml": XML, "b.xml": XML}))
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", data, end + 8, 1, 1)
    return bytes(data)


def broken() -> bytes:
    data = bytearray(zipped({"a.xml": XML}))
    data[80] ^= 0xFF
    return bytes(data)


def lying_bomb() -> bytes:
    """A bomb whose directory claims a small size."""
    data = bytearray(bomb())
    data = data.replace(b"bomb.xml", b"aaaa.xml")
    directory = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 1000)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", b"not a zip at all"),
        ("a.zip", b""),
        ("a.zip", zipped({"a.xml": XML})[:-30]),
        ("a.zip", zipped({})),
        ("a.zip", zipped({"a.xml": XML, "b.xml": XML})),
        ("a.zip", zipped({f"{n}.xml": b"" for n in range(3000)})),
        ("a.zip", zipped({"b.xml": XML})),
        ("a.zip", zipped({"dir/a.xml": XML})),
        ("a.zip", zipped({"../a.xml": XML})),
        ("a.zip", zipped({"a.txt": XML})),
        ("a.zip", two_said_to_be_one()),
        ("a.zip", encrypted()),
        ("a.zip", broken()),
        ("a.zip", with_method(zipfile.ZIP_LZMA)),
        ("bomb.zip", bomb()),
        ("aaaa.zip", lying_bomb()),
        ("a.xml", XML),
        ("a", XML),
        ("字" * 70 + ".zip", zipped({"字" * 70 + ".xml": XML})),
    ],
)
def test_what_cannot_be_taken_goes_to_fail_box(office: Office, name: str, content: bytes) -> None:
    (office.sas / "OutBox" / name).write_bytes(content)
    assert office.work() == []
    assert office.box("FailBox") == [name]
    assert office.box("OutBox") == office.box("SentBox") == []
    assert (office.sas / "FailBox" / name).read_bytes() == content
    [entry] = office.control.get("/taken", {})
    assert (entry["result"], entry["box"], entry["moved"]) == ("failed", "FailBox", True)
    assert entry["text"]


def test_a_long_directory_is_not_even_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({f"{n}.xml": b"" for n in range(3000)})
    monkeypatch.setattr(zipfile.ZipFile, "infolist", lambda _: pytest.fail("directory was read"))
    (office.sas / "OutBox" / "a.zip").write_bytes(content)
    office.work()
    assert office.box("FailBox") == ["a.zip"]


def test_a_zip_over_the_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcel, "MAX_ZIP_BYTES", 1000)
    drop(office.sas / "OutBox", "a", os.urandom(2000))
    office.work()
    assert office.box("FailBox") == ["a.zip"]


def test_stored_zips_are_taken(office: Office) -> None:
    (office.sas / "OutBox" / "a.zip").write_bytes(with_method(zipfile.ZIP_STORED))
    assert office.kinds(office.work())[0] == "Successed"


def test_a_file_still_being_written_is_waited_for(office: Office) -> None:
    whole = zipped({"a.xml": XML})
    target = office.sas / "OutBox" / "a.zip"
    for end in range(0, len(whole), 300):
        target.write_bytes(whole[:end])
        office.work(0.2)
        assert office.box("OutBox") == ["a.zip"]
    target.write_bytes(whole)
    assert office.kinds(office.work())[0] == "Successed"


@pytest.mark.parametrize("name", ["a.zip.tmp", ".a.zip", "~a.zip", "a.part", "a.zip.filepart"])
def test_temporary_files_are_left_alone(office: Office, name: str) -> None:
    (office.sas / "OutBox" / name).write_bytes(zipped({"a.xml": XML}))
    office.work(2)
    assert office.box("OutBox") == [name]


def test_folders_and_links_are_left_alone(office: Office, tmp_path: Path) -> None:
    (office.sas / "OutBox" / "folder.zip").mkdir()
    outside = tmp_path / "outside.zip"
    outside.write_bytes(zipped({"link.xml": XML}))
    (office.sas / "OutBox" / "link.zip").symlink_to(outside)
    office.work()
    assert office.box("OutBox") == ["folder.zip", "link.zip"]
    assert outside.exists()


def test_a_name_nobody_can_print(office: Office) -> None:
    name = os.fsdecode(b"\xff\xfe.zip")
    drop(office.sas / "OutBox", "a", XML).rename(office.sas / "OutBox" / name)
    office.work()
    assert office.box("FailBox") == [name]
    assert office.kinds(office.send(Paper("OK-1")))[0] == "Successed"


def test_boxes_are_made_for_every_mailbox_that_appears(office: Office) -> None:
    (office.exchange / "card-2").mkdir()
    (office.exchange / ".hidden").mkdir()
    (office.exchange / "file").write_text("")
    office.work(0.1)
    assert sorted(p.name for p in (office.exchange / "card-2" / "Sas").iterdir()) == [
        "FailBox", "InBox", "OutBox", "SentBox",
    ]  # fmt: skip
    assert list((office.exchange / ".hidden").iterdir()) == []
    drop(office.exchange / "card-2" / "Sas" / "OutBox", "b", Paper("OK-2").xml())
    office.work()
    assert len(list((office.exchange / "card-2" / "Sas" / "InBox").iterdir())) == 5
    assert office.box("InBox") == []


def test_a_wiped_mailbox_comes_back(office: Office) -> None:
    office.send(Paper("OK-1"))
    shutil.rmtree(office.sas)
    office.work(0.2)
    office.work(0.2)
    assert office.kinds(office.send(Paper("OK-2")))[0] == "Successed"


def test_a_file_of_the_same_name_takes_the_place_of_the_old_one(office: Office) -> None:
    office.send(Paper("DOOR1-1"), "same")
    office.send(Paper("DOOR1-1", envelope={"message_id": "two"}), "same")
    assert office.box("SentBox") == ["same.zip"]
    assert len(office.control.get("/taken", {})) == 2
