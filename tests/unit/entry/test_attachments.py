"""What a file is, is found in its bytes; its name must say the same; the look at it is bounded."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.entry.attachments.file_types import BY_SUFFIX, FILE_TYPES, recognised, suffix_of
from services.entry.attachments.keeping import AttachmentTypeDiffers, AttachmentTypeUnknown, type_of
from tests.support.files import HEADS, MEMBERS, package, sample

ALL = (*HEADS, *MEMBERS)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", ALL)
def test_every_type_is_known_by_its_content(tmp_path: Path, suffix: str) -> None:
    found = recognised(_file(tmp_path, sample(suffix)))
    assert found is BY_SUFFIX[f".{suffix}"]
    assert type_of(f"发票.{suffix.upper()}", found) is found


def test_every_type_has_a_sample() -> None:
    assert {BY_SUFFIX[f".{suffix}"] for suffix in ALL} == set(FILE_TYPES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PD",
        b"MZ\x90\x00\x03",
        b"<html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg/>",
        b"GIF89a",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        package("notes.txt"),
        package("xl/workbook.xml"),
        package("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
        package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04" + b"\0" * 100,
    ],
)
def test_nothing_else_may_be_attached(tmp_path: Path, content: bytes) -> None:
    found = recognised(_file(tmp_path, content))
    assert found is None
    with pytest.raises(AttachmentTypeUnknown):
        type_of("发票.pdf", found)


def test_a_comment_and_many_members_change_nothing(tmp_path: Path) -> None:
    names = [*MEMBERS["xlsx"], *(f"xl/media/{n}.png" for n in range(2000))]
    assert recognised(_file(tmp_path, package(*names, comment="备注".encode()))) is BY_SUFFIX[".xlsx"]


def _with(content: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    at = content.rfind(mark) + offset
    return content[:at] + value + content[at + len(value) :]


def test_packages_that_are_bombs_or_secret_or_broken_are_not_read(tmp_path: Path) -> None:
    whole = sample("xlsx")
    entry, end = b"PK\x01\x02", b"PK\x05\x06"
    huge = _with(whole, entry, 24, struct.pack("<L", 0xFFFF_FFFE))
    secret = _with(whole, entry, 8, b"\x01\x00")
    lying_list = _with(whole, end, 12, struct.pack("<L", 0x7FFF_FFFF))
    more_members = _with(whole, end, 8, struct.pack("<2H", 9, 9))
    for broken in (huge, secret, lying_list, more_members, whole[:-10], whole + b"tail"):
        assert recognised(_file(tmp_path, broken)) is None
    assert recognised(_file(tmp_path, whole)) is not None


def test_a_list_of_members_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in MEMBERS["xlsx"]:
            archive.writestr(name, "")
        for n in range(300):
            archive.writestr(f"{n}/" + "x" * 4000, "")
    assert recognised(_file(tmp_path, out.getvalue())) is None


@given(st.binary(max_size=300), st.sampled_from(sorted(MEMBERS)), st.integers(0, 2000))
def test_damaged_packages_are_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, suffix: str, at: int
) -> None:
    whole = sample(suffix)
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    found = recognised(_file(tmp_path_factory.getbasetemp(), damaged))
    assert found is None or found in FILE_TYPES


@pytest.mark.parametrize("name", ["发票.png", "发票.exe", "发票", "发票.pdf.xlsx"])
def test_a_name_that_says_otherwise_is_refused_with_both_types(name: str) -> None:
    with pytest.raises(AttachmentTypeDiffers) as refused:
        type_of(name, BY_SUFFIX[".pdf"])
    assert "按内容为：PDF" in refused.value.detail
    named = BY_SUFFIX.get(suffix_of(name))
    assert (named.label if named else suffix_of(name) or "没有后缀") in refused.value.detail
