"""Every rule of the 核注清单: a document that keeps it passes, the same document broken in one place does not."""

from __future__ import annotations

import pytest

from customs.documents import Profile, check, copied
from customs.documents.inventory import INVENTORY
from customs.documents.uscc import ALPHABET, check_digit, is_uscc
from tests.support.breaking import Change, both, checked, example, head, problems, row, section

RELATED = {
    "related_trader_code": "NO",
    "related_trader_name": "示例贸易有限公司",
    "related_user_code": "3105W60ABC",
    "related_user_name": "示例制造有限公司",
    "related_declaring_code": "3105980ABD",
    "related_declaring_name": "示例报关行有限公司",
}
ONE_REVIEW = {"transport_mode": "9", "shipment_country": "142", "supervision_mode": "5000"}
BOTH = (Profile.SAVE, Profile.DECLARE)
DECLARE = (Profile.DECLARE,)

# The rule (or "catalogue"), what is broken in which example, under which profiles, and where it must be seen.
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("book_no", "import", head(book_no=None), BOTH, "/head/book_no", "required_when"),
    ("catalogue", "import", head(book_no="T3105W00001"), BOTH, "/head/book_no", "wrong_length"),
    ("catalogue", "import", head(operating_code="3105W60AB"), BOTH, "/head/operating_code", "wrong_length"),
    (
        "catalogue",
        "import",
        head(operating_uscc="91330206EXAMPLE018"),
        BOTH,
        "/head/operating_uscc",
        "wrong_checksum",
    ),
    ("catalogue", "import", head(material_mark=None), BOTH, "/head/material_mark", "required"),
    ("catalogue", "import", head(supervision_mode=None), BOTH, "/head/supervision_mode", "required"),
    ("catalogue", "import", head(clearance_flag=None), BOTH, "/head/clearance_flag", "required"),
    ("catalogue", "import", head(generate_entry=None), BOTH, "/head/generate_entry", "required"),
    ("catalogue", "import", head(transport_mode=None), DECLARE, "/head/transport_mode", "required"),
    ("catalogue", "import", head(border_customs=None), DECLARE, "/head/border_customs", "required"),
    (
        "catalogue",
        "import",
        head(shipment_country=None),
        DECLARE,
        "/head/shipment_country",
        "required",
    ),
    ("catalogue", "import", head(receiving_name=None), DECLARE, "/head/receiving_name", "required"),
    ("catalogue", "import", head(direction="X"), BOTH, "/head/direction", "unknown_code"),
    (
        "not_cleared",
        "import",
        head(clearance_flag="2", clearance_type=None),
        BOTH,
        "/head/generate_entry",
        "must_be",
    ),
    (
        "not_cleared",
        "import",
        head(clearance_flag="2", generate_entry="2"),
        BOTH,
        "/head/clearance_type",
        "must_be_empty",
    ),
    ("ecommerce", "ecommerce", head(clearance_flag="1"), BOTH, "/head/clearance_flag", "must_be"),
    (
        "domestic_sale",
        "domestic-sale",
        head(business_form_no=None),
        BOTH,
        "/head/business_form_no",
        "required_when",
    ),
    ("domestic_sale", "domestic-sale", head(clearance_type="1"), BOTH, "/head/clearance_type", "must_be"),
    ("domestic_sale", "domestic-sale", head(transfer_type="A"), BOTH, "/head/transfer_type", "must_be"),
    (
        "sections_fit_type",
        "import",
        section("ecommerce_bills", [{"ecommerce_bill_no": "A1"}]),
        BOTH,
        "/ecommerce_bills",
        "section_not_allowed",
    ),
    ("rows", "import", section("goods", []), DECLARE, "/goods", "rows_required"),
    (
        "rows",
        "simple-processing",
        section("second_goods", []),
        DECLARE,
        "/second_goods",
        "rows_required",
    ),
    ("clearance_type", "import", head(clearance_type=None), DECLARE, "/head/clearance_type", "required_when"),
    ("clearance_type", "import", head(entry_type=None), DECLARE, "/head/entry_type", "required_when"),
    (
        "entry_parties",
        "import",
        head(clearance_type="1"),
        DECLARE,
        "/head/related_user_name",
        "required_when",
    ),
    (
        "entry_parties",
        "import",
        head(corresponding_declaring_code=None),
        DECLARE,
        "/head/corresponding_declaring_code",
        "required_when",
    ),
    ("two_step", "import", head(entry_type="X"), DECLARE, "/head/entry_no", "required_when"),
    (
        "two_step",
        "import",
        head(entry_type="Y", clearance_type="1", **RELATED),
        DECLARE,
        "/head/related_entry_no",
        "required_when",
    ),
    (
        "one_review",
        "import",
        head(**ONE_REVIEW),
        DECLARE,
        "/head/related_book_no",
        "required_when",
    ),
    (
        "one_review_entry",
        "import",
        head(**ONE_REVIEW, related_book_no="Null00000000", entry_type="3"),
        DECLARE,
        "/head/entry_type",
        "must_be",
    ),
    (
        "one_review_entry",
        "import",
        head(**ONE_REVIEW, related_book_no="C31050060001", entry_type="1"),
        DECLARE,
        "/head/entry_type",
        "must_be",
    ),
    (
        "catalogue",
        "import",
        head(**ONE_REVIEW, related_book_no="nullabc", entry_type="5"),
        BOTH,
        "/head/related_book_no",
        "not_a_word",
    ),
    (
        "stock_bills_once",
        "gathered",
        section("stock_bills", [{"stock_bill_no": number} for number in ("X3105E1", "X3105E2", "X3105E1")]),
        BOTH,
        "/stock_bills/2/stock_bill_no",
        "listed_twice",
    ),
    (
        "ecommerce_bills_once",
        "ecommerce",
        section("ecommerce_bills", [{"ecommerce_bill_no": "A1"}, {"ecommerce_bill_no": "A1"}]),
        BOTH,
        "/ecommerce_bills/1/ecommerce_bill_no",
        "listed_twice",
    ),
    ("line_numbers", "import", row(1, line_no=1), DECLARE, "/goods/1/line_no", "duplicate_number"),
    ("line_numbers", "import", row(2, line_no=7), DECLARE, "/goods/2/line_no", "number_gap"),
    ("catalogue", "import", row(quantity="0"), BOTH, "/goods/0/quantity", "not_positive"),
    (
        "second_quantity",
        "import",
        row(second_statutory_quantity=None),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "required_when",
    ),
    (
        "totals",
        "import",
        row(unit_price="8.5000", total_price="10201"),
        DECLARE,
        "/goods/0/total_price",
        "total_differs",
    ),
    ("catalogue", "import", row(unit_price="8.50001"), BOTH, "/goods/0/unit_price", "too_many_decimals"),
    (
        "same_unit_same_quantity",
        "import",
        row(second_statutory_quantity="1199"),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "quantity_differs",
    ),
    ("weights", "import", row(net_weight="80"), DECLARE, "/goods/0/net_weight", "net_exceeds_gross"),
    (
        "book_line_no",
        "import",
        both(head(book_no="E31050000001"), row(book_line_no=None)),
        DECLARE,
        "/goods/0/book_line_no",
        "required_when",
    ),
    (
        "consumption_version",
        "import",
        both(head(book_no="E31050000001", supervision_mode="4400"), row(consumption_version=None)),
        DECLARE,
        "/goods/0/consumption_version",
        "required_when",
    ),
    (
        "merging",
        "import",
        both(row(0, entry_line_no=1), row(1, entry_line_no=1)),
        DECLARE,
        "/goods/1/entry_line_no",
        "merge_key_differs",
    ),
    (
        "merging",
        "import",
        row(entry_line_no=51),
        DECLARE,
        "/goods/0/entry_line_no",
        "too_many_entry_lines",
    ),
    (
        "catalogue",
        "import",
        head(customs_no="QD310526I000000001"),
        BOTH,
        "/head/customs_no",
        "system_field",
    ),
    (
        "draft_lines",
        "import",
        section("declaration_rows", [{"line_no": 2}]),
        DECLARE,
        "/declaration_rows/0/line_no",
        "number_gap",
    ),
    ("catalogue", "import", head(operating_name="名" * 257), BOTH, "/head/operating_name", "too_long"),
    ("catalogue", "import", row(hs_code="847330909"), BOTH, "/goods/0/hs_code", "wrong_length"),
    ("catalogue", "import", row(hs_code="84733090A0"), BOTH, "/goods/0/hs_code", "not_digits"),
    (
        "catalogue",
        "import",
        head(operating_uscc="I1330206EXAMPLE019"),
        BOTH,
        "/head/operating_uscc",
        "not_a_word",
    ),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("in_tariff", "import", row(1, hs_code="1234567890"), "/goods/1/hs_code", "not_in_tariff"),
    (
        "in_tariff",
        "import",
        row(0, statutory_unit="011", statutory_quantity="1200"),
        "/goods/0/statutory_unit",
        "statutory_unit_differs",
    ),
    (
        "in_tariff",
        "simple-processing",
        row(0, "second_goods", hs_code="1234567890"),
        "/second_goods/0/hs_code",
        "not_in_tariff",
    ),
    ("catalogue", "import", head(remark="备" * 200), "/head/remark", "long_for_page"),
    ("catalogue", "import", head(border_customs="9999"), "/head/border_customs", "code_not_in_table"),
    ("input_date", "import", head(input_date=None), "/head/input_date", "advisable"),
    ("domestic_sale", "domestic-sale", head(direction="E"), "/head/direction", "unusual"),
    ("rows", "gathered", section("stock_bills", []), "/stock_bills", "advisable"),
    # 8.5 may stand for anything from 8.45 to 8.55, so the total may be right.
    ("totals", "import", row(total_price="10201"), "/goods/0/total_price", "total_differs"),
    (
        "material_specification",
        "simple-processing",
        row(0, "second_goods", specification=None),
        "/second_goods/0/specification",
        "advisable",
    ),
    ("business_form", "import", head(inventory_type="5"), "/head/business_form_no", "advisable"),
    (
        "linked_direction",
        "gathered",
        row(0, "stock_bills", stock_bill_no="X3105I260105000001"),
        "/stock_bills/0/stock_bill_no",
        "unusual",
    ),
]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("simple-processing", head(book_no=None)),
        ("import", head(clearance_type="1", **RELATED)),
        # No 报关单 is generated, so no related book is asked for.
        ("import", head(**ONE_REVIEW, generate_entry="2", entry_type=None)),
        ("import", head(**ONE_REVIEW, related_book_no="null00000000", entry_type="5")),
        ("import", head(**ONE_REVIEW, related_book_no="E31056A10001", entry_type="6")),
        ("import", head(**ONE_REVIEW, related_book_no="E31056AA0001", entry_type="3")),
        ("import", head(**ONE_REVIEW, related_book_no="H31056100001", entry_type="3")),
        ("import", head(related_book_no="NULL00000000", entry_type="3")),
        ("import", both(row(0, entry_line_no=1), row(1, entry_line_no=2))),
        ("import", row(book_line_no=None)),
        ("import", row(net_weight="72.5")),
        ("import", head(remark="备" * 2000)),
    ],
)
def test_what_is_lawful_passes(name: str, change: Change) -> None:
    assert problems(checked(INVENTORY, name, change)) == set()


