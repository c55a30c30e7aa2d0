"""Numbers given once, uploads that come again, and the later rounds of a document."""

from __future__ import annotations

import pytest

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import Paper


def again(internal_no: str, message: str = "again", **head: str) -> Paper:
    return Paper(internal_no, head=head, envelope={"message_id": message})


def check_info(office: Office, name: str) -> str:
    return office.value(name, "CheckInfo") or ""


def test_the_same_file_twice_is_refused_with_the_known_number(office: Office) -> None:
    office.send(Paper("OK-1"), "same")
    came = office.send(Paper("OK-1"), "same")
    assert office.kinds(came) == ["Failed"]
    assert f"【{office.seq_no('OK-1')}】" in check_info(office, came[0])
    assert office.status("OK-1") == "posted"


def test_the_same_number_without_seq_no_is_refused_with_the_known_number(office: Office) -> None:
    office.send(Paper("SILENT-1"))
    came = office.send(again("SILENT-1"), "again")
    assert office.kinds(came) == ["Failed"]
    said = check_info(office, came[0])
    assert f"【{office.seq_no('SILENT-1')}】" in said
    assert "SILENT-1" in said
    assert "3299W60001" in said


def test_the_same_number_of_another_firm_is_another_document(office: Office) -> None:
    office.send(Paper("OK-1"))
    other = again("OK-1", BizopEtpsno="3299W60009")
    assert office.kinds(office.send(other, "other"))[0] == "Successed"
    assert office.ledger is not None
    assert len({d.seq_no for d in office.ledger.documents_named("OK-1")}) == 2


def test_a_mute_taking_is_told_by_the_duplicate_refusal(office: Office) -> None:
    assert office.send(Paper("MUTE1-1"), "first") == []
    came = office.send(again("MUTE1-1"), "second")
    assert f"【{office.seq_no('MUTE1-1')}】" in check_info(office, came[0])


def test_an_unknown_seq_no_is_refused(office: Office) -> None:
    came = office.send(Paper("OK-1", head={"SeqNo": "202600000000000001"}))
    assert office.kinds(came) == ["Failed"]
    assert "不存在" in check_info(office, came[0])


def test_a_seq_no_of_another_firm_is_refused(office: Office) -> None:
    office.send(Paper("RET-1"))
    came = office.send(again("OK-2", SeqNo=office.seq_no("RET-1"), BizopEtpsno="3299W60009"), "other")
    assert "不属于" in check_info(office, came[0])


def test_stored_only_then_declared_with_its_number(office: Office) -> None:
    came = office.send(Paper("OK-1", declare_flag="0"), "draft")
    assert office.kinds(came) == ["Successed"]
    assert office.status("OK-1") == "stored"
    seq_no = office.seq_no("OK-1")
    assert office.value(came[0], "SeqNo") == seq_no
    assert office.kinds(office.send(again("OK-1", "m2"), "without")) == ["Failed"]
    declared = office.send(again("OK-1", "m3", SeqNo=seq_no), "with")
    assert office.kinds(declared)[0] == "Successed"
    assert office.value(declared[0], "SeqNo") == seq_no
    assert office.status("OK-1") == "posted"


def test_a_draft_may_be_stored_again(office: Office) -> None:
    office.send(Paper("OK-1", declare_flag="0"), "draft")
    second = again("OK-1", SeqNo=office.seq_no("OK-1"))
    second.declare_flag = "0"
    assert office.kinds(office.send(second, "draft2")) == ["Successed"]


@pytest.mark.parametrize("prefix", ["SILENT", "HOLD", "OK"])
def test_a_declared_one_may_not_be_declared_again(office: Office, prefix: str) -> None:
    office.send(Paper(f"{prefix}-1"))
    seq_no = office.seq_no(f"{prefix}-1")
    came = office.send(again(f"{prefix}-1", SeqNo=seq_no), "again")
    assert office.kinds(came) == ["Failed"]
    assert f"【{seq_no}】" in check_info(office, came[0])


@pytest.mark.parametrize("prefix", ["RET", "STOREFAIL"])
def test_a_returned_one_may(office: Office, prefix: str) -> None:
    office.send(Paper(f"{prefix}1-1"))
    paper = again(f"{prefix}1-1", SeqNo=office.seq_no(f"{prefix}1-1"))
    assert office.kinds(office.send(paper, "again"))[-1] == "INV211"


def test_the_same_file_is_refused_even_where_its_status_would_admit_it(office: Office) -> None:
    office.send(Paper("RET-1"))
    seq_no = office.seq_no("RET-1")
    assert office.kinds(office.send(again("RET-1", SeqNo=seq_no), "second")) == ["Successed", "INV201=3"]
    came = office.send(again("RET-1", SeqNo=seq_no), "second")
    assert office.kinds(came) == ["Failed"]
    assert f"【{seq_no}】" in check_info(office, came[0])


def approved(office: Office, internal_no: str) -> dict[str, str]:
    office.send(Paper(internal_no))
    assert office.ledger is not None
    document = office.ledger.documents_named(internal_no)[0]
    return {"SeqNo": document.seq_no, "BondInvtNo": document.customs_no}


def test_a_change_is_approved_under_the_same_numbers(office: Office) -> None:
    numbers = approved(office, "HOLD-1")
    came = office.send(again("HOLD-1", DclTypecd="2", Rmk="变更后", **numbers), "change")
    assert office.kinds(came) == ["Successed", "INV201=4", "INV201=4"]
    assert [office.value(came[2], n) for n in ("typecd", "tmsCnt", "businessId")] == [
        "2",
        "1",
        numbers["BondInvtNo"],
    ]
    assert office.value(came[2], "rmk") == "变更后"
    assert office.status("HOLD-1") == "approved"


def test_a_returned_change_leaves_the_approved_version(office: Office) -> None:
    numbers = approved(office, "HOLD1-1")
    office.choice.set_for("HOLD1-1", "RET")
    came = office.send(again("HOLD1-1", DclTypecd="2", **numbers), "change")
    assert office.kinds(came) == ["Successed", "INV201=3"]
    assert office.status("HOLD1-1") == "approved"
    office.choice.set_for("HOLD1-1", "OK")
    came = office.send(again("HOLD1-1", "third", DclTypecd="2", **numbers), "change2")
    assert office.value(came[1], "tmsCnt") == "1"


def test_a_deletion_is_approved(office: Office) -> None:
    numbers = approved(office, "HOLD-1")
    came = office.send(again("HOLD-1", DclTypecd="3", **numbers), "delete")
    assert office.kinds(came) == ["Successed", "INV201=1", "INV201=1"]
    assert office.value(came[2], "invtStucd") == "3"
    assert office.status("HOLD-1") == "deleted"


@pytest.mark.parametrize("kind", ["2", "3"])
def test_changes_need_an_approved_document_and_its_number(office: Office, kind: str) -> None:
    assert office.kinds(office.send(Paper("OK-9", head={"DclTypecd": kind}), "new")) == ["Failed"]
    office.send(Paper("RET-1"))
    returned = again("RET-1", SeqNo=office.seq_no("RET-1"), DclTypecd=kind)
    assert office.kinds(office.send(returned, "returned")) == ["Failed"]
    numbers = approved(office, "HOLD-1") | {"BondInvtNo": "QD000026I000000000"}
    assert office.kinds(office.send(again("HOLD-1", DclTypecd=kind, **numbers), "wrong")) == ["Failed"]
