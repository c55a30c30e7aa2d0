"""核放单, its two-step variant and vehicles as messages and as a life."""

from __future__ import annotations

import pytest

from customs.documents import KINDS, Kind, Profile, check
from customs.documents.gate_pass import GATE_PASS
from customs.documents.life import Purpose
from customs.documents.spellings import spelt
from customs.documents.two_step_pass import TWO_STEP_PASS
from customs.documents.vehicle import VEHICLE
from customs.singlewindow import read_receipt, read_upload
from customs.singlewindow.forms import receipt_types
from customs.singlewindow.gate_pass.receipts import approval, change, inspection, passing
from tests.contract.receipts_of_passes_and_vehicles import RECEIPTS
from tests.support.breaking import EXAMPLES, example
from tests.support.uploads import composed

MESSAGES = EXAMPLES / "messages"
CASES = [
    (kind, path.stem)
    for kind in (GATE_PASS, VEHICLE, TWO_STEP_PASS)
    for path in sorted((EXAMPLES / kind.name).glob("*.json"))
]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind.name}/{name}" for kind, name in CASES])
def test_an_example_comes_back_from_its_upload(kind: Kind, name: str) -> None:
    document = example(kind, name)
    upload = read_upload(composed(kind, document))
    sent = {section: part for section, part in upload.document.items() if part != []}
    kept_here = {"vehicle_ic_no"} if kind is VEHICLE else set()
    assert sent == {**document, "head": {n: v for n, v in document["head"].items() if n not in kept_here}}
    assert (upload.kind, upload.sys_id, upload.unknown) == (kind, "Z8" if kind.tells_system else "", ())


@pytest.mark.parametrize("kind", [GATE_PASS, VEHICLE, TWO_STEP_PASS], ids=lambda kind: kind.name)
def test_the_hand_made_upload_passes_every_rule(kind: Kind) -> None:
    upload = read_upload((MESSAGES / f"{kind.upload_type}-upload.xml").read_bytes())
    checked = check(kind, upload.document, Profile.DECLARE, system_fields="keep")
    assert (checked.problems, checked.warnings) == ((), ())


def test_the_number_stands_in_head_and_linked_documents_by_its_two_spellings() -> None:
    written = composed(GATE_PASS, example(GATE_PASS, "one-bill"), customs_no="Z3105I260116000000000001")
    assert b"<PassportNo>Z3105I260116000000000001</PassportNo>" in written
    assert b"<PassPortNo>Z3105I260116000000000001</PassPortNo>" in written
    assert b"<RtlBillNo>QD310526I000000123</RtlBillNo>" in written
    assert b"SysId" not in written


def test_a_system_that_somebody_sent_is_read() -> None:
    written = composed(GATE_PASS, example(GATE_PASS, "one-bill"))
    sent = written.replace(b"</PassPortMessage>", b"<SysId>Z7</SysId></PassPortMessage>")
    assert read_upload(sent).sys_id == "Z7"
    assert b"<SysId>Z8</SysId>" in composed(TWO_STEP_PASS, example(TWO_STEP_PASS, "container"))


def test_a_sender_that_carries_the_gates_times_is_read() -> None:
    written = composed(GATE_PASS, example(GATE_PASS, "one-bill"))
    sent = written.replace(b"</PassportHead>", b"<PassTime>2026-01-17</PassTime><Stucd/></PassportHead>")
    head = read_upload(sent).document["head"]
    assert isinstance(head, dict)
    assert head["passed_at"] == "2026-01-17"


def test_the_usual_spelling_is_read_where_another_is_written() -> None:
    written = composed(TWO_STEP_PASS, example(TWO_STEP_PASS, "container"), seq_no="202600000000000601")
    usual = written
    for name in ("SeqNo", "AreainEtpsno", "DclEtpsno", "InputSccd"):
        ours = spelt("ICP101", name).encode()
        assert b"<%s>" % ours in written
        usual = usual.replace(ours, name.encode())
    assert usual != written
    assert read_upload(usual).document == read_upload(written).document


