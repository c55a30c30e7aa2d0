"""The ZIP around an upload, from friends and from strangers."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs.singlewindow import MAX_XML_BYTES, MAX_ZIP_BYTES, UnreadableError, is_zip, pack, unpack

XML = b"<Signature></Signature>"


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def code_of(data: bytes, stem: str | None = None) -> str:
    with pytest.raises(UnreadableError) as refused:
        unpack(data, stem)
    return refused.value.code


@given(st.binary(max_size=2_000), st.text("ABC012_-", min_size=1, max_size=60))
def test_what_is_packed_comes_out(xml: bytes, stem: str) -> None:
    packed = pack(stem, xml)
    assert is_zip(packed)
    found = unpack(packed, stem)
    assert (found.stem, found.name, found.xml) == (stem, f"{stem}.xml", xml)
    assert unpack(packed).xml == xml
    assert pack(stem, xml) == packed


def test_it_holds_exactly_the_one_file() -> None:
    assert code_of(pack("A", XML), "B") == "zip_name"
    assert code_of(zipped(("A.txt", XML))) == "zip_name"
    assert code_of(zipped(("A.xml/", b""))) == "zip_name"
    assert code_of(zipped()) == "zip_entries"
    assert code_of(zipped(("A.xml", XML), ("B.xml", XML))) == "zip_entries"
    assert code_of(zipped(*((f"{n}.xml", b"") for n in range(100)))) == "zip_entries"


def test_bombs_and_giants() -> None:
    assert code_of(zipped(("A.xml", bytes(MAX_XML_BYTES + 1)))) == "too_large"
    assert code_of(b"PK\x03\x04" + bytes(MAX_ZIP_BYTES)) == "too_large"


def test_a_directory_that_lies_about_the_size() -> None:
    honest = zipped(("A.xml", bytes(5_000_000)))
    lying = honest.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert code_of(lying) == "bad_zip"


def test_broken_encrypted_and_strange() -> None:
    whole = pack("A", XML * 50)
    assert code_of(whole[:-30]) == "bad_zip"
    assert code_of(b"PK\x03\x04") == "bad_zip"
    assert code_of(b"") == "bad_zip"
    assert code_of(zipped(("A.xml", XML), method=zipfile.ZIP_LZMA)) == "bad_zip"
    damaged = bytearray(whole)
    damaged[40] ^= 0xFF
    assert code_of(bytes(damaged)) == "bad_zip"
    locked = bytearray(whole)
    directory = whole.rindex(b"PK\x01\x02")
    locked[6] |= 1
    locked[directory + 8] |= 1
    assert code_of(bytes(locked)) == "zip_encrypted"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    packed = bytearray(pack("A", XML))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpack(bytes(packed))
    except UnreadableError as fault:
        assert fault.code in ("bad_zip", "zip_name", "zip_entries", "zip_encrypted", "too_large")