def test_every_error_comes_at_once() -> None:
    change = both(head(direction="X", book_no="1"), row(1, quantity="a"), section("ecommerce_bills", [{}]))
    assert {pointer for pointer, _ in problems(checked(INVENTORY, "import", change))} >= {
        "/head/direction",
        "/head/book_no",
        "/goods/1/quantity",
        "/ecommerce_bills/0/ecommerce_bill_no",
    }


def test_numbers_of_the_authority_have_their_shape() -> None:
    document = example(INVENTORY, "import")
    document["head"] |= {"seq_no": "20260000000000001", "customs_no": "QD310526I-00000001"}
    seen = problems(check(INVENTORY, document, Profile.SAVE, system_fields="keep"))
    assert seen == {("/head/seq_no", "wrong_length"), ("/head/customs_no", "not_a_word")}


def test_the_checksum_of_gb_32100() -> None:
    assert is_uscc("91330206EXAMPLE019")
    code = "91330206EXAMPLE01"
    right = check_digit(code)
    assert [c for c in ALPHABET if is_uscc(code + c)] == [right]
    assert not is_uscc("9133O206EXAMPLE019"), "O is not of the alphabet"


def test_a_copy_clears_what_belongs_to_the_original() -> None:
    document = example(INVENTORY, "import")
    document["head"] |= {
        "seq_no": "202600000000000001",
        "customs_no": "QD310526I000000001",
        "deduction_mark": "2",
    }
    document["goods"][0]["change_mark"] = "0"
    copy_of = copied(INVENTORY, document)
    assert isinstance(copy_of["head"], dict) and isinstance(copy_of["goods"], list)
    cleared = {"seq_no", "customs_no", "deduction_mark", "internal_no", "input_date"}
    assert not cleared & copy_of["head"].keys()
    assert copy_of["head"]["declaration_type"] == "1"
    assert all(isinstance(each, dict) and each["change_mark"] == "3" for each in copy_of["goods"])
    kept = {"book_no", "operating_code", "supervision_mode", "remark"}
    assert all(copy_of["head"][name] == document["head"][name] for name in kept)
