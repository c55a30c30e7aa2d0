"""出入库单 as messages and as a life: uploads come back as they were, receipts mean what customs meant."""

from __future__ import annotations

import pytest

from customs.documents.life import Purpose
from customs.documents.stock_bill import STOCK_BILL
from customs.singlewindow import read_receipt, read_upload
from customs.singlewindow.stock_bill.receipts import approval, change, synchronisation
from tests.contract.receipts_of_forms_and_bills import RECEIPTS
from tests.support.breaking import EXAMPLES, example
from tests.support.uploads import composed

MESSAGES = EXAMPLES / "messages"
NAMES = sorted(path.stem for path in (EXAMPLES / STOCK_BILL.name).glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_back_from_its_upload(name: str) -> None:
    document = example(STOCK_BILL, name)
    upload = read_upload(composed(STOCK_BILL, document))
    assert {section: part for section, part in upload.document.items() if part != []} == document
    assert (upload.kind, upload.sys_id, upload.unknown) == (STOCK_BILL, "", ())


def test_spellings_of_one_author_are_written_and_both_are_read() -> None:
    written = composed(STOCK_BILL, example(STOCK_BILL, "out"), customs_no="X3105E260116000001")
    for element in (b"<AreainEtpsNo>", b"<DclEtpsNo>", b"<ModfMarcked>", b"<SasStockNo>", b"<MasterCuscd>"):
        assert element in written
    usual = written
    for ours, theirs in (
        (b"AreainEtpsNo", b"AreainEtpsno"),
        (b"DclEtpsNo", b"DclEtpsno"),
        (b"ModfMarcked", b"ModfMarkcd"),
    ):
        usual = usual.replace(ours, theirs)
    assert read_upload(usual).document == read_upload(written).document


@pytest.mark.parametrize("name", [name for name in RECEIPTS if name.startswith("SAS21")])
def test_a_hand_made_receipt_is_understood(name: str) -> None:
    message_type, code, outcome, facts = RECEIPTS[name]
    receipt = read_receipt((MESSAGES / f"{name}.xml").read_bytes())
    assert (receipt.message_type, receipt.code, receipt.outcome) == (message_type, code, outcome)
    assert {fact: getattr(receipt, fact) for fact in facts} == facts


def test_a_full_receipt_tells_the_bill_in_catalogue_names() -> None:
    document = read_receipt((MESSAGES / "SAS213-gathered.xml").read_bytes()).body["document"]
    assert isinstance(document, dict)
    head = document["head"]
    assert isinstance(head, dict)
    assert (head["gathered_mark"], head["related_inventory_no"]) == ("2", "QD310526E000000123")
    assert (head["gate_pass_status"], head["pass_mark"], head["bill_status"]) == ("3", "3", "1")
    goods = document["goods"]
    assert isinstance(goods, list)
    assert [row["form_line_no"] for row in goods if isinstance(row, dict)] == [1, 2]


def test_the_returned_line_has_another_name_in_receipts() -> None:
    spec = STOCK_BILL.section("goods").fields["related_line_no"]
    assert (spec.up, spec.down) == ("RltGdsSeqno", "rltStockSeqno")


@pytest.mark.parametrize(
    ("result", "head", "seen"),
    [
        ({"result": "1", "declaration_type": "1"}, {"bill_status": "1"}, ("1", "approved")),
        ({"result": "1", "declaration_type": "2"}, {}, ("1", "approved")),
        ({"result": "1", "declaration_type": "3"}, {}, ("1", "voided")),
        ({"result": "1"}, {"declaration_type": "3"}, ("1", "voided")),
        ({"result": "1"}, {"bill_status": "2"}, ("1", "voided")),
        ({"result": "3", "declaration_type": "3"}, {"bill_status": "1"}, ("3", "returned")),
        ({"result": "2"}, {}, ("2", "manual_review")),
        ({"result": "Y"}, {}, ("Y", "stored")),
        ({"result": "0"}, {}, ("0", "other")),
        ({}, {"approval_mark": "1"}, ("1", "approved")),
    ],
)
def test_review(result: dict[str, str], head: dict[str, str], seen: tuple[str, str]) -> None:
    assert approval(result, head) == seen


@pytest.mark.parametrize(
    ("head", "seen"),
    [
        ({"bill_status": "2"}, ("2", "voided")),
        ({"bill_status": "1"}, ("1", "changed")),
        ({}, ("9", "changed")),
    ],
)
def test_change_by_customs(head: dict[str, str], seen: tuple[str, str]) -> None:
    assert change({"result": "9"}, head) == seen


def test_a_synchronisation_is_no_step_of_its_own() -> None:
    assert synchronisation({}, {"bill_status": "1"}) == ("1", "synchronised")
    assert not {"synchronised", "changed"} & {*STOCK_BILL.life.course, *STOCK_BILL.life.happenings}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, None),
        ({"gathered_mark": "1", "gate_pass_status": "1", "pass_mark": "1"}, None),
        ({"gathered_mark": "2"}, "已被集报清单归集"),
        ({"related_inventory_no": "QD310526E000000123"}, "已被集报清单归集"),
        ({"gate_pass_status": "2"}, "已生成核放单"),
        ({"gate_pass_status": "3"}, "已生成核放单"),
        ({"pass_mark": "2"}, "已生成核放单"),
    ],
)
def test_when_a_bill_may_be_voided(told: dict[str, str], reason: str | None) -> None:
    found = STOCK_BILL.life.lawful(Purpose.CANCELLATION, told)
    assert (found is None) == (reason is None)
    assert reason is None or reason in (found or "")
    assert STOCK_BILL.life.lawful(Purpose.CHANGE, told) is None


def test_the_rounds_of_a_bill() -> None:
    life = STOCK_BILL.life
    rounds = {purpose: (r.label, r.declaration_type, r.granted) for purpose, r in life.rounds.items()}
    assert rounds == {
        Purpose.CHANGE: ("变更", "2", None),
        Purpose.CANCELLATION: ("作废", "3", "voided"),
    }
    assert life.states["voided"].terminal
    assert STOCK_BILL.section("goods").rows_may_change


def test_every_element_of_the_full_upload_is_known_to_be_there() -> None:
    upload = read_upload((MESSAGES / "SAS111-upload.xml").read_bytes())
    for section in STOCK_BILL.sections:
        part = upload.document[section.name]
        rows = part if section.many and isinstance(part, list) else [part]
        there = {name for each in rows if isinstance(each, dict) for name in each}
        assert {spec.name for spec in section.fields.values() if spec.up} == there
