"""Every rule of the 核放单: a document that keeps it passes, the same document broken in one place does not."""

from __future__ import annotations

from datetime import date

import pytest

from customs.documents import Party, Profile, check, copied
from customs.documents.gate_pass import GATE_PASS
from customs.documents.normal_form import JsonObject
from tests.support.breaking import Change, both, checked, example, head, row, section

BOTH = (Profile.SAVE, Profile.DECLARE)
DECLARE = (Profile.DECLARE,)
INVENTORY_NO, OTHER_NO = "QD310526I000000123", "QD310526I000000999"
EXPORT_NO = "QD310526E000000123"
LINK = "linked_documents"

# The rule (or "catalogue"), what is broken in which example, under which profiles, and where it must be seen.
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("catalogue", "one-bill", head(gate_pass_type=None), BOTH, "/head/gate_pass_type", "required"),
    ("catalogue", "one-bill", head(direction=None), BOTH, "/head/direction", "required"),
    ("catalogue", "one-bill", head(internal_no=None), BOTH, "/head/internal_no", "required"),
    ("catalogue", "one-bill", head(vehicle_no=None), DECLARE, "/head/vehicle_no", "required"),
    ("catalogue", "one-bill", head(vehicle_weight="0"), BOTH, "/head/vehicle_weight", "not_positive"),
    ("catalogue", "one-bill", head(total_weight=None), DECLARE, "/head/total_weight", "required"),
    ("catalogue", "one-bill", head(declaration_type="2"), BOTH, "/head/declaration_type", "unknown_code"),
    ("catalogue", "one-bill", head(bind_type="4"), BOTH, "/head/bind_type", "unknown_code"),
    ("catalogue", "one-bill", head(passage_status="2"), BOTH, "/head/passage_status", "system_field"),
    ("catalogue", "one-bill", row(0, LINK, bill_no=None), BOTH, f"/{LINK}/0/bill_no", "required"),
    ("linked_are_there", "one-bill", head(bind_type=None), DECLARE, "/head/bind_type", "required_when"),
    ("linked_by_type", "empty-truck", head(bind_type="2"), BOTH, "/head/bind_type", "must_be_empty"),
    ("linked_by_type", "registered-at-gate", head(bind_type="1"), BOTH, "/head/bind_type", "must_be_empty"),
    ("catalogue", "registered-at-gate", row(hs_code=None), DECLARE, "/goods/0/hs_code", "required"),
    ("catalogue", "registered-at-gate", row(material_no=None), DECLARE, "/goods/0/material_no", "required"),
    ("catalogue", "many-trucks", row(quantity="0"), BOTH, "/goods/0/quantity", "not_positive"),
    ("linked_by_type", "one-bill", head(gate_pass_type="4"), BOTH, "/head/linked_type", "must_be"),
    ("linked_by_type", "stock-bill", head(gate_pass_type="2"), BOTH, "/head/linked_type", "must_be"),
    ("linked_by_type", "empty-truck", head(linked_type="1"), BOTH, "/head/linked_type", "must_be_empty"),
    ("linked_by_type", "empty-truck", head(linked_nos="QD1"), BOTH, "/head/linked_nos", "must_be_empty"),
    (
        "linked_by_type",
        "registered-at-gate",
        section(LINK, [{"linked_type": "1", "bill_no": INVENTORY_NO}]),
        BOTH,
        f"/{LINK}",
        "section_not_allowed",
    ),
    (
        "linked_rows_agree",
        "many-bills",
        row(1, LINK, linked_type="2"),
        BOTH,
        f"/{LINK}/1/linked_type",
        "must_be",
    ),
    (
        "linked_documents_once",
        "many-bills",
        row(1, LINK, bill_no=INVENTORY_NO),
        BOTH,
        f"/{LINK}/1/bill_no",
        "listed_twice",
    ),
    (
        "linked_rows_agree",
        "many-bills",
        head(linked_nos=f"{INVENTORY_NO}\\{OTHER_NO}\\{INVENTORY_NO}"),
        BOTH,
        "/head/linked_nos",
        "repeated_within",
    ),
    (
        "containers_once",
        "many-bills",
        head(container_no="EXAU0000014/exau0000014"),
        BOTH,
        "/head/container_no",
        "repeated_within",
    ),
    ("linked_are_there", "one-bill", head(linked_type=None), DECLARE, "/head/linked_type", "required_when"),
    ("linked_are_there", "one-bill", head(linked_nos=None), DECLARE, "/head/linked_nos", "required_when"),
    ("linked_are_there", "one-bill", section(LINK, []), DECLARE, f"/{LINK}", "rows_required"),
    ("linked_are_there", "many-bills", head(bind_type="2"), DECLARE, f"/{LINK}", "too_many_rows"),
    ("linked_are_there", "many-bills", head(bind_type="3"), DECLARE, f"/{LINK}", "too_many_rows"),
    ("linked_numbers_agree", "one-bill", head(linked_nos=OTHER_NO), DECLARE, "/head/linked_nos", "must_be"),
    (
        "linked_numbers_agree",
        "many-bills",
        head(linked_nos=INVENTORY_NO),
        DECLARE,
        "/head/linked_nos",
        "must_be",
    ),
    ("goods_by_type", "many-trucks", section("goods", []), DECLARE, "/goods", "rows_required"),
    ("goods_by_type", "registered-at-gate", section("goods", []), DECLARE, "/goods", "rows_required"),
    ("goods_by_type", "empty-truck", section("goods", [{}]), DECLARE, "/goods", "section_not_allowed"),
    (
        "goods_name_their_lines",
        "many-trucks",
        row(1, related_line_no=None),
        DECLARE,
        "/goods/1/related_line_no",
        "required_when",
    ),
    ("line_numbers", "many-trucks", row(1, line_no=1), DECLARE, "/goods/1/line_no", "duplicate_number"),
    ("line_numbers", "many-trucks", row(1, line_no=3), DECLARE, "/goods/1/line_no", "number_gap"),
    ("weights", "one-bill", head(net_weight="2125.51"), DECLARE, "/head/net_weight", "net_exceeds_gross"),
    ("weights", "many-trucks", row(net_weight="60.1"), DECLARE, "/goods/0/net_weight", "net_exceeds_gross"),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("in_tariff", "many-trucks", row(hs_code="1234567890"), "/goods/0/hs_code", "not_in_tariff"),
    ("total_weight", "one-bill", head(total_weight="7500"), "/head/total_weight", "unusual"),
    ("total_weight", "many-bills", head(container_weight=None), "/head/total_weight", "unusual"),
    (
        "goods_weigh",
        "empty-truck",
        head(gross_weight="10", total_weight="7510"),
        "/head/gross_weight",
        "unusual",
    ),
    ("goods_weigh", "one-bill", head(net_weight="0"), "/head/net_weight", "unusual"),
    ("goods_by_type", "many-trucks", head(bind_type="2"), "/goods", "unusual"),
    ("plate_in_capitals", "one-bill", head(vehicle_no="浙b12345"), "/head/vehicle_no", "unusual"),
    (
        "container_check_digit",
        "many-bills",
        head(container_no="EXAU0000012"),
        "/head/container_no",
        "unusual",
    ),
    (
        "container_check_digit",
        "many-bills",
        head(container_no="exau0000014"),
        "/head/container_no",
        "unusual",
    ),
    (
        "linked_direction",
        "one-bill",
        both(head(linked_nos=EXPORT_NO), row(0, LINK, bill_no=EXPORT_NO)),
        f"/{LINK}/0/bill_no",
        "unusual",
    ),
    ("linked_direction", "stock-bill", head(direction="I"), f"/{LINK}/0/bill_no", "unusual"),
]


