"""Every rule of the 核注清单: a document that keeps it passes, the same document broken in one place does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.documents import Profile, check, copied
from contracts.documents.inventory import INVENTORY
from contracts.documents.inventory.rules import RULES
from contracts.documents.uscc import ALPHABET, check_digit, is_uscc
from contracts.problems import Problem

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/examples/inventory"
Document = dict[str, Any]
Change = Callable[[Document], None]


def example(name: str) -> Document:
    document: Document = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return document


def head(**changes: Any) -> Change:
    """Set fields of the head; None takes one away."""

    def change(document: Document) -> None:
        for name, value in changes.items():
            if value is None:
                document["head"].pop(name, None)
            else:
                document["head"][name] = value

    return change


def row(number: int = 0, section: str = "goods", **changes: Any) -> Change:
    """The same for one row."""

    def change(document: Document) -> None:
        for name, value in changes.items():
            if value is None:
                document[section][number].pop(name, None)
            else:
                document[section][number][name] = value

    return change


def section(name: str, rows: list[Document]) -> Change:
    def change(document: Document) -> None:
        document[name] = rows

    return change


def both(*changes: Change) -> Change:
    def change(document: Document) -> None:
        for each in changes:
            each(document)

    return change


def found(name: str, change: Change, profile: Profile) -> tuple[set[tuple[str, str]], tuple[Problem, ...]]:
    document = copy.deepcopy(example(name))
    change(document)
    result = check(INVENTORY, document, profile)
    return {(problem.pointer, problem.code) for problem in result.problems}, result.warnings


RELATED = {
    "related_trader_code": "NO",
    "related_trader_name": "示例贸易有限公司",
    "related_user_code": "3105W60ABC",
    "related_user_name": "示例制造有限公司",
    "related_declaring_code": "3105980ABD",
    "related_declaring_name": "示例报关行有限公司",
}
BOTH = (Profile.SAVE, Profile.DECLARE)
DECLARE = (Profile.DECLARE,)

# What is broken in which example, under which profiles, and where it must be seen.
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("book number", "import", head(book_no=None), BOTH, "/head/book_no", "required_when"),
    ("book number of 12", "import", head(book_no="T3105W00001"), BOTH, "/head/book_no", "wrong_length"),
    ("code of 10", "import", head(operating_code="3105W60AB"), BOTH, "/head/operating_code", "wrong_length"),
    (
        "checksum",
        "import",
        head(operating_uscc="91330206EXAMPLE018"),
        BOTH,
        "/head/operating_uscc",
        "wrong_checksum",
    ),
    ("needed at save", "import", head(material_mark=None), BOTH, "/head/material_mark", "required"),
    ("needed at save", "import", head(supervision_mode=None), BOTH, "/head/supervision_mode", "required"),
    ("needed at save", "import", head(clearance_flag=None), BOTH, "/head/clearance_flag", "required"),
    ("needed at save", "import", head(generate_entry=None), BOTH, "/head/generate_entry", "required"),
    ("needed at declare", "import", head(transport_mode=None), DECLARE, "/head/transport_mode", "required"),
    ("needed at declare", "import", head(border_customs=None), DECLARE, "/head/border_customs", "required"),
    (
        "needed at declare",
        "import",
        head(shipment_country=None),
        DECLARE,
        "/head/shipment_country",
        "required",
    ),
    ("needed at declare", "import", head(receiving_name=None), DECLARE, "/head/receiving_name", "required"),
    ("unknown code", "import", head(direction="X"), BOTH, "/head/direction", "unknown_code"),
    (
        "非报关 generates none",
        "import",
        head(clearance_flag="2", clearance_type=None),
        BOTH,
        "/head/generate_entry",
        "must_be",
    ),
    (
        "非报关 has no 报关类型",
        "import",
        head(clearance_flag="2", generate_entry="2"),
        BOTH,
        "/head/clearance_type",
        "must_be_empty",
    ),
    ("电商 is 非报关", "ecommerce", head(clearance_flag="1"), BOTH, "/head/clearance_flag", "must_be"),
    (
        "内销 needs 申报表",
        "domestic-sale",
        head(business_form_no=None),
        BOTH,
        "/head/business_form_no",
        "required_when",
    ),
    ("内销 is 对应报关", "domestic-sale", head(clearance_type="1"), BOTH, "/head/clearance_type", "must_be"),
    ("内销 has 流转类型 Y", "domestic-sale", head(transfer_type="A"), BOTH, "/head/transfer_type", "must_be"),
    (
        "section of another type",
        "import",
        section("ecommerce_bills", [{"ecommerce_bill_no": "A1"}]),
        BOTH,
        "/ecommerce_bills",
        "section_not_allowed",
    ),
    ("goods", "import", section("goods", []), DECLARE, "/goods", "rows_required"),
    (
        "second goods",
        "simple-processing",
        section("second_goods", []),
        DECLARE,
        "/second_goods",
        "rows_required",
    ),
    ("报关类型", "import", head(clearance_type=None), DECLARE, "/head/clearance_type", "required_when"),
    ("报关单类型", "import", head(entry_type=None), DECLARE, "/head/entry_type", "required_when"),
    (
        "关联报关 parties",
        "import",
        head(clearance_type="1"),
        DECLARE,
        "/head/related_user_name",
        "required_when",
    ),
    (
        "对应报关 party",
        "import",
        head(corresponding_declaring_code=None),
        DECLARE,
        "/head/corresponding_declaring_code",
        "required_when",
    ),
    ("两步申报 entry", "import", head(entry_type="X"), DECLARE, "/head/entry_no", "required_when"),
    (
        "两步申报 related entry",
        "import",
        head(entry_type="Y", clearance_type="1", **RELATED),
        DECLARE,
        "/head/related_entry_no",
        "required_when",
    ),
    (
        "两单一审",
        "import",
        head(transport_mode="9", shipment_country="142", supervision_mode="5000"),
        DECLARE,
        "/head/related_book_no",
        "required_when",
    ),
    ("numbers repeat", "import", row(1, line_no=1), DECLARE, "/goods/1/line_no", "duplicate_number"),
    ("numbers have a gap", "import", row(2, line_no=7), DECLARE, "/goods/2/line_no", "number_gap"),
    ("quantity above 0", "import", row(quantity="0"), BOTH, "/goods/0/quantity", "not_positive"),
    (
        "second quantity",
        "import",
        row(second_statutory_quantity=None),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "required_when",
    ),
    ("total", "import", row(total_price="10201"), DECLARE, "/goods/0/total_price", "total_differs"),
    ("decimals", "import", row(unit_price="8.50001"), BOTH, "/goods/0/unit_price", "too_many_decimals"),
    (
        "same unit, same quantity",
        "import",
        row(second_statutory_quantity="1199"),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "quantity_differs",
    ),
    ("net over gross", "import", row(net_weight="80"), DECLARE, "/goods/0/net_weight", "net_exceeds_gross"),
    (
        "book row",
        "import",
        both(head(book_no="E31050000001"), row(book_line_no=None)),
        DECLARE,
        "/goods/0/book_line_no",
        "required_when",
    ),
    (
        "单耗版本号",
        "import",
        both(head(book_no="E31050000001", supervision_mode="4400"), row(consumption_version=None)),
        DECLARE,
        "/goods/0/consumption_version",
        "required_when",
    ),
    (
        "merge key",
        "import",
        both(row(0, entry_line_no=1), row(1, entry_line_no=1)),
        DECLARE,
        "/goods/1/entry_line_no",
        "merge_key_differs",
    ),
    (
        "merged over 50",
        "import",
        row(entry_line_no=51),
        DECLARE,
        "/goods/0/entry_line_no",
        "too_many_entry_lines",
    ),
    (
        "set by the authority",
        "import",
        head(customs_no="QD310526I000000001"),
        BOTH,
        "/head/customs_no",
        "system_field",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "profiles", "pointer", "code"),
    [pytest.param(*case[1:], id=f"{case[0]}-{n}") for n, case in enumerate(BROKEN)],
)
def test_a_broken_rule_is_seen_in_its_place(
    name: str, change: Change, profiles: tuple[Profile, ...], pointer: str, code: str
) -> None:
    for profile in Profile:
        seen, _ = found(name, change, profile)
        assert ((pointer, code) in seen) == (profile in profiles), (profile, seen)


@pytest.mark.parametrize(
    "name", ["import", "export", "ecommerce", "domestic-sale", "gathered", "simple-processing"]
)
def test_the_examples_keep_every_rule(name: str) -> None:
    seen, _ = found(name, lambda document: None, Profile.DECLARE)
    assert seen == set()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("simple-processing", head(book_no=None)),
        ("import", head(clearance_type="1", **RELATED)),
        ("import", both(row(0, entry_line_no=1), row(1, entry_line_no=2))),
        ("import", row(book_line_no=None)),
        ("import", row(net_weight="72.5")),
        ("import", head(remark="备" * 2000)),
    ],
)
def test_what_is_lawful_passes(name: str, change: Change) -> None:
    assert found(name, change, Profile.DECLARE)[0] == set()


def test_what_the_page_would_cut_is_a_warning_only() -> None:
    seen, warnings = found("import", head(remark="备" * 200), Profile.DECLARE)
    assert seen == set()
    assert ("/head/remark", "long_for_page") in {(w.pointer, w.code) for w in warnings}


def test_a_code_beyond_an_open_table_is_a_warning_only() -> None:
    seen, warnings = found("import", head(border_customs="9999"), Profile.DECLARE)
    assert seen == set()
    assert ("/head/border_customs", "code_not_in_table") in {(w.pointer, w.code) for w in warnings}


def test_every_error_comes_at_once() -> None:
    change = both(head(direction="X", book_no="1"), row(1, quantity="a"), section("ecommerce_bills", [{}]))
    seen, _ = found("import", change, Profile.DECLARE)
    assert {pointer for pointer, _ in seen} >= {
        "/head/direction",
        "/head/book_no",
        "/goods/1/quantity",
        "/ecommerce_bills/0/ecommerce_bill_no",
    }


def test_every_rule_has_a_source_and_says_what_it_asks() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.source and rule.says and rule.profiles for rule in RULES)


def test_the_checksum_of_gb_32100() -> None:
    assert is_uscc("91330206EXAMPLE019")
    code = "91330206EXAMPLE01"
    right = check_digit(code)
    assert [c for c in ALPHABET if is_uscc(code + c)] == [right]
    assert not is_uscc("9133O206EXAMPLE019"), "O is not of the alphabet"


def test_a_copy_clears_what_belongs_to_the_original() -> None:
    document = example("import")
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
