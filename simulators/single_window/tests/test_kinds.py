"""Every kind meets every outcome: what comes back, in what order, and what becomes of the document."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.single_window.kinds import BY_NAME
from simulators.single_window.outcomes import OUTCOMES
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import (
    SasPaper,
    bill,
    form,
    gate_pass,
    two_step_pass,
    vehicle,
)

MAKERS: dict[str, Callable[[str], SasPaper]] = {
    "business_form": form,
    "stock_bill": lambda internal_no: bill(internal_no, ""),
    "gate_pass": gate_pass,
    "vehicle": vehicle,
    "two_step_pass": two_step_pass,
}
APPROVALS = {name: BY_NAME[name].approval for name in MAKERS}
GATES = {"gate_pass": "SAS223", "two_step_pass": "SAS253"}
TAKEN = "Successed"


def approved(kind: str) -> list[str]:
    return [f"{APPROVALS[kind]}=1"]


def usual(kind: str) -> list[str]:
    """What follows the acknowledgement of an accepted filing."""
    return approved(kind) + [f"{gate}=1" for name, gate in GATES.items() if name == kind]


def expected(kind: str, outcome: str) -> list[str]:
    """The files of a filing, told here once more and not taken from the simulator's own tables."""
    rest, approval = usual(kind), APPROVALS[kind]
    gate = GATES.get(kind, "")
    table = {
        "DOOR": ["Failed"],
        "ROOT": ["Failed"],
        "RET": [TAKEN, f"{approval}=3"],
        "MAN": [TAKEN, f"{approval}=2", *rest],
        "SILENT": [TAKEN],
        "HOLD": [TAKEN, *approved(kind)],
        "NOPASS": [TAKEN, *approved(kind)],
        "MUTE": [],
        "FAIL": [],
        "NOACK": rest,
        "DUP": [name for name in [TAKEN, *rest] for _ in range(2)],
        "ORDER": [*reversed(rest), TAKEN],
        "SPLIT": [TAKEN, *approved(kind) * 3, *rest[1:]],
        "STORE": [TAKEN, f"{approval}=Y", *rest],
        "STOREFAIL": [TAKEN, f"{approval}=Z"],
        "PACK": [TAKEN, "SAS200=1", *rest],
        "PACKFAIL": [TAKEN, "SAS200=2"],
    }
    of_one_kind = {
        ("business_form", "PAUSE"): [TAKEN, "SAS201=1", "SAS202=1"],
        ("business_form", "RESUME"): [TAKEN, "SAS201=1", "SAS202=1", "SAS202=1"],
        ("business_form", "SYNC"): [TAKEN, "SAS201=1", "SAS203"],
        ("stock_bill", "SYNC"): [TAKEN, "SAS211=1", "SAS213"],
        ("stock_bill", "AMEND"): [TAKEN, "SAS211=1", "SAS212=1"],
        ("gate_pass", "AMEND"): [TAKEN, "SAS221=1", "SAS222=1", "SAS223=1"],
        ("gate_pass", "GATEREF"): [TAKEN, "SAS221=1", "SAS224=2"],
        ("gate_pass", "INSPECT"): [TAKEN, "SAS221=1", "SAS223=1", "SAS224=3"],
        ("two_step_pass", "GATEREF"): [TAKEN, "SAS251=1", "SAS253=2"],
    }
    if gate:
        of_one_kind[kind, "GATE2"] = [TAKEN, *approved(kind), f"{gate}=1", f"{gate}=1"]
        of_one_kind[kind, "NOGATE"] = [TAKEN, *approved(kind), f"{gate}=2"]
    return of_one_kind.get((kind, outcome)) or table.get(outcome, [TAKEN, *rest])


STATUS = {
    "RET": "returned", "SILENT": "declared", "MUTE": "declared", "STOREFAIL": "store_failed",
    "PACKFAIL": "store_failed", "HOLD": "approved", "NOPASS": "approved", "NOGATE": "approved",
    "GATEREF": "approved",
}  # fmt: skip


