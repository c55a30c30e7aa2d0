"""The later rounds of the kinds beside 核注清单: changes, voids, closures, and what they leave behind."""

from __future__ import annotations

from typing import TypeVar

import pytest

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import SasPaper, bill, form, gate_pass, vehicle
from simulators.single_window.tests.uploads import Paper

Sent = TypeVar("Sent", SasPaper, Paper)


def later(office: Office, paper: Sent, round_: str, element: str, message: str = "later") -> Sent:
    """The paper as a later round of what is there under its number."""
    paper.head |= {
        "SeqNo": office.seq_no(paper.internal_no),
        element: office.customs_no(paper.internal_no),
        "DclTypecd": round_,
    }
    paper.envelope |= {"message_id": f"{message}-{paper.internal_no}-{round_}"}
    return paper


def told(office: Office, name: str) -> list[str | None]:
    return [office.value(name, n) for n in ("manageResult", "typecd", "tmsCnt")]


def sentence(office: Office, came: list[str]) -> str:
    assert office.kinds(came) == ["Failed"]
    return office.value(came[0], "CheckInfo") or ""


def test_a_form_is_changed_and_closed(office: Office) -> None:
    office.send(form("OK-1"))
    changed = form("OK-1", {"ModfMarkcd": "1", "DclQty": "200"}, {"SasDclSeqno": "2"})
    came = office.send(later(office, changed, "2", "SasDclNo"), "change")
    assert told(office, came[1]) == ["1", "2", "1"]
    assert office.value(came[1], "chgEmapvTime")
    assert office.document("OK-1").quantities["SasDclSeqno"] == {"1": "200", "2": "100"}
    closed = form("OK-1")
    closed.rows = {}
    came = office.send(later(office, closed, "3", "SasDclNo"), "close")
    assert told(office, came[1]) == ["1", "3", "1"]
    assert [office.value(came[1], n) for n in ("dclTbStucd", "dclTypecd")] == ["3", "3"]
    assert office.value(came[1], "clsCaseTime")
    assert office.status("OK-1") == "closed"


@pytest.mark.parametrize("round_", ["1", "2", "3"])
def test_a_closed_form_takes_nothing(office: Office, round_: str) -> None:
    office.send(form("OK-1"))
    office.send(later(office, form("OK-1"), "3", "SasDclNo"), "close")
    again = later(office, form("OK-1"), round_, "SasDclNo", "again")
    assert "已结案" in sentence(office, office.send(again, "again"))


@pytest.mark.parametrize("round_", ["2", "3"])
def test_nothing_is_taken_while_a_change_is_pending(office: Office, round_: str) -> None:
    office.send(form("OK-1"))
    office.choice.set_for("OK-1", "SILENT")
    change = form("OK-1", {"ModfMarkcd": "1"})
    office.send(later(office, change, "2", "SasDclNo"), "change")
    second = later(office, form("OK-1", {"ModfMarkcd": "1"}), round_, "SasDclNo", "second")
    assert "申报成功" in sentence(office, office.send(second, "second"))


def test_a_returned_change_leaves_the_form_as_it_was(office: Office) -> None:
    office.send(form("CHGRET-1"))
    changed = form("CHGRET-1", {"ModfMarkcd": "1", "DclQty": "1"})
    came = office.send(later(office, changed, "2", "SasDclNo"), "change")
    assert office.kinds(came) == ["Successed", "SAS201=3"]
    document = office.document("CHGRET-1")
    assert (document.status, document.change_count) == ("approved", 0)
    assert document.quantities["SasDclSeqno"] == {"1": "100"}
    office.send(bill("OK-2", document.customs_no))
    assert office.status("OK-2") == "approved"