LAWFUL: list[tuple[str, Change]] = [
    ("many-bills", head(linked_nos="\\".join(["QD310526I000000125", INVENTORY_NO, "QD310526I000000124"]))),
    # Type 1 with a 核注清单 is in a production message.
    (
        "bill-of-lading",
        both(
            head(linked_type="1", linked_nos=INVENTORY_NO),
            section(LINK, [{"linked_type": "1", "bill_no": INVENTORY_NO}]),
        ),
    ),
    ("one-bill", head(total_weight="9625.50000")),
    ("many-bills", head(container_no="EXAU0000014; CSQU3054383")),
    ("many-bills", head(container_no="自备箱1号")),
    ("registered-at-gate", row(related_line_no=None)),
    # A 作废 sends what customs has, whatever the rules say of it.
    ("many-trucks", both(head(declaration_type="3", total_weight="1"), section("goods", []))),
]


@pytest.mark.parametrize(("name", "change"), LAWFUL)
def test_what_is_lawful_passes(name: str, change: Change) -> None:
    found = checked(GATE_PASS, name, change)
    assert (found.problems, found.warnings) == ((), ())


PARTY = Party("示例保税物流有限公司", "3105W60ABC", "91330206EXAMPLE019")
TODAY = date(2026, 1, 5)


def filled_head(given: JsonObject) -> JsonObject:
    made = GATE_PASS.fill(given, PARTY, TODAY)["head"]
    assert isinstance(made, dict)
    return made