def filed(office: Office, kind: str, internal_no: str) -> list[str]:
    """The files that come back for a filing; a 出入库单 gets its 申报表 first."""
    paper = MAKERS[kind](internal_no)
    if kind == "stock_bill":
        office.send(form("OK-FORM"), seconds=1 + 5 * office.speed)
        paper = bill(internal_no, office.customs_no("OK-FORM"))
    return office.send(paper, seconds=2 + 25 * office.speed)


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name != "GARBAGE"])
@pytest.mark.parametrize("kind", MAKERS)
def test_what_comes_back(office: Office, kind: str, outcome: str) -> None:
    internal_no = f"{outcome}-001"
    came = filed(office, kind, internal_no)
    assert office.kinds(came) == expected(kind, outcome)
    box = "FailBox" if outcome == "FAIL" else "SentBox"
    assert f"{internal_no}.zip" in office.box(box)
    if outcome not in ("DOOR", "ROOT", "FAIL"):
        final = "passed" if kind in GATES else "approved"
        assert office.status(internal_no) == STATUS.get(outcome, final)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_same_with_delays(tmp_path: Path, kind: str) -> None:
    office = Office(tmp_path, speed=1.0)
    assert office.kinds(filed(office, kind, "OK-1")) == expected(kind, "OK")


@pytest.mark.parametrize("kind", MAKERS)
def test_garbage_lies_between(office: Office, kind: str) -> None:
    came = filed(office, kind, "GARBAGE-1")
    assert len(came) == len(expected(kind, "OK")) + 6


FORMATS = {
    "business_form": r"S2389A260105\d{6}",
    "stock_bill": r"X2389E260105\d{6}",
    "gate_pass": r"Z2389E260105\d{12}",
    "two_step_pass": r"Z2389I260105T\d{11}",
    "vehicle": r"2389\d{6}",
}


@pytest.mark.parametrize("kind", MAKERS)
def test_approval_and_number(office: Office, kind: str) -> None:
    came = filed(office, kind, "OK-1")
    assert re.fullmatch(r"Receipt_CUS0000E010000\d{25}_\d+\.SAS", came[1])
    root = office.root(came[1])
    assert root.tag == "Package"
    assert office.value(came[1], "message_type") == APPROVALS[kind]
    assert office.value(came[1], "etpsPreentNo") == office.seq_no("OK-1")
    number = office.value(came[1], "businessId") or ""
    assert re.fullmatch(FORMATS[kind], number)
    assert [office.value(came[1], name) for name in ("tmsCnt", "typecd")] == ["0", "1"]
    assert (office.value(came[1], "pocket_id") or "").startswith(number + "-")


@pytest.mark.parametrize("kind", MAKERS)
def test_a_return_has_reasons_and_no_number(office: Office, kind: str) -> None:
    came = filed(office, kind, "RET-1")
    assert len(office.reasons(came[1])) == 2
    assert office.value(came[1], "businessId") is None


def test_the_old_form_of_a_refusal(office: Office) -> None:
    [name] = office.send(form("ROOT-1"))
    assert name.startswith("Failed_ROOT-1_")
    root = office.root(name)
    assert root.tag == "Root"
    assert [child.tag for child in root] == ["resultFlag", "failCode", "failInfo", "retData"]
    assert (root.findtext("failInfo") or "").startswith("SAS101：")


@pytest.mark.parametrize(
    ("kind", "archive"),
    [
        ("business_form", "7"),
        ("stock_bill", "8"),
        ("gate_pass", "9"),
        ("vehicle", "10"),
        ("two_step_pass", "9"),
    ],
)
def test_a_packet_that_was_not_stored(office: Office, kind: str, archive: str) -> None:
    name = filed(office, kind, "PACKFAIL-1")[1]
    told = [office.value(name, n) for n in ("resutType", "etpsPreentNo", "manageResult")]
    assert told == [archive, office.seq_no("PACKFAIL-1"), "2"]
    assert office.value(name, "rmk")


@pytest.mark.parametrize("kind", MAKERS)
def test_the_prefixed_form(tmp_path: Path, kind: str) -> None:
    office = Office(tmp_path, prefixed=True)
    came = filed(office, kind, "OK-1")
    assert {e.prefix for e in office.root(came[1]).iter("*")} == {"ns2"}