@pytest.mark.parametrize("spelling", ["passID", "passId"])
@pytest.mark.parametrize("name", ["SAS223-passed", "SAS253-passed"])
def test_the_gate_is_read_in_both_spellings(name: str, spelling: str) -> None:
    data = (MESSAGES / f"{name}.xml").read_text("utf-8")
    data = data.replace("<passID>", f"<{spelling}>").replace("</passID>", f"</{spelling}>")
    data = data.replace("<passId>", f"<{spelling}>").replace("</passId>", f"</{spelling}>")
    receipt = read_receipt(data.encode())
    document = receipt.body["document"]
    assert isinstance(document, dict)
    assert isinstance(document["head"], dict)
    assert document["head"]["gate_id"] == "NB01"
    assert receipt.unknown == ()


def test_the_full_receipt_tells_goods_and_linked_documents() -> None:
    document = read_receipt((MESSAGES / "SAS221-approved.xml").read_bytes()).body["document"]
    assert isinstance(document, dict)
    goods, linked = document["goods"], document["linked_documents"]
    assert isinstance(goods, list)
    assert [row["related_line_no"] for row in goods if isinstance(row, dict)] == [1, 2]
    number = "Z3105I260116000000000001"
    assert linked == [{"customs_no": number, "linked_type": "1", "bill_no": "QD310526I000000123"}]


@pytest.mark.parametrize(
    ("result", "head", "seen"),
    [
        ({"result": "1", "declaration_type": "1"}, {"passage_status": "1"}, ("1", "approved")),
        ({"result": "1", "declaration_type": "3"}, {}, ("1", "voided")),
        ({"result": "1"}, {"declaration_type": "3"}, ("1", "voided")),
        ({"result": "1"}, {"passage_status": "6"}, ("1", "voided")),
        ({"result": "3", "declaration_type": "3"}, {"passage_status": "1"}, ("3", "returned")),
        ({"result": "Z"}, {}, ("Z", "store_failed")),
        ({"result": "9"}, {}, ("9", "other")),
    ],
)
def test_review(result: dict[str, str], head: dict[str, str], seen: tuple[str, str]) -> None:
    assert approval(result, head) == seen


@pytest.mark.parametrize(
    ("result", "status", "seen"),
    [
        ("1", "2", "gate_passed"),
        ("1", "3", "gate_passed_first"),
        ("1", "4", "gate_passed_second"),
        # The answer is that the truck passed; a status that was not told or is odd takes nothing from that.
        ("1", "", "gate_passed"),
        ("1", "1", "gate_passed"),
        ("2", "1", "gate_not_passed"),
        ("2", "2", "gate_not_passed"),
        ("", "2", "other"),
        ("3", "2", "other"),
    ],
)
def test_passing(result: str, status: str, seen: str) -> None:
    assert passing({"result": result}, {"passage_status": status}) == (result, seen)


def test_inspection_and_changes_by_customs() -> None:
    assert [inspection({"result": code}, {})[1] for code in "123"] == [
        "other",
        "gate_refused",
        "gate_released",
    ]
    told = {status: change({}, {"passage_status": status}) for status in "1256"}
    assert told == {
        "1": ("1", "changed"),
        "2": ("2", "changed"),
        "5": ("5", "deleted"),
        "6": ("6", "voided"),
    }


def test_a_pass_is_voided_before_the_gate_and_never_changed() -> None:
    (round_,) = GATE_PASS.life.rounds.values()
    assert (round_.purpose, round_.declaration_type, round_.granted) == (Purpose.CANCELLATION, "3", "voided")
    assert round_.from_states == {"approved", "not_passed"}
    assert TWO_STEP_PASS.life.rounds == {}
    assert {*VEHICLE.life.rounds} == {Purpose.CHANGE}


@pytest.mark.parametrize("kind", [GATE_PASS, TWO_STEP_PASS], ids=lambda kind: kind.name)
def test_every_outcome_of_the_gate_leads_somewhere(kind: Kind) -> None:
    told = {
        outcome
        for name, (message_type, _, outcome, _) in RECEIPTS.items()
        if message_type in receipt_types(kind)
    }
    leads = kind.life.course.keys() | kind.life.happenings.keys()
    assert told - {"changed", "other", "store_failed"} <= leads


def test_the_variant_says_what_it_is_a_form_of() -> None:
    assert KINDS[str(TWO_STEP_PASS.variant_of)] is GATE_PASS