def test_a_new_pass_is_completed_from_its_linked_documents_and_weights() -> None:
    given: JsonObject = {
        "head": {
            "gate_pass_type": "3",
            "area_code": PARTY.customs_code,
            "vehicle_weight": "7500",
            "frame_weight": "6100.5",
        },
        "linked_documents": [{"bill_no": INVENTORY_NO}, {"bill_no": OTHER_NO}],
        "goods": [
            {"gross_weight": "60.25", "net_weight": "50"},
            {"gross_weight": "1000", "net_weight": "900"},
        ],
    }
    filled = GATE_PASS.fill(given, PARTY, TODAY)
    made = filled_head(given)
    assert (made["linked_type"], made["linked_nos"]) == ("1", f"{INVENTORY_NO}\\{OTHER_NO}")
    assert (made["gross_weight"], made["net_weight"], made["total_weight"]) == ("1060.25", "950", "14660.75")
    assert (made["area_name"], made["declaring_code"], made["declaration_type"]) == (
        PARTY.name,
        PARTY.customs_code,
        "1",
    )
    assert filled["linked_documents"] == [
        {"linked_type": "1", "bill_no": INVENTORY_NO},
        {"linked_type": "1", "bill_no": OTHER_NO},
    ]
    goods = filled["goods"]
    assert isinstance(goods, list)
    assert [line["line_no"] for line in goods if isinstance(line, dict)] == [1, 2]


def test_what_was_typed_is_not_touched_and_nonsense_is_left_to_the_check() -> None:
    typed: JsonObject = {"head": {"total_weight": "1", "vehicle_weight": "7500", "gross_weight": "1"}}
    assert filled_head(typed)["total_weight"] == "1"
    for nonsense in ("heavy", 7500, 7.5, "NaN", "-Infinity", "1E+900", "9" * 30):
        odd: JsonObject = {"head": {"vehicle_weight": nonsense, "gross_weight": "1"}, "linked_documents": "x"}
        assert "total_weight" not in filled_head(odd)
        check(GATE_PASS, GATE_PASS.fill(odd, PARTY, TODAY), Profile.SAVE)
    empty: JsonObject = {"head": {"gate_pass_type": "6", "vehicle_weight": "7500"}}
    made = filled_head(empty)
    assert (made["gross_weight"], made["net_weight"], made["total_weight"]) == ("0", "0", "7500")
    assert "linked_type" not in made
    assert "bind_type" not in made, "customs refuses one where nothing is linked"
    bill: JsonObject = {"head": {"gate_pass_type": "1"}, "linked_documents": [{"bill_no": "EXMU1"}]}
    assert "linked_type" not in filled_head(bill), "type 1 has two lawful kinds of document"


def test_a_copy_is_a_new_filing_for_the_next_truck() -> None:
    document = example(GATE_PASS, "many-trucks")
    document["head"] |= {
        "customs_no": "Z3105I260116000000000001",
        "passage_status": "2",
        "declaration_type": "3",
    }
    copy = copied(GATE_PASS, document)
    assert isinstance(copy["head"], dict)
    assert not {"customs_no", "passage_status", "internal_no"} & copy["head"].keys()
    assert copy["head"]["declaration_type"] == "1"
    assert copy["linked_documents"] == document["linked_documents"]
