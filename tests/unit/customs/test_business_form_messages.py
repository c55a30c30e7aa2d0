"""业务申报表 as messages and as a life: uploads come back as they were, receipts mean what customs meant."""

from __future__ import annotations

import pytest

from customs.documents.business_form import BUSINESS_FORM
from customs.documents.life import Purpose
from customs.singlewindow import read_receipt, read_upload
from customs.singlewindow.business_form.receipts import approval, pause, synchronisation
from tests.contract.receipts_of_forms_and_bills import RECEIPTS
from tests.support.breaking import EXAMPLES, example
from tests.support.uploads import composed

MESSAGES = EXAMPLES / "messages"
NAMES = sorted(path.stem for path in (EXAMPLES / BUSINESS_FORM.name).glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_back_from_its_upload(name: str) -> None:
    document = example(BUSINESS_FORM, name)
    upload = read_upload(composed(BUSINESS_FORM, document))
    assert {section: part for section, part in upload.document.items() if part != []} == document
    assert (upload.kind, upload.sys_id, upload.unknown) == (BUSINESS_FORM, "", ())


def test_spellings_of_one_author_are_written_and_both_are_read() -> None:
    written = composed(BUSINESS_FORM, example(BUSINESS_FORM, "gathered-in"))
    assert b"<MaserCuscd>3105</MaserCuscd>" in written
    assert b"<LicenceVaildTime>20991231</LicenceVaildTime>" in written
    usual = written.replace(b"MaserCuscd", b"MasterCuscd").replace(b"LicenceVaildTime", b"LicenceValidTime")
    assert read_upload(usual).document == read_upload(written).document


def test_numbers_go_into_head_and_rows() -> None:
    document = example(BUSINESS_FORM, "outward-processing")
    written = composed(BUSINESS_FORM, document, seq_no="202600000000000201", customs_no="SB1", change_count=1)
    read = read_upload(written).document
    for part in (read["head"], *_rows(read["goods"]), *_rows(read["consumptions"])):
        assert isinstance(part, dict)
        assert (part["seq_no"], part["customs_no"]) == ("202600000000000201", "SB1")
        assert "change_count" not in part


def _rows(part: object) -> list[object]:
    assert isinstance(part, list)
    return part


@pytest.mark.parametrize("name", [name for name in RECEIPTS if name.startswith("SAS20")])
def test_a_hand_made_receipt_is_understood(name: str) -> None:
    message_type, code, outcome, facts = RECEIPTS[name]
    receipt = read_receipt((MESSAGES / f"{name}.xml").read_bytes())
    assert (receipt.message_type, receipt.code, receipt.outcome) == (message_type, code, outcome)
    assert {fact: getattr(receipt, fact) for fact in facts} == facts


def test_a_full_receipt_tells_the_form_in_catalogue_names() -> None:
    document = read_receipt((MESSAGES / "SAS201-approved.xml").read_bytes()).body["document"]
    assert isinstance(document, dict)
    head = document["head"]
    assert isinstance(head, dict)
    assert (head["seq_no"], head["change_count"], head["form_status"]) == ("202600000000000201", 0, "1")
    assert (head["supervising_customs"], head["filing_approved_at"]) == ("3105", "2026-01-16 09:06:10")
    assert [row["out_quantity"] for row in _dicts(document["goods"])] == ["0", "0", "0"]
    pairs = [(row["product_line_no"], row["material_line_no"]) for row in _dicts(document["consumptions"])]
    assert pairs == [(1, 1), (1, 2)]


def _dicts(part: object) -> list[dict[str, object]]:
    assert isinstance(part, list)
    return [row for row in part if isinstance(row, dict)]


@pytest.mark.parametrize(
    ("result", "head", "seen"),
    [
        ({"result": "1", "declaration_type": "1"}, {}, ("1", "approved")),
        ({"result": "1", "declaration_type": "2"}, {}, ("1", "approved")),
        ({"result": "1", "declaration_type": "3"}, {}, ("1", "concluded")),
        ({"result": "1"}, {"declaration_type": "3"}, ("1", "concluded")),
        ({"result": "1"}, {"form_status": "3"}, ("1", "concluded")),
        ({"result": "1", "declaration_type": "2"}, {"form_status": "3"}, ("1", "approved")),
        ({"result": "2", "declaration_type": "3"}, {}, ("2", "manual_review")),
        ({"result": "3", "declaration_type": "3"}, {}, ("3", "returned")),
        ({"result": "Z"}, {}, ("Z", "store_failed")),
        ({"result": "7"}, {}, ("7", "other")),
        ({}, {"approval_mark": "3"}, ("3", "returned")),
        ({}, {}, ("", "other")),
    ],
)
def test_review(result: dict[str, str], head: dict[str, str], seen: tuple[str, str]) -> None:
    assert approval(result, head) == seen


@pytest.mark.parametrize(
    ("head", "seen"),
    [
        ({"form_status": "1"}, ("1", "resumed")),
        ({"form_status": "2"}, ("2", "paused")),
        ({"form_status": "3"}, ("3", "concluded")),
        ({"form_status": "P"}, ("P", "other")),
        ({}, ("1", "other")),
    ],
)
def test_pause_and_resumption(head: dict[str, str], seen: tuple[str, str]) -> None:
    assert pause({"result": "1"}, head) == seen


def test_a_synchronisation_is_no_step_of_its_own() -> None:
    assert synchronisation({}, {"form_status": "2"}) == ("2", "synchronised")
    assert "synchronised" not in {*BUSINESS_FORM.life.course, *BUSINESS_FORM.life.happenings}


def test_the_rounds_of_a_form() -> None:
    life = BUSINESS_FORM.life
    rounds = {purpose: (r.label, r.declaration_type, r.granted) for purpose, r in life.rounds.items()}
    assert rounds == {
        Purpose.CHANGE: ("变更", "2", None),
        Purpose.CLOSURE: ("结案", "3", "concluded"),
    }
    assert life.rounds[Purpose.CLOSURE].from_states == {"approved", "paused"}
    assert life.states["concluded"].terminal
    assert life.happenings["resumed"].state == ""


def test_what_tells_rows_apart_and_what_a_change_may_not_touch() -> None:
    goods, consumptions = BUSINESS_FORM.section("goods"), BUSINESS_FORM.section("consumptions")
    assert goods.row_key == ("material_mark", "line_no")
    assert consumptions.row_key == ("product_line_no", "material_line_no")
    assert goods.rows_may_change
    assert consumptions.rows_may_change
    fixed = {
        spec.name
        for spec in goods.fields.values()
        if not spec.changeable and spec.need != "system" and spec.name != "change_mark"
    }
    assert fixed == {"line_no", "book_line_no", "material_mark"}


def test_every_element_of_the_full_upload_is_known_to_be_there() -> None:
    upload = read_upload((MESSAGES / "SAS101-upload.xml").read_bytes())
    for section in BUSINESS_FORM.sections:
        part = upload.document[section.name]
        rows = _dicts(part) if section.many else [part]
        there = {name for each in rows if isinstance(each, dict) for name in each}
        assert {spec.name for spec in section.fields.values() if spec.up} == there