def test_packets_of_a_form_hold_every_row_once(office: Office) -> None:
    parts = office.send(form("SPLIT-1", *[{"GdsMtno": f"P-{n}"} for n in range(11)]))[1:]
    assert len({office.value(name, "pocket_id") for name in parts}) == 1
    rows = [e.text for name in parts for e in office.root(name).iter("sasDclSeqno")]
    assert sorted(rows, key=lambda n: int(n or 0)) == [str(n) for n in range(1, 12)]
    assert sum(len(list(office.root(name).iter("SasDclBsc"))) for name in parts) == 1


def test_one_number_for_two_kinds_is_two_documents(office: Office) -> None:
    office.drop(form("OK-1"), "a")
    office.drop(gate_pass("OK-1"), "b")
    came = office.work()
    assert len(set(came)) == len(came) == 5
    assert office.ledger is not None
    assert {d.kind for d in office.ledger.documents_named("OK-1")} == {"business_form", "gate_pass"}


# The gate


def stucd(office: Office, name: str) -> str | None:
    return office.value(name, "stucd")


def test_a_single_gate(office: Office) -> None:
    came = office.send(gate_pass("OK-1"))
    assert [stucd(office, name) for name in came[1:]] == ["1", "2"]
    assert office.value(came[1], "passTime") is None
    assert office.value(came[2], "passTime") == office.value(came[2], "manageDate")
    assert office.value(came[2], "typecd") is None
    assert office.value(came[2], "wtError") == "8020"


@pytest.mark.parametrize("paper", [gate_pass, two_step_pass])
def test_a_double_gate(office: Office, paper: Callable[[str], SasPaper]) -> None:
    first, second = office.send(paper("GATE2-1"))[2:]
    assert [stucd(office, name) for name in (first, second)] == ["3", "4"]
    assert office.value(first, "passTime") == office.value(second, "passTime")
    assert office.value(first, "secdPassTime") is None
    assert office.value(second, "secdPassTime") == office.value(second, "manageDate")


def test_a_number_after_a_name_that_ends_in_one(office: Office) -> None:
    assert len(office.send(gate_pass("GATE21-7"))) == 4
    assert office.value(office.send(form("GATE21-8"))[1], "manageResult") == "1"


def test_not_passed_and_refused_leave_it_before_the_gate(office: Office) -> None:
    assert stucd(office, office.send(gate_pass("NOGATE-1"))[2]) == "1"
    assert stucd(office, office.send(gate_pass("GATEREF-1"))[2]) == "1"


def test_an_inspection_released_three_days_later(office: Office) -> None:
    came = office.send(gate_pass("INSPECT-1"))
    assert (office.value(came[2], "manageDate") or "").startswith("2026-01-05")
    assert (office.value(came[3], "manageDate") or "").startswith("2026-01-08")
    assert (office.value(came[3], "send_time") or "").startswith("2026-01-08")
    assert stucd(office, came[3]) == "2"
    assert "_20260105" in came[3]


def test_a_pass_waits_until_it_is_advanced(office: Office) -> None:
    office.send(gate_pass("NOPASS-1"))

    def advance(**body: str) -> str:
        office.control.post("/advance", {"internal_no": "NOPASS-1"} | body)
        [name] = office.work()
        return name

    assert office.kinds([advance(receipt="SAS223", result="2")]) == ["SAS223=2"]
    assert stucd(office, advance(receipt="SAS223", at_gate="first")) == "3"
    assert stucd(office, advance(receipt="SAS223", at_gate="second")) == "4"
    assert office.status("NOPASS-1") == "passed"
    assert office.kinds([advance(receipt="SAS224")]) == ["SAS224=3"]
    assert office.kinds([advance(receipt="SAS224", result="2")]) == ["SAS224=2"]
    assert office.kinds([advance(receipt="SAS200")]) == ["SAS200=1"]


# The form


def test_paused_and_resumed(office: Office) -> None:
    came = office.send(form("RESUME-1"))
    assert [office.value(name, "dclTbStucd") for name in came[1:]] == ["1", "2", "1"]
    assert office.value(came[1], "putrecEmapvTime")
    assert office.value(came[1], "masterCuscd") == "2389"


def test_the_usual_spellings_are_taken_too(office: Office) -> None:
    text = form("OK-1").xml().decode().replace("MaserCuscd>", "MasterCuscd>")
    paper = form("OK-1")
    paper.xml = text.encode  # type: ignore[method-assign]
    assert office.kinds(office.send(paper))[0] == TAKEN
