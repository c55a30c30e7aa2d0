"""Whatever lies in an InBox is understood or refused with a reason; nothing raises."""

from __future__ import annotations

import io
import zipfile

import pytest

from customs.singlewindow import FAULT_TEXTS, pack
from services.receipts.reading import Understood, Unreadable, understand
from tests.support import answers

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE Package [<!ENTITY a SYSTEM "file:///etc/hostname">]><Package>&a;</Package>'


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b"\x00" * (40 * 1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        ("这不是回执\x00\x01".encode("gbk"), "not_xml"),
        (DOCTYPE, "doctype"),
        (answers.approval()[:400], "truncated"),
        (bomb(), "too_large"),
        (b"<Package/>", "missing_element"),
        (b"<html><body/></html>", "unknown_root"),
        (answers.approval().replace(b"INV201", b"SasAcmpRLMessage"), "unsupported_message"),
        (answers.approval(packet=("p", 4, 3)), "packets_differ"),
        (answers.approval(packet=("p", 0, 3)), "packets_differ"),
        (answers.approval(packet=("p", 1, 20_000)), "packets_differ"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_files_have_a_code_and_a_chinese_sentence(data: bytes, code: str) -> None:
    found = understand(data)
    assert isinstance(found, Unreadable)
    assert found.code == code
    assert code in FAULT_TEXTS
    assert any("\u4e00" <= c <= "\u9fff" for c in found.text)


def test_a_type_not_built_yet_is_named() -> None:
    found = understand(answers.approval().replace(b"INV201", b"SasAcmpRLMessage"))
    assert isinstance(found, Unreadable)
    assert found.message_type == "SasAcmpRLMessage"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_text_is_told_whatever_the_encoding(encoding: str) -> None:
    found = understand(answers.approval(result="3", reasons=("毛重小于净重",), encoding=encoding))
    assert isinstance(found, Understood)
    assert found.receipt.reasons == ("毛重小于净重",)
    assert "毛重小于净重" in found.text


def test_a_zip_around_a_receipt_is_opened() -> None:
    found = understand(pack("receipt", answers.approval()))
    assert isinstance(found, Understood)
    assert found.text == answers.approval().decode()


def test_an_upload_is_no_receipt() -> None:
    upload = b"<Signature><Object><Package><DataInfo><BussinessData><InvtMessage/></BussinessData></DataInfo></Package></Object></Signature>"
    found = understand(upload)
    assert isinstance(found, Unreadable)
    assert found.code == "unexpected_upload"


def test_a_failure_of_the_reader_itself_costs_one_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr("services.receipts.reading.read_receipt", broken)
    found = understand(answers.approval())
    assert isinstance(found, Unreadable)
    assert found.code == "reader_failed"
