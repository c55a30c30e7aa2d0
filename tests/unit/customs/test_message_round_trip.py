"""What is composed is read again as the same document: for everything the catalogue can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from contracts.events.event import Route
from customs.documents import KINDS, Profile, check
from customs.documents.inventory import INVENTORY
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.singlewindow import (
    UncomposableError,
    Upload,
    as_json,
    compose,
    from_json,
    read,
    read_upload,
    write,
)
from customs.singlewindow.dialect import sections_by_element
from tests.support.documents import declarable_inventories, documents, inventory

ROUTE = Route(
    mailbox="example",
    card_no="8930000012345",
    sender_id="DXPENT0000012345",
    receiver_id="DXPEDCSAS0000001",
    sys_id="Z8",
    operator_customs_code="3105W60ABC",
)
AT = datetime(2026, 1, 15, 17, 5, 9, tzinfo=UTC)
_slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def composed(document: JsonObject, kind: Kind = INVENTORY, **more: Any) -> bytes:
    facts: dict[str, Any] = {
        "route": ROUTE,
        "declare_flag": "1",
        "message_id": "BG1",
        "send_time": AT,
        "file_name": "BG1.zip",
    }
    return compose(kind, document, **{**facts, **more})


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_document_of_the_catalogue_comes_back(kind: Kind) -> None:
    @_slow
    @given(documents(kind, system_fields=True))
    def comes_back(document: JsonObject) -> None:
        upload = read_upload(composed(document, kind))
        assert upload.document == document
        assert [*upload.document] == [*document]
        assert upload.unknown == ()
        assert read(write(upload)) == upload
        assert from_json(as_json(upload)) == upload

    comes_back()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_generated_values_are_what_the_check_calls_normal(kind: Kind) -> None:
    @_slow
    @given(documents(kind, system_fields=True))
    def is_normal(document: JsonObject) -> None:
        checked = check(kind, document, Profile.SAVE, system_fields="keep")
        by_value = [p for p in checked.problems if p.code not in _BETWEEN_FIELDS]
        assert by_value == []
        assert checked.document == document

    is_normal()


_BETWEEN_FIELDS = {
    "required",
    "required_when",
    "must_be",
    "must_be_empty",
    "section_not_allowed",
    "already_taken",
    "listed_twice",
    "repeated_within",
}


@_slow
@given(declarable_inventories())
def test_declarable_documents_pass_the_check_and_come_back(document: JsonObject) -> None:
    checked = check(INVENTORY, document, Profile.DECLARE)
    assert checked.problems == ()
    assert read_upload(composed(checked.document)).document == checked.document


@_slow
@given(documents(INVENTORY, system_fields=True))
def test_every_field_stands_under_its_own_element(document: JsonObject) -> None:
    root = etree.fromstring(composed(document))
    message = root.find("Object/Package/DataInfo/BussinessData/InvtMessage")
    assert message is not None
    for element, plan in sections_by_element(INVENTORY, "up").items():
        value = document.get(plan.section.name)
        rows = value if isinstance(value, list) else [value] if value is not None else []
        found = message.findall(element)
        assert len(found) == len(rows)
        for row, written in zip(rows, found, strict=True):
            assert isinstance(row, dict)
            expected = {plan.section.fields[name].up: str(value) for name, value in row.items()}
            assert {leaf.tag: leaf.text for leaf in written} == expected
            in_order = [spec.up for spec in plan.section.fields.values() if spec.name in row]
            assert [leaf.tag for leaf in written] == in_order


def test_the_tree_is_the_authoritys() -> None:
    root = etree.fromstring(composed(inventory("SAMPLE-1", 1)))
    assert [child.tag for child in root] == ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]
    assert root.findtext("KeyInfo/KeyName") == "aa"
    assert root.findtext("SignatureValue") == ""
    reference = root.find("SignedInfo/Reference")
    assert reference is not None
    assert reference.get("URI") == "String"
    assert reference.findtext("DigestValue") == ""
    envelope = root.find("Object/Package/EnvelopInfo")
    assert envelope is not None
    assert {leaf.tag: leaf.text for leaf in envelope} == {
        "version": "1.0",
        "message_id": "BG1",
        "file_name": "BG1.zip",
        "message_type": "INV101",
        "sender_id": "DXPENT0000012345",
        "receiver_id": "DXPEDCSAS0000001",
        "send_time": "2026-01-16T01:05:09",
        "Ic_Card": "8930000012345",
    }
    business = root.find("Object/Package/DataInfo/BussinessData")
    assert business is not None
    assert [child.tag for child in business] == ["InvtMessage", "DelcareFlag"]
    assert [child.tag for child in business[0]][-2:] == ["OperCusRegCode", "SysId"]
    assert business.findtext("DelcareFlag") == "1"


def test_known_numbers_stand_in_head_and_rows() -> None:
    document = inventory("SAMPLE-1", 2) | {"ecommerce_bills": [{"ecommerce_bill_no": "E1"}]}
    upload = read_upload(composed(document, seq_no="202600000000000123", customs_no="QD1", change_count=0))
    head, goods = upload.document["head"], upload.document["goods"]
    assert isinstance(head, dict)
    assert isinstance(goods, list)
    assert (head["seq_no"], head["customs_no"], head["change_count"]) == ("202600000000000123", "QD1", 0)
    assert [row["seq_no"] for row in goods if isinstance(row, dict)] == ["202600000000000123"] * 2
    assert upload.document["ecommerce_bills"] == [
        {"seq_no": "202600000000000123", "customs_no": "QD1", "ecommerce_bill_no": "E1"}
    ]
    assert "seq_no" not in str(document), "the given document is left as it was"


@pytest.mark.parametrize(
    "head",
    [{"remark": "a\x01b"}, {"remark": "\ud800"}, {"nonsense": "1"}, {"remark": ["<"]}, {"remark": "\uffff"}],
    ids=["control", "surrogate", "unknown", "list", "non-character"],
)
def test_what_no_message_can_carry_is_refused(head: JsonObject) -> None:
    with pytest.raises(UncomposableError):
        composed({"head": head})


def test_a_section_nobody_knows_is_refused() -> None:
    with pytest.raises(UncomposableError):
        composed({"head": {}, "nonsense": []})


def test_only_receipt_fields_are_left_out() -> None:
    upload = read_upload(composed({"head": {"internal_no": "1", "customs_status": "0"}}))
    assert upload.document["head"] == {"internal_no": "1"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff")))
def test_envelope_texts_cannot_break_out(text: str) -> None:
    upload = read_upload(composed({"head": {}}, message_id="x" + text + "x", file_name='"<&]]>'))
    assert isinstance(upload, Upload)
    assert upload.envelope.message_id == "x" + text + "x"
    assert upload.envelope.file_name == '"<&]]>'
