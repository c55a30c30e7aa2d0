"""`bondgate message`: what a support engineer types when a customer sends a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.message import app
from customs.documents import KINDS
from customs.singlewindow import MAX_XML_BYTES, RESEND_REQUEST, pack, read_upload
from tests.support.documents import inventory
from tests.unit.customs.test_message_round_trip import composed

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
UPLOAD = EXAMPLES / "messages" / "INV101-upload.xml"


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(app, [*arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(result: Result) -> Any:
    return json.loads(result.stdout_bytes)


MESSAGES = sorted((EXAMPLES / "messages").glob("*.xml"))
UPLOAD_TYPES = {RESEND_REQUEST, *(kind.upload_type for kind in KINDS.values())}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_read_prints_the_same_json_for_file_stdin_and_zip(path: Path, tmp_path: Path) -> None:
    result = run("read", str(path))
    assert result.exit_code == 0
    assert result.stderr == ""
    is_upload = path.stem.split("-")[0] in UPLOAD_TYPES
    assert told(result)["direction"] == ("upload" if is_upload else "receipt")
    data = path.read_bytes()
    assert run("read", "-", stdin=data).stdout_bytes == result.stdout_bytes
    zipped = tmp_path / "x.zip"
    zipped.write_bytes(pack(path.stem, data))
    assert run("read", str(zipped)).stdout_bytes == result.stdout_bytes
    assert run("read", "--compact", str(path)).stdout_bytes.count(b"\n") == 1


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_write_takes_what_read_prints(path: Path) -> None:
    first = run("read", str(path))
    written = run("write", "-", stdin=first.stdout_bytes)
    assert written.exit_code == 0
    again = told(run("read", "-", stdin=written.stdout_bytes))
    # The skeleton is written whatever was there, and what nobody knows is not.
    apart = {"key_name", "signature_method", "signed", "unknown"}
    assert {n: v for n, v in again.items() if n not in apart} == {
        n: v for n, v in told(first).items() if n not in apart
    }


def test_a_bare_document_may_need_its_kind() -> None:
    for command in ("write", "check"):
        unclear = run(command, "-", stdin=b'{"head": {"remark": "x"}}')
        assert unclear.exit_code == 2
        assert f"--kind指明：{'、'.join(KINDS)}" in unclear.stderr
        assert run(command, "--kind", "gate_pass", "-", stdin=b'{"head": {"remark": "x"}}').exit_code != 2
        unknown = run(command, "--kind", "gate", "-", stdin=b'{"head": {}}')
        assert (unknown.exit_code, "gate_pass" in unknown.stderr) == (2, True)
    for kind in KINDS:
        for path in sorted((EXAMPLES / kind).glob("*.json")):
            if not path.stem.endswith("-draft"):
                told_by_names = told(run("check", "--json", str(path)))
                assert (path.stem, told_by_names["kind"], told_by_names["problems"]) == (path.stem, kind, [])


def test_a_request_has_nothing_to_check() -> None:
    path = EXAMPLES / "messages" / "INV141-full.xml"
    for stdin in (path.read_bytes(), run("read", str(path)).stdout_bytes):
        result = run("check", "-", stdin=stdin)
        assert (result.exit_code, "no_document" in result.stderr) == (2, True)


def test_read_then_write_gives_the_same_elements_and_values(tmp_path: Path) -> None:
    normal = tmp_path / "message.json"
    normal.write_bytes(run("read", str(UPLOAD)).stdout_bytes)
    written = tmp_path / "written.xml"
    assert run("write", str(normal), "-o", str(written)).exit_code == 0
    assert leaves(written.read_bytes()) == leaves(UPLOAD.read_bytes())
    assert run("write", "-", stdin=normal.read_bytes()).stdout_bytes == written.read_bytes()
    assert told(run("read", str(written))) == told(run("read", str(UPLOAD)))


def leaves(data: bytes) -> list[tuple[str, str]]:
    from lxml import etree

    tree = etree.fromstring(data).getroottree()
    return sorted(
        (tree.getpath(element), (element.text or "").strip())
        for element in tree.iter(etree.Element)
        if len(element) == 0 and element.tag != "PocketInfo"
    )


def test_a_bare_document_is_written_and_checked() -> None:
    document = EXAMPLES / "inventory" / "import.json"
    written = run("write", str(document))
    assert written.exit_code == 0
    given = json.loads(document.read_bytes())
    assert read_upload(written.stdout_bytes).document | given == read_upload(written.stdout_bytes).document
    checked = run("check", str(document))
    assert (checked.exit_code, "0处错误" in checked.stdout) == (0, True)


def test_write_tells_what_it_leaves_out() -> None:
    slim = run("read", str(EXAMPLES / "messages" / "INV101-upload-slim.xml")).stdout_bytes
    result = run("write", "-", stdin=slim)
    assert (result.exit_code, result.stderr) == (0, "注意：有1个未知元素没有写入\n")
    assert b"NotInTheCatalogue" not in result.stdout_bytes


def test_check_lists_every_error_with_pointers() -> None:
    document = inventory("SAMPLE-1", 2)
    head, goods = document["head"], document["goods"]
    assert isinstance(head, dict)
    assert isinstance(goods, list)
    del head["operating_code"]
    goods[1] = {**goods[1], "total_price": "1.00", "unit": "999"} if isinstance(goods[1], dict) else None
    result = run("check", "-", "--json", stdin=composed(document, declare_flag="7", change_count=0))
    assert result.exit_code == 1
    found = told(result)
    assert (found["ok"], found["message_type"], found["kind"]) == (False, "INV101", "inventory")
    assert {(one["pointer"], one["code"]) for one in found["problems"]} == {
        ("/head/operating_code", "required"),
        ("/goods/1/total_price", "total_differs"),
        ("/goods/1/unit", "unknown_code"),
        ("/declare_flag", "must_be"),
    }
    listed = run("check", "-", stdin=composed(document, declare_flag="7"))
    assert listed.exit_code == 1
    for text in ("4处错误", "/goods/1/total_price  total_differs", "表体第2行「申报总价」"):
        assert text in listed.stdout


def test_check_takes_the_json_of_a_message_with_whatever_is_wrong_in_it() -> None:
    message = told(run("read", str(UPLOAD)))
    message["document"]["goods"][0]["quantity"] = 12.5
    message["document"]["goods"][0]["colour"] = "red"
    message["sys_id"] = "Q9"
    result = run("check", "-", "--json", stdin=json.dumps(message).encode())
    assert result.exit_code == 1
    assert {(one["pointer"], one["code"]) for one in told(result)["problems"]} == {
        ("/goods/0/quantity", "decimal_as_string"),
        ("/goods/0/colour", "unknown_field"),
        ("/sys_id", "unknown_code"),
    }


def test_a_draft_passes_at_save_and_not_at_declare() -> None:
    draft = str(EXAMPLES / "inventory" / "minimal-draft.json")
    assert run("check", "--profile", "save", draft).exit_code == 0
    assert run("check", draft).exit_code == 1
    assert run("check", "--profile", "other", draft).exit_code == 2


NOT_MESSAGES: list[tuple[bytes, str]] = [
    (b"", "empty_file"),
    (b"plain text", "not_xml"),
    (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "doctype"),
    (UPLOAD.read_bytes()[:900], "truncated"),
    (pack("A", b""), "empty_file"),
    (pack("A", bytes(MAX_XML_BYTES + 1)), "too_large"),
    (b"PK\x03\x04 and nothing else", "bad_zip"),
    (b" " * (MAX_XML_BYTES + 1), "too_large"),
    (
        b"<Package><DataInfo><BussinessData><SasAcmpRLMessage/></BussinessData></DataInfo></Package>",
        "unsupported_message",
    ),
]


@pytest.mark.parametrize(("data", "code"), NOT_MESSAGES, ids=[code for _, code in NOT_MESSAGES])
@pytest.mark.parametrize("command", ["read", "check"])
def test_what_is_no_message_gets_one_line_and_status_2(command: str, data: bytes, code: str) -> None:
    result = run(command, "-", stdin=data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("错误：")
    assert result.stderr.endswith(f"（{code}）\n")
    assert result.stderr.count("\n") == 1


NOT_WRITABLE: list[tuple[bytes, str]] = [
    (b"{", "not_json"),
    (b"[]", "not_message_json"),
    (b"{}", "not_message_json"),
    (b'{"heads": {}}', "not_message_json"),
    (b'{"head": {"colour": "red"}}', "not_message_json"),
    (b'{"head": {"remark": 1.5}}', "not_message_json"),
    (b'{"head": {"remark": ["x"]}}', "not_message_json"),
    (b'{"goods": {}}', "not_message_json"),
    (b'{"goods": ["x"]}', "not_message_json"),
    (b'{"head": {"inventory_type": "0", "remark": "\\u0001"}}', "not_writable"),
    (b'{"message_type": "INV101"}', "not_message_json"),
    (b'{"message_type": "INV101", "document": {}, "colour": 1}', "not_message_json"),
    (b'{"message_type": "SAS999", "document": {}}', "unknown_message"),
    (b'{"message_type": "SAS999", "direction": "receipt"}', "unknown_message"),
    (b'{"message_type": "SAS221", "direction": "receipt", "colour": 1}', "not_message_json"),
    (
        b'{"message_type": "SAS200", "direction": "receipt", "body": {"document": {"head": {}}}}',
        "not_message_json",
    ),
    (
        b'{"message_type": "SAS223", "direction": "receipt", "body": {"result": {"colour": "1"}}}',
        "not_writable",
    ),
    (
        b'{"message_type": "INV211", "direction": "receipt", "body": {"book_rows": [{"colour": "1"}]}}',
        "not_writable",
    ),
    (b'{"message_type": "INV141", "document": {}}', "not_message_json"),
    (b"[" * 5_000, "not_json"),
]


@pytest.mark.parametrize(("data", "code"), NOT_WRITABLE, ids=[str(n) for n in range(len(NOT_WRITABLE))])
def test_what_cannot_be_written_gets_one_line_and_status_2(data: bytes, code: str) -> None:
    result = run("write", "-", stdin=data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"（{code}）\n")
    assert result.stderr.count("\n") == 1


def test_receipts_have_no_rules_and_files_may_be_missing(tmp_path: Path) -> None:
    receipt = run("check", str(EXAMPLES / "messages" / "INV201-short.xml"))
    assert (receipt.exit_code, receipt.stderr) == (
        2,
        "错误：应为上行报文，实际为INV201回执（unexpected_receipt）\n",
    )
    as_json = run("read", str(EXAMPLES / "messages" / "INV201-short.xml")).stdout_bytes
    assert run("check", "-", stdin=as_json).stderr == receipt.stderr
    missing = run("read", str(tmp_path / "none.xml"))
    assert (missing.exit_code, "文件不存在（file_unreadable）" in missing.stderr) == (2, True)
    assert "这是一个目录（file_unreadable）" in run("read", str(tmp_path)).stderr
    unwritable = run("write", str(EXAMPLES / "inventory" / "import.json"), "-o", str(tmp_path))
    assert (unwritable.exit_code, "file_unwritable" in unwritable.stderr) == (2, True)
