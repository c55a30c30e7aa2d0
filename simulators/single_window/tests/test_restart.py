"""A kill at any moment: nothing lost, nothing taken twice, nothing answered in two ways."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.single_window.ledger import Ledger
from simulators.single_window.mailbox import Mailbox
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import bill, form, gate_pass
from simulators.single_window.tests.uploads import Paper


class Killed(BaseException):
    """Stands for SIGKILL: nobody catches it."""


def killed_in(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    office: Office,
    *,
    after: bool,
    then: Callable[[], object] = lambda: None,
) -> None:
    """Work until that method is called, and die before or after it did its work; `then` happens while dead."""
    real = getattr(owner, name)

    def dying(*args: object) -> None:
        if after:
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        with pytest.raises(Killed):
            office.work(5)
    then()
    office.reopen()


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (Ledger, "record", False),
        (Ledger, "record", True),
        (Ledger, "plan", True),
        (Mailbox, "move", False),
        (Mailbox, "move", True),
        (Ledger, "moved", True),
        (Mailbox, "put", False),
        (Mailbox, "put", True),
        (Ledger, "delivered", False),
        (Ledger, "delivered", True),
        (Ledger, "keep", True),
    ],
)
def test_killed_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool
) -> None:
    office.drop(Paper("OK-1"))
    killed_in(monkeypatch, owner, name, office, after=after)
    office.work()
    assert office.box("SentBox") == ["OK-1.zip"]
    assert office.box("OutBox") == []
    assert office.kinds(office.box("InBox")).count("Successed") == 1
    assert len(office.box("InBox")) == 5
    assert len(office.control.get("/taken", {})) == 1
    assert office.status("OK-1") == "posted"
    assert office.control.get("/stats", {})["answers_waiting"] == 0


def test_killed_on_the_way_to_fail_box(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.drop(Paper("FAIL-1"))
    killed_in(monkeypatch, Mailbox, "move", office, after=False)
    office.work()
    assert office.box("FailBox") == ["FAIL-1.zip"]
    assert len(office.control.get("/taken", {})) == 1


def test_a_second_upload_in_place_of_a_moved_one_is_an_arrival_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.drop(Paper("OK-1"), "same")
    killed_in(monkeypatch, Mailbox, "move", office, after=True)
    office.drop(Paper("OK-1"), "same")
    office.work()
    assert [entry["result"] for entry in office.control.get("/taken", {})] == ["accepted", "refused"]


def test_the_same_with_the_new_file_there_at_the_start(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.drop(Paper("OK-1"), "same")
    killed_in(
        monkeypatch, Mailbox, "move", office, after=True, then=lambda: office.drop(Paper("OK-1"), "same")
    )
    office.work()
    assert [entry["result"] for entry in office.control.get("/taken", {})] == ["accepted", "refused"]


def test_a_file_put_in_place_of_one_that_could_not_be_moved(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(*_: object) -> None:
        raise PermissionError("locked")

    office.drop(Paper("OK-1"), "same")
    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "move", stuck)
        office.work(0.2)
    assert len(office.control.get("/taken", {})) == 1
    office.drop(Paper("OK-1"), "same")
    office.work()
    assert [entry["result"] for entry in office.control.get("/taken", {})] == ["accepted", "refused"]
    assert office.box("SentBox") == ["same.zip"]


def test_answers_outlive_a_restart(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    came = office.send(Paper("OK-1"), seconds=0.7)
    assert office.kinds(came) == ["Successed"]
    office.reopen()
    assert office.kinds(office.work(10)) == ["INV201=4", "INV201=4", "INV202=1", "INV211"]


def test_a_half_written_slow_file_is_written_again(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    office.drop(Paper("SLOW-1"))
    while not office.box("InBox"):
        office.work(0.05)
    [name] = office.box("InBox")
    office.reopen()
    office.work(60)
    assert office.value(name, "DealFlag") == "0"
    assert len(office.box("InBox")) == 5


def test_numbers_are_known_after_a_restart(office: Office) -> None:
    office.send(Paper("OK-1"))
    seq_no = office.seq_no("OK-1")
    office.reopen()
    came = office.send(Paper("OK-1", envelope={"message_id": "two"}), "again")
    assert f"【{seq_no}】" in office.text(came[0])


def test_answers_of_a_mailbox_that_has_gone_do_not_stop_the_others(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    office.send(Paper("OK-1"), seconds=0.1)
    shutil.rmtree(office.sas.parent)
    (office.exchange / "card-2").mkdir()
    office.sas = office.exchange / "card-2" / "Sas"
    office.work(0.1)
    assert len(office.send(Paper("OK-2"), seconds=10)) == 5


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (Ledger, "plan", True),
        (Ledger, "keep", False),
        (Ledger, "keep", True),
        (Mailbox, "put", True),
        (Ledger, "delivered", False),
        (Ledger, "delivered", True),
    ],
)
def test_what_one_document_does_to_another_happens_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool
) -> None:
    office.send(form("OK-F"))
    office.send(bill("OK-B", office.customs_no("OK-F")))
    earlier = len(office.box("InBox"))
    office.drop(gate_pass("OK-1", office.customs_no("OK-B")))
    killed_in(monkeypatch, owner, name, office, after=after)
    office.work()
    assert len(office.box("InBox")) - earlier == 5
    kinds = office.kinds(office.box("InBox"))
    assert [kinds.count(kind) for kind in ("SAS221=1", "SAS223=1", "SAS213")] == [1, 1, 2]
    marks = office.document("OK-B").marks
    assert (marks["passportUsedTypecd"], marks["passTypecd"]) == ("3", "3")
    assert office.status("OK-1") == "passed"


def test_a_pass_at_the_gate_waits_through_a_restart(office: Office) -> None:
    office.send(gate_pass("NOPASS-1"))
    office.reopen()
    office.control.post("/advance", {"internal_no": "NOPASS-1", "receipt": "SAS223"})
    assert office.kinds(office.work()) == ["SAS223=1"]
    assert office.status("NOPASS-1") == "passed"


OLD_LEDGER = """
CREATE TABLE arrivals (
    id INTEGER PRIMARY KEY, mailbox TEXT NOT NULL, file_name TEXT NOT NULL, stem TEXT NOT NULL, inode INTEGER NOT NULL,
    box TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL, outcome TEXT NOT NULL,
    text TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, xml_sha256 TEXT NOT NULL,
    internal_no TEXT NOT NULL, owner TEXT NOT NULL, message_id TEXT NOT NULL, declare_flag TEXT NOT NULL,
    seq_no TEXT NOT NULL, time TEXT NOT NULL
);
CREATE TABLE documents (
    seq_no TEXT PRIMARY KEY, owner TEXT NOT NULL, internal_no TEXT NOT NULL, customs_no TEXT, body TEXT NOT NULL,
    UNIQUE (owner, internal_no)
);
CREATE UNIQUE INDEX documents_customs ON documents (customs_no) WHERE customs_no <> '';
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, mailbox TEXT NOT NULL, seq_no TEXT NOT NULL, internal_no TEXT NOT NULL, kind TEXT NOT NULL,
    result TEXT NOT NULL, file_name TEXT NOT NULL, body BLOB, sha256 TEXT NOT NULL, due INTEGER NOT NULL,
    slow INTEGER NOT NULL, delivered TEXT
);
INSERT INTO documents VALUES ('202600000000000007', '3299W60001', 'OK-1', 'QD238926I000000007',
    '{"seq_no": "202600000000000007", "owner": "3299W60001", "internal_no": "OK-1", "mailbox": "card-1",
      "status": "approved", "customs_no": "QD238926I000000007", "entry_seq_no": "", "change_count": 0,
      "declaration_type": "1", "receiver": "", "uploads": 1, "prior_status": "stored", "head": {}, "goods": [],
      "goods_count": 0}');
INSERT INTO deliveries VALUES (1, 'card-1', '202600000000000007', 'OK-1', 'INV211', '', 'Receipt_X_1.INV', x'3c', '', 0, 0,
    NULL);
"""


def test_a_ledger_from_when_there_was_one_kind(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    old = sqlite3.connect(tmp_path / "state" / "ledger.sqlite")
    old.executescript(OLD_LEDGER)
    old.close()
    office = Office(tmp_path)
    office.work(0.2)
    assert office.box("InBox") == ["Receipt_X_1.INV"]
    assert office.status("OK-1") == "posted"
    assert office.document("OK-1").kind == "inventory"
    came = office.send(Paper("OK-1"))
    assert "【202600000000000007】" in office.text(came[0])
    office.reopen()
    assert office.kinds(office.send(form("OK-1"), "form")) == ["Successed", "SAS201=1"]
