"""What Excel makes of codes, amounts and dates: put right where it is certain, refused with a reason everywhere else."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from customs.documents.values import UnfitError
from customs.sheets.cells import guarded, read_cell, unguarded
from customs.sheets.reading import Cell

GOODS = KINDS["inventory"].section("goods").fields
HEAD = KINDS["inventory"].section("head").fields
FIELDS = {**HEAD, **GOODS}


def _number(text: str, shown: str = "") -> Cell:
    return Cell("number", text, shown)


@pytest.mark.parametrize(
    ("field", "cell", "value", "notice"),
    [
        # A code of ten digits that is still ten digits long.
        ("hs_code", _number("8471701000"), "8471701000", None),
        ("hs_code", _number("8471701000.0"), "8471701000", None),
        ("hs_code", _number("8.471701E9"), "8471701000", None),
        # The cell's format says how many digits there were.
        ("hs_code", _number("101210090", "0000000000"), "0101210090", "zeros_restored"),
        # Only one code of the table reads as this number.
        ("unit", _number("35"), "035", "zeros_restored"),
        ("unit", _number("7"), "007", "zeros_restored"),
        ("origin_country", _number("142"), "142", None),
        ("supervision_mode", _number("110"), "0110", "zeros_restored"),
        ("levy_mode", _number("3"), "3", None),
        ("border_customs", _number("2225"), "2225", None),
        # Free text has no form that would show what was lost, so it is taken as it is shown, and said.
        ("material_no", _number("4711"), "4711", "number_read_as_text"),
        ("specification", _number("1.5"), "1.5", "number_read_as_text"),
        # Amounts, with the decimals that are shown.
        ("quantity", _number("12.5"), "12.5", None),
        ("total_price", _number("12.5", "0.00"), "12.50", None),
        ("total_price", _number("12.5", "#,##0.00_);[Red]\\(#,##0.00\\)"), "12.50", None),
        ("total_price", _number("12.345", "0.00"), "12.345", None),
        ("total_price", _number("12", "0.00000"), "12.00", None),
        ("quantity", _number("30.299999999999997"), "30.3", None),
        ("quantity", _number("1E-5"), "0.00001", None),
        ("quantity", _number("-0"), "0", None),
        ("line_no", _number("12"), 12, None),
        ("line_no", _number("12.0"), 12, None),
        ("line_no", Cell("text", " 12 "), 12, None),
        # What takes no room is taken out and told; a blank of another sort is for the check to name.
        ("material_no", Cell("text", "HDD\u200b-2T\u2060"), "HDD-2T", "unseen_removed"),
        ("unit", Cell("text", "\ufeff千克\u200d"), "035", "unseen_removed"),
        ("quantity", Cell("text", "12\u200e"), "12", "unseen_removed"),
        ("material_no", Cell("text", "HDD\u00a02T"), "HDD\u00a02T", None),
        # Dates.
        ("input_date", _number("46053", "yyyy/mm/dd"), "20260131", None),
        ("input_date", _number("20260131"), "20260131", None),
        ("input_date", Cell("text", "2026-1-31"), "20260131", None),
        ("input_date", Cell("text", "2026年01月31日"), "20260131", None),
        # Codes as people write them.
        ("unit", Cell("text", "035 千克"), "035", None),
        ("unit", Cell("text", "千克"), "035", None),
        ("currency", Cell("text", "usd"), "502", None),
        ("unit", Cell("text", "035 吨"), "035 吨", None),
        ("unit", Cell("text", "斤两"), "斤两", None),
        # Formulas are taken at their value.
        ("quantity", Cell("number", "6", "", formula=True), "6", "formula_valued"),
    ],
)
def test_certain(field: str, cell: Cell, value: str | int, notice: str | None) -> None:
    found = read_cell(FIELDS[field], cell)
    assert (found.value, found.notice) == (value, notice)


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        # A digit may be missing at the front or anywhere else.
        ("hs_code", _number("101210090"), "code_became_number"),
        ("hs_code", _number("84717010001"), "code_became_number"),
        ("operating_code", _number("310560123"), "code_became_number"),
        ("operating_uscc", _number("9.1310115312345E+17"), "code_became_number"),
        ("related_inventory_no", _number("20260001"), "code_became_number"),
        ("operating_code", _number("3105123000", "0.00E+00"), "code_became_number"),
        ("hs_code", _number("-847170100"), "code_became_number"),
        ("hs_code", _number("8471.7"), "code_became_number"),
        ("material_no", _number("1234567890123456"), "code_became_number"),
        ("unit", _number("999"), "code_became_number"),
        ("line_no", _number("1.5"), "code_became_number"),
        ("line_no", Cell("text", "1,00"), "not_an_integer"),
        # 1-2 became a day.
        ("specification", _number("46024", "yyyy/mm/dd"), "cell_is_date"),
        ("quantity", _number("46024", "yyyy/mm/dd"), "cell_is_date"),
        ("input_date", _number("7", "yyyy/mm/dd"), "cell_is_date"),
        ("quantity", Cell("error", "#DIV/0!"), "cell_error"),
        ("name", Cell("bool", "TRUE"), "cell_is_truth"),
        ("quantity", Cell("number", "", "", formula=True), "formula_without_value"),
        ("quantity", _number("1E999"), "not_a_decimal"),
        ("quantity", _number("NaN"), "not_a_decimal"),
        ("quantity", _number("1E30000000"), "not_a_decimal"),
    ],
)
def test_uncertain(field: str, cell: Cell, code: str) -> None:
    with pytest.raises(UnfitError) as refused:
        read_cell(FIELDS[field], cell)
    assert refused.value.code == code


def test_books_that_count_days_from_1904() -> None:
    cell = _number("44591", "yyyy/mm/dd")
    assert read_cell(FIELDS["input_date"], cell, from_1904=True).value == "20260131"


@pytest.mark.parametrize("text", ["=1", "''=1", "'", "'a", "", "-", "\t", "<r>", "a=1"])
def test_the_guard_comes_off_as_it_went_on(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "-", "\t", "<r>"))
