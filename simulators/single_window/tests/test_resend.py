"""INV141: the receipts of a document once more."""

from __future__ import annotations

import pytest

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import gate_pass, resend
from simulators.single_window.tests.uploads import Paper


def contents(office: Office, names: list[str]) -> list[bytes]:
    return [(office.sas / "InBox" / name).read_bytes() for name in names]


def test_every_receipt_comes_again_under_a_new_name(office: Office) -> None:
    first = office.send(gate_pass("OK-1"))
    seq_no = office.seq_no("OK-1")
    again = office.send(resend(seq_no), "INV141_1")
    assert office.kinds(again) == ["Successed", "SAS221=1", "SAS223=1"]
    assert again[0].startswith("Successed_INV141_1_")
    assert office.value(again[0], "SeqNo") == seq_no
    assert contents(office, again[1:]) == contents(office, first[1:])
    assert set(again).isdisjoint(first)
    assert office.status("OK-1") == "passed"
    assert office.kinds(office.send(resend(seq_no, SeqNo=seq_no), "INV141_2")) == office.kinds(again)


@pytest.mark.parametrize("by", ["internal_no", "customs_no", "businessId", "etpsPreentNo"])
def test_the_document_is_found_by_any_of_its_numbers(office: Office, by: str) -> None:
    office.send(Paper("OK-1"))
    number = office.customs_no("OK-1")
    paper = {
        "internal_no": resend("OK-1"),
        "customs_no": resend("", BusinessId=number),
        "businessId": resend("", businessId=number),
        "etpsPreentNo": resend("", EtpsPreentNo="", SeqNo=office.seq_no("OK-1")),
    }[by]
    if by == "etpsPreentNo":
        paper.head = {"SeqNo": office.seq_no("OK-1")}
    again = office.send(paper, "ask")
    assert office.kinds(again) == ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"]


def test_after_a_restart(office: Office) -> None:
    first = office.send(Paper("OK-1"))
    office.reopen()
    again = office.send(resend("OK-1"), "ask")
    assert contents(office, again[1:]) == contents(office, first[1:])


def test_a_document_nobody_knows(office: Office) -> None:
    came = office.send(resend("OK-9"))
    assert office.kinds(came) == ["Failed"]
    assert "OK-9" in (office.value(came[0], "CheckInfo") or "")