def test_a_bill_may_rest_on_a_form_while_its_change_is_pending(office: Office) -> None:
    office.send(form("OK-1"))
    office.choice.set_for("OK-1", "SILENT")
    office.send(later(office, form("OK-1", {"ModfMarkcd": "1"}), "2", "SasDclNo"), "change")
    assert office.kinds(office.send(bill("OK-2", office.customs_no("OK-1"))))[1] == "SAS211=1"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"ModfMarkcd": "3"}], "申报序号[1]已存在"),
        ([{"ModfMarkcd": "1"}, {"ModfMarkcd": "1"}], "申报序号[2]在备案数据中不存在"),
    ],
)
def test_rows_of_a_change_agree_with_the_approved_ones(
    office: Office, rows: list[dict[str, str]], says: str
) -> None:
    office.send(form("OK-1"))
    came = office.send(later(office, form("OK-1", *rows), "2", "SasDclNo"), "change")
    assert office.kinds(came) == ["Successed", "SAS201=3"]
    assert says in office.reasons(came[1])[0]
    assert office.status("OK-1") == "approved"


def test_a_bill_is_changed_and_voided(office: Office) -> None:
    office.send(form("OK-F"))
    number = office.customs_no("OK-F")
    office.send(bill("OK-1", number))
    came = office.send(later(office, bill("OK-1", number, {"DclQty": "70"}), "2", "SasStockNo"), "change")
    assert told(office, came[1]) == ["1", "2", "1"]
    came = office.send(later(office, bill("OK-1", number), "3", "SasStockNo"), "void")
    assert told(office, came[1]) == ["1", "3", "1"]
    assert office.value(came[1], "stucd") == "2"
    assert office.status("OK-1") == "voided"


def test_a_pass_is_voided_but_never_changed(office: Office) -> None:
    office.send(gate_pass("NOPASS-1"))
    change = later(office, gate_pass("NOPASS-1"), "2", "PassportNo")
    assert "不允许变更" in sentence(office, office.send(change, "change"))
    came = office.send(later(office, gate_pass("NOPASS-1"), "3", "PassportNo"), "void")
    assert told(office, came[1]) == ["1", "3", "0"]
    assert office.value(came[1], "stucd") == "6"
    assert office.status("NOPASS-1") == "voided"


def test_a_passed_pass_is_not_voided(office: Office) -> None:
    office.send(gate_pass("OK-1"))
    void = later(office, gate_pass("OK-1"), "3", "PassportNo")
    assert "已过卡" in sentence(office, office.send(void, "void"))


def test_a_returned_void_leaves_the_pass_valid(office: Office) -> None:
    office.send(gate_pass("VOIDRET-1"))
    assert office.status("VOIDRET-1") == "passed"
    office.choice.set_for("VOIDRET-2", "NOPASS")
    office.send(gate_pass("VOIDRET-2"))
    office.choice.set_for("VOIDRET-2", "VOIDRET")
    came = office.send(later(office, gate_pass("VOIDRET-2"), "3", "PassportNo"), "void")
    assert office.kinds(came) == ["Successed", "SAS221=3"]
    assert office.status("VOIDRET-2") == "approved"


def test_a_vehicle_is_changed(office: Office) -> None:
    office.send(vehicle("OK-1"))
    came = office.send(later(office, vehicle("OK-1", VehicleWt="8100"), "2", "VehicleCusNo"), "change")
    assert told(office, came[1]) == ["1", "2", "1"]
    assert office.value(came[1], "vehicleWt") == "8100"


def test_a_deletion_that_customs_returns_leaves_the_inventory(office: Office) -> None:
    office.send(Paper("VOIDRET-1"))
    numbers = {"SeqNo": office.seq_no("VOIDRET-1"), "BondInvtNo": office.customs_no("VOIDRET-1")}
    paper = Paper("VOIDRET-1", head={"DclTypecd": "3"} | numbers, envelope={"message_id": "later"})
    assert office.kinds(office.send(paper, "delete")) == ["Successed", "INV201=3"]
    assert office.status("VOIDRET-1") == "approved"


def test_a_number_of_another_kind_is_unknown(office: Office) -> None:
    office.send(form("OK-1"))
    paper = gate_pass("OK-2", SeqNo=office.seq_no("OK-1"))
    assert "不存在" in sentence(office, office.send(paper))
