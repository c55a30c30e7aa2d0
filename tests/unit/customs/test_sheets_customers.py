"""Tables as customers really make them: their headings, their totals, their thousands separators."""

from __future__ import annotations

from typing import Any

import pytest

from customs.documents import KINDS
from customs.documents.values import UnfitError
from customs.sheets.cells import read_cell
from customs.sheets.headings import guess
from customs.sheets.reading import Cell
from customs.sheets.taking import Taken, take
from tests.support.workbooks import number, table_of, text

INVENTORY = KINDS["inventory"]
GOODS = INVENTORY.section("goods")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("金二料号", "material_no"),
        ("N/W(KG)", "net_weight"),
        ("G/W(KG)", "gross_weight"),
        ("产销国（地区）", "origin_country"),
        ("品名\nDescription", "name"),
        ("数量（件）", "quantity"),
        ("Q'ty", "quantity"),
        ("单价(USD)", "unit_price"),
        ("总价【美元】", "total_price"),
        ("毛重/KGS", "gross_weight"),
        ("ＨＳ　ＣＯＤＥ（10位）", "hs_code"),
        ("法一数量", "statutory_quantity"),
        ("法二单位", "second_statutory_unit"),
        ("Part No.", "material_no"),
        ("净\u200b重", "net_weight"),
        ("料号 P/N", "material_no"),
        ("Country of origin 原产国", "origin_country"),
        ("海关编码 HS Code", "hs_code"),
        ("净重 N.W. (KGS)", "net_weight"),
        ("金二序号", "book_line_no"),
        ("第1法定数量", "statutory_quantity"),
        ("净重（公斤）", "net_weight"),
        ("毛重(千克)", "gross_weight"),
        # Read as kilograms, these would be wrong a thousandfold.
        ("净重（吨）", None),
        ("毛重(T)", None),
        ("净重/g", None),
        ("净重（克）", None),
        ("毛重 吨", None),
        ("G.W.(LBS)", None),
        ("Net Weight (MT)", None),
        # A word that is not known beside one that is: 件数 are packages.
        ("件数/Qty", None),
        ("件数 Qty", None),
        # Two fields in one column: nobody knows which is meant.
        ("品名/规格", None),
        ("数量单位换算", None),
    ],
)
def test_headings_of_customers(heading: str, field: str | None) -> None:
    assert guess(GOODS, heading).field == field


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_label_of_every_kind_is_read_with_a_unit_a_break_and_wide_brackets(kind: Any) -> None:
    for part, spec in kind.fields():
        found = guess(part, spec.label)
        if spec.need == "system" or found.field != spec.name:
            continue
        for written in (
            f"{spec.label}（千克）",
            f"{spec.label}\n(USD)",
            f"*{spec.label}：",
            f"{spec.label}【必填】",
        ):
            assert guess(part, written).field in (spec.name, None), (part.name, written)
        assert guess(part, f"{spec.label}（说明）").field in (spec.name, None), (part.name, spec.label)


def _taken(*rows: list[str | None]) -> Taken:
    headings = ["序号", "料号", "商品编码", "品名", "数量", "备注"]
    return take(INVENTORY, table_of(headings, *rows))


def _goods(line: str, quantity: str = number("5")) -> list[str | None]:
    return [number(line), text(f"M-{line}"), number("8471701000"), text("硬盘"), quantity, None]


def _row(*cells: str | None) -> list[str | None]:
    return [*cells, *[None] * (6 - len(cells))]


@pytest.mark.parametrize(
    "total",
    [
        _row(text("合计"), None, None, None, number("10")),
        _row(None, text("总计"), None, None, number("10")),
        _row(None, None, None, text("小 计"), number("10")),
        _row(None, None, None, text("合计：10件")),
        _row(None, None, None, None, number("10"), text("以上合计")),
        _row(text("Total"), None, None, None, number("10")),
        _row(text("GRAND TOTAL:"), None, None, None, number("10")),
        _row(text("合计数量 10 金额 USD 1,234.50"), None, None, None, number("10")),
        _row(text("合計"), None, None, None, number("10")),
    ],
)
def test_a_totals_row_is_left_out_and_told_wherever_the_word_stands(total: list[str | None]) -> None:
    taken = _taken(_goods("1"), total, _goods("2"))
    rows: Any = taken.document["goods"]
    assert [row["material_no"] for row in rows] == ["M-1", "M-2"]
    assert taken.problems.count == 0
    [told] = [each for each in taken.notices.listed if each.code == "totals_row_left_out"]
    assert told.cell is not None and told.cell.endswith("3")
    assert "第3行" in told.message


@pytest.mark.parametrize(
    "goods",
    [
        # Goods have a code of their own, whatever they are called.
        _row(number("2"), text("M-2"), number("8471701000"), text("合计"), number("5")),
        _row(number("2"), None, number("8471701000"), text("总计"), number("5")),
        _row(number("2"), None, None, text("小计量泵"), number("5")),
        _row(number("2"), None, None, text("总计算机"), number("5")),
        _row(number("2"), None, None, text("Totalizer"), number("5")),
    ],
)
def test_goods_are_no_totals_row(goods: list[str | None]) -> None:
    rows: Any = _taken(_goods("1"), goods).document["goods"]
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("quantity", "1,234.50", "1234.50"),
        ("quantity", "1,234", "1234"),
        ("quantity", "12，345，678", "12345678"),
        ("total_price", "-1,234,567.00", "-1234567.00"),
        ("line_no", "1,024", 1024),
    ],
)
def test_thousands_separators_are_taken_out_and_told(field: str, given: str, read: str | int) -> None:
    found = read_cell(GOODS.fields[field], Cell("text", given))
    assert (found.value, found.notice) == (read, "separators_removed")


@pytest.mark.parametrize(
    "given", ["1,23", "1,2345", "0,123", "1.234,50", "1,234,5", "1,23,456", ",123", "1,234.5,6"]
)
def test_what_is_not_certain_stays_for_the_check(given: str) -> None:
    found = read_cell(GOODS.fields["quantity"], Cell("text", given))
    assert (found.value, found.notice) == (given, None)
    with pytest.raises(UnfitError):
        read_cell(GOODS.fields["line_no"], Cell("text", given))


def test_a_separator_in_a_code_is_no_thousands_separator() -> None:
    assert read_cell(GOODS.fields["material_no"], Cell("text", "1,234")).value == "1,234"
