"""The control port: what it shows and what it moves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any

import pytest

from simulators.single_window.control import ControlPort, RefusedError
from simulators.single_window.kinds import BY_NAME
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import form, gate_pass, two_step_pass, vehicle
from simulators.single_window.tests.uploads import Paper


def test_taken_tells_every_file_with_both_hashes(office: Office) -> None:
    paper = Paper("OK-1", envelope={"message_id": "MSG-1"})
    office.send(paper, "INVT_1")
    office.send(Paper("FAIL-1"))
    first, second = office.control.get("/taken", {})
    assert first["sha256"] == hashlib.sha256((office.sas / "SentBox" / "INVT_1.zip").read_bytes()).hexdigest()
    assert first["xml_sha256"] == hashlib.sha256(paper.xml()).hexdigest()
    assert first["mailbox"] == "card-1"
    assert (first["stem"], first["message_id"], first["declare_flag"]) == ("INVT_1", "MSG-1", "1")
    assert (first["internal_no"], first["seq_no"]) == ("OK-1", office.seq_no("OK-1"))
    assert first["time"].startswith("2026-01-05T09:00:00")
    assert (second["box"], second["result"]) == ("FailBox", "failed")
    assert [e["id"] for e in office.control.get("/taken", {"after": [str(first["id"])]})] == [second["id"]]
    assert len(office.control.get("/taken", {"limit": ["1"]})) == 1


def test_one_number(office: Office) -> None:
    office.send(Paper("中文/OK-1"), "a")
    office.send(Paper("中文/OK-1"), "b")
    told = office.control.get("/taken/%E4%B8%AD%E6%96%87%2FOK-1", {})
    assert told["count"] == 2
    assert told["message_ids"] == {"M-中文/OK-1": 2}
    assert len(told["documents"]) == 1
    assert all(answer["delivered"] for answer in told["answers"])
    with pytest.raises(RefusedError):
        office.control.get("/taken/nobody", {})


def test_stats_count_what_was_sent_more_than_once(office: Office) -> None:
    office.send(Paper("OK-1"), "a")
    office.send(Paper("FAIL1-1"), "b")
    office.send(Paper("FAIL1-1"), "c")
    stats = office.control.get("/stats", {})
    assert stats["sent_more_than_once"] == {"internal_no": 0, "message_id": 0, "xml": 0}
    assert (stats["arrived"], stats["accepted"], stats["failed"]) == (3, 2, 1)
    office.send(Paper("OK-1"), "d")
    stats = office.control.get("/stats", {})
    assert stats["sent_more_than_once"] == {"internal_no": 1, "message_id": 1, "xml": 1}


def test_pause_and_resume(office: Office) -> None:
    assert office.control.post("/pause", {}) == {"paused": True}
    assert office.send(Paper("OK-1")) == []
    assert office.box("OutBox") == ["OK-1.zip"]
    assert office.control.post("/resume", {}) == {"paused": False}
    assert len(office.work()) == 5


def test_outcomes_can_be_set(office: Office) -> None:
    office.control.post("/outcomes", {"default": "RET"})
    assert office.kinds(office.send(Paper("20260001"))) == ["Successed", "INV201=3"]
    assert office.kinds(office.send(Paper("SILENT-1"))) == ["Successed"]
    office.control.post("/outcomes", {"internal_no": "SILENT-2", "outcome": "DOOR"})
    assert office.kinds(office.send(Paper("SILENT-2"))) == ["Failed"]
    for body in ({"default": "NONSENSE"}, {"internal_no": "x"}):
        with pytest.raises(RefusedError):
            office.control.post("/outcomes", body)
    assert set(office.control.get("/outcomes", {})["outcomes"]) > {"OK", "RET"}


def test_advance_sends_a_named_receipt(office: Office) -> None:
    office.send(Paper("SILENT-1"))

    def advance(**body: Any) -> str:
        office.control.post("/advance", {"internal_no": "SILENT-1"} | body)
        [name] = office.work()
        return name

    assert office.kinds([advance(receipt="INV201", result="2")]) == ["INV201=2"]
    name = advance(receipt="INV201", full=True)
    assert office.value(name, "manageResult") == "4"
    assert (office.value(name, "businessId") or "").startswith("QD")
    assert office.value(name, "invtPreentNo") == office.seq_no("SILENT-1")
    assert office.status("SILENT-1") == "approved"
    assert office.kinds([advance(receipt="INV202")]) == ["INV202=1"]
    assert office.kinds([advance(receipt="INV211")]) == ["INV211"]
    assert advance(receipt="ACK").startswith("Successed_SILENT-1_")
    assert office.status("SILENT-1") == "posted"
    for body in ({"receipt": "INV299"}, {"receipt": "INV202", "result": "7"}):
        with pytest.raises(RefusedError):
            office.control.post("/advance", {"internal_no": "SILENT-1"} | body)
    with pytest.raises(RefusedError):
        office.control.post("/advance", {"internal_no": "nobody"})


def test_advance_takes_every_receipt_of_a_kind(office: Office) -> None:
    """Whatever the kind, every receipt with every result and form can be asked for and is written."""
    for kind, paper in (
        ("inventory", Paper("SILENT-inventory")),
        ("business_form", form("SILENT-business_form")),
        ("gate_pass", gate_pass("SILENT-gate_pass")),
        ("vehicle", vehicle("SILENT-vehicle")),
        ("two_step_pass", two_step_pass("SILENT-two_step_pass")),
    ):
        office.send(paper)
        for wanted in BY_NAME[kind].receipts:
            for result in wanted.results:
                for variant in wanted.variants or ("",):
                    body = {"internal_no": f"SILENT-{kind}", "receipt": wanted.type, "result": result}
                    office.control.post("/advance", body | {"as": variant, "full": True, "kind": kind})
                    [name, *_] = office.work()
                    assert office.kinds([name]) == [wanted.type + (f"={result}" if result else "")]


def test_advance_asks_for_a_form_of_a_receipt(office: Office) -> None:
    office.send(form("OK-1"))
    for variant, told in (("pause", "2"), ("resume", "1")):
        office.control.post("/advance", {"internal_no": "OK-1", "receipt": "SAS202", "as": variant})
        assert office.value(office.work()[0], "dclTbStucd") == told
    for body in (
        {"receipt": "SAS202", "as": "stop"},
        {"receipt": "SAS223"},
        {"receipt": "SAS201", "kind": "vehicle"},
    ):
        with pytest.raises(RefusedError):
            office.control.post("/advance", {"internal_no": "OK-1"} | body)


def test_advance_hastens_what_is_planned(office: Office) -> None:
    office.intake.conditions.speed = 1000.0
    office.send(Paper("OK-1"))
    assert office.box("InBox") == []
    assert office.control.post("/advance", {"internal_no": "OK-1"}) == {"hastened": 5}
    assert office.kinds(office.work()) == ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"]


@pytest.fixture
def port(office: Office) -> Iterator[int]:
    port = ControlPort(office.control, "127.0.0.1", 0)
    port.start()
    yield port.port
    port.stop()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body)
    response = connection.getresponse()
    data = json.loads(response.read())
    connection.close()
    return response.status, data


def test_over_http(office: Office, port: int) -> None:
    assert ask(port, "GET", "/healthz") == (200, {"status": "ok"})
    office.send(Paper("OK-1"))
    status, told = ask(port, "GET", "/taken/OK-1")
    assert (status, told["count"]) == (200, 1)
    assert ask(port, "POST", "/pause") == (200, {"paused": True})
    assert ask(port, "POST", "/outcomes", b'{"default": "RET"}') == (200, {"default": "RET"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, HTTPStatus.NOT_FOUND),
        ("GET", "/taken/nobody", None, HTTPStatus.NOT_FOUND),
        ("GET", "/taken?after=x", None, HTTPStatus.BAD_REQUEST),
        ("GET", "/taken?after=-1", None, HTTPStatus.BAD_REQUEST),
        ("POST", "/nothing", b"{}", HTTPStatus.NOT_FOUND),
        ("POST", "/advance", b"{", HTTPStatus.BAD_REQUEST),
        ("POST", "/advance", b"[1]", HTTPStatus.BAD_REQUEST),
        ("POST", "/advance", b"\xff", HTTPStatus.BAD_REQUEST),
        ("POST", "/advance", b" " * 70_000, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ],
)
def test_bad_requests(port: int, method: str, path: str, body: bytes | None, status: int) -> None:
    got, told = ask(port, method, path, body)
    assert got == status
    assert told["error"]
