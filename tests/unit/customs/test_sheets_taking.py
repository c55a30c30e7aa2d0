"""Workbooks of customers: headings guessed or as saved, every doubt with its cell, and files that mean harm refused."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from contracts.problems import CellProblem
from customs.documents import KINDS, JsonObject, Profile, check
from customs.sheets import reading, taking
from customs.sheets.headings import ColumnMap, guess
from customs.sheets.merging import placed
from customs.sheets.reading import UnreadableBook, column_letters, column_number
from customs.sheets.taking import Taken, take
from customs.sheets.telling import heard, told
from tests.support.workbooks import error, formula, number, sheet_xml, table_of, text, workbook

INVENTORY = KINDS["inventory"]
GOODS = INVENTORY.section("goods")
SHAANXI = {
    "账册备案料号": "material_no",
    "商品编码": "hs_code",
    "商品名称": "name",
    "规格型号": "specification",
    "申报数量": "quantity",
    "申报单位": "unit",
    "法定数量": "statutory_quantity",
    "法定单位": "statutory_unit",
    "第二法定数量": "second_statutory_quantity",
    "第二法定单位": "second_statutory_unit",
    "商品总价": "total_price",
    "币制": "currency",
    "原产国代码": "origin_country",
    "征免方式代码": "levy_mode",
}


def _row(material: str, quantity: str = number("5")) -> list[str | None]:
    return [
        text(material),
        number("8471701000"),
        text("硬盘"),
        text("3.5寸"),
        quantity,
        number("1"),
        number("5"),
        text("001"),
        None,
        None,
        number("100", "0.00"),
        text("美元"),
        number("142"),
        number("3"),
    ]


def _rows(document: JsonObject, section: str) -> list[Any]:
    held = document[section]
    assert isinstance(held, list)
    return held


def _problems(taken: Taken) -> list[tuple[str, str, str, str]]:
    return [(each.sheet, each.cell, each.pointer, each.code) for each in taken.problems.result()]


def test_the_columns_of_a_port() -> None:
    taken = take(INVENTORY, table_of(list(SHAANXI), _row("A1"), _row("A2")))
    assert {each.heading: each.guess.field for each in taken.columns["goods"]} == SHAANXI
    goods = _rows(placed(INVENTORY, taken).document, "goods")
    assert goods[1] == {
        "line_no": 2,
        "material_no": "A2",
        "hs_code": "8471701000",
        "name": "硬盘",
        "specification": "3.5寸",
        "quantity": "5",
        "unit": "001",
        "statutory_quantity": "5",
        "statutory_unit": "001",
        "total_price": "100.00",
        "currency": "502",
        "origin_country": "142",
        "levy_mode": "3",
    }
    assert not taken.problems
    assert {(each.cell, each.code) for each in taken.notices.result()} == {
        ("F2", "zeros_restored"),
        ("F3", "zeros_restored"),
    }


@pytest.mark.parametrize(
    ("heading", "field", "by"),
    [
        ("商品料号*", "material_no", "label"),
        ("原产国（地区）", "origin_country", "label"),
        (" 商品\n编码 ", "hs_code", "label"),
        ("gross_weight", "gross_weight", "name"),
        ("GdsMtno", "material_no", "element"),
        ("dclQty", "quantity", "element"),
        ("Qty", "quantity", "synonym"),
        ("实际过卡数量", None, None),
        ("库位", None, None),
    ],
)
def test_headings(heading: str, field: str | None, by: str | None) -> None:
    found = guess(GOODS, heading)
    assert (found.field, found.by) == (field, by)


def test_every_heading_of_the_templates_is_known() -> None:
    for kind in KINDS.values():
        for part in kind.sections:
            for name, spec in part.fields.items():
                if spec.need != "system":
                    assert guess(part, spec.label).field == name
                    assert guess(part, name).field == name


def test_the_heading_row_is_found_below_titles() -> None:
    above = [[text("某某公司 装箱单")], [], [text("日期"), text("2026-01-31")]]
    taken = take(
        INVENTORY, table_of(["货号", "品名", "数量", "库位"], [text("A"), text("甲"), text("x")], above=above)
    )
    assert taken.places["goods"].heading_row == 4
    checked = check(INVENTORY, placed(INVENTORY, taken).document, Profile.SAVE)
    wrong = [placed(INVENTORY, taken).located(taken, each) for each in checked.problems]
    assert ("Sheet1", "C5", "/goods/0/quantity", "not_a_decimal") in [
        (each.sheet, each.cell, each.pointer, each.code) for each in wrong
    ]
    assert [(each.cell, each.code) for each in taken.notices.result()] == [("D4", "column_ignored")]


def test_a_wrong_cell_is_named() -> None:
    rows = [
        _row("A"),
        [],
        [],
        _row("B"),
        _row("C", error("#N/A")),
        _row("D", formula("A1")),
        _row("E", number("x")),
    ]
    taken = take(INVENTORY, table_of(list(SHAANXI), *rows))
    assert _problems(taken) == [
        ("Sheet1", "E6", "/goods/2/quantity", "cell_error"),
        ("Sheet1", "E7", "/goods/3/quantity", "formula_without_value"),
        ("Sheet1", "E8", "/goods/4/quantity", "not_a_decimal"),
    ]
    assert "表体第3行「申报数量」" in taken.problems.result()[0].message
    assert taken.bad_rows == {"goods": {2, 3, 4}}
    assert all(isinstance(each, CellProblem) for each in taken.problems.result())


def test_a_customers_own_choice_comes_first() -> None:
    book = table_of(["商品名称", "商品料号", "规格"], [text("甲"), text("乙"), text("丙")], title="发货")
    chosen = {"goods": ColumnMap({"商品名称": "material_no", "商品料号": "name", "规格": None}, "发货")}
    taken = take(INVENTORY, book, maps=chosen)
    assert placed(INVENTORY, taken).document["goods"] == [{"line_no": 1, "material_no": "甲", "name": "乙"}]
    assert [each.guess.by for each in taken.columns["goods"]] == ["mapping"] * 3
    assert not taken.notices


def test_headings_that_nobody_knows_are_shown_for_a_choice() -> None:
    taken = take(INVENTORY, table_of(["甲列", "乙列"], [text("A"), number("1")]), section="goods")
    assert [each.code for each in taken.problems.result()] == ["nothing_to_import"]
    assert taken.places["goods"].heading_row == 1
    assert [(each.heading, each.guess.field) for each in taken.columns["goods"]] == [
        ("甲列", None),
        ("乙列", None),
    ]
    assert not taken.document


def test_two_columns_for_one_field_are_refused() -> None:
    taken = take(INVENTORY, table_of(["料号", "货号"], [text("A"), text("B")]))
    assert _problems(taken) == [("Sheet1", "B1", "/goods", "column_repeated")]


def test_sheets_by_name_or_as_asked() -> None:
    one = sheet_xml([[text("料号"), text("品名")], [text("A"), text("甲")]])
    taken = take(INVENTORY, workbook({"料件表体": one, "说明页": one}))
    assert set(taken.document) == {"second_goods"}
    assert [(each.sheet, each.code) for each in taken.notices.result()] == [("说明页", "sheet_ignored")]
    asked = take(INVENTORY, workbook({"任意": one}), section="second_goods")
    assert set(asked.document) == {"second_goods"}


def test_a_hidden_sheet_is_not_passed_over_in_silence() -> None:
    one = sheet_xml([[text("料号"), text("品名")], [text("A"), text("甲")]])
    book = workbook({"表体": one, "料件表体": one})
    hidden = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as given, zipfile.ZipFile(hidden, "w") as target:
        for name in given.namelist():
            content = given.read(name).replace(
                'sheet name="料件表体"'.encode(), 'sheet state="hidden" name="料件表体"'.encode()
            )
            target.writestr(name, content)
    taken = take(INVENTORY, hidden.getvalue())
    assert set(taken.document) == {"goods"}
    assert [(each.sheet, each.code) for each in taken.notices.result()] == [("料件表体", "sheet_ignored")]


def _merged(*areas: str) -> bytes:
    written = sheet_xml([[text("合并的标题")], [text("料号"), text("品名"), text("数量")], *_THREE])
    cells = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return workbook(
        {"表体": written.replace("</worksheet>", f"<mergeCells>{cells}</mergeCells></worksheet>")}
    )


_THREE: list[list[str | None]] = [
    [text("A"), text("甲"), number("1")],
    [text("B"), None, number("2")],
    [text("C"), text("丙"), None],
]


def test_merged_cells_are_not_taken_for_the_first_row_alone() -> None:
    taken = take(INVENTORY, _merged("A1:C1", "B3:B4", "D3:D5"))
    assert _problems(taken) == [("表体", "B4", "/goods/1/name", "cell_merged")]
    assert taken.bad_rows == {"goods": {1}}
    assert not take(INVENTORY, _merged("A1:C1", "E4:F5")).problems


def test_merged_cells_without_end() -> None:
    with pytest.raises(UnreadableBook, match="合并单元格"):
        take(INVENTORY, _merged(*["B3:B4"] * (reading.MAX_AREAS + 1)))


def test_problems_come_in_the_order_of_the_sheet() -> None:
    rows = [_row("A", error("#N/A")), _row("B"), _row("C", error("#N/A"))]
    rows[1][1] = number("12")
    taken = take(INVENTORY, table_of(list(SHAANXI), *rows))
    # As what only the check finds comes after what the reading found.
    taken.problems.listed.append(taken.problems.listed.pop(0))
    assert [each.cell for each in taken.problems.result()] == ["E2", "B3", "E4"]


def test_rows_are_put_into_a_document() -> None:
    taken = take(INVENTORY, table_of(["料号", "品名"], [text("A"), text("甲")], [text("B"), text("乙")]))
    current = {"head": {"internal_no": "X"}, "goods": [{"line_no": 7, "material_no": "Z"}]}
    after = placed(INVENTORY, taken, current, append=True, without={"goods": [0]})
    assert after.document == {
        "head": {"internal_no": "X"},
        "goods": [
            {"line_no": 7, "material_no": "Z"},
            {"line_no": 8, "material_no": "B", "name": "乙"},
        ],
    }
    assert list(after.rows["goods"]) == [None, 1]
    instead = placed(INVENTORY, taken, current)
    assert [row["material_no"] for row in _rows(instead.document, "goods")] == ["A", "B"]


def test_more_rows_than_a_document_may_have() -> None:
    rows = [[number(str(n)), text("x")] for n in range(1, 53)]
    book = workbook({"报关单草稿表体": sheet_xml([[text("报关单商品序号"), text("商品名称")], *rows])})
    taken = take(INVENTORY, book)
    assert [code for *_, code in _problems(taken)] == ["too_many_rows"]
    assert len(_rows(taken.document, "declaration_rows")) == 50


def _refused(data: bytes) -> str:
    with pytest.raises(UnreadableBook) as refused:
        take(INVENTORY, data)
    return str(refused.value)


GOOD = [[text("料号"), text("品名")], [text("A"), text("甲")]]


def test_files_that_are_no_workbook() -> None:
    assert "不是xlsx" in _refused(b"a,b\n1,2\n")
    assert "旧版xls" in _refused(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "不完整" in _refused(b"PK\x03\x04" + b"\0" * 100)
    whole = workbook({"A": sheet_xml(GOOD)})
    assert "不完整" in _refused(whole[: len(whole) // 2])
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as book:
        book.writestr("a.txt", "x")
    assert "已损坏" in _refused(empty.getvalue())
    broken = workbook({"A": sheet_xml(GOOD)[:-40]})
    assert "已损坏" in _refused(broken)


def test_files_that_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED_BYTES", 2_000_000)
    many = sheet_xml([*GOOD, *([[None, None, text("x" * 50)] for _ in range(30_000)])])
    bomb = workbook({"A": many})
    assert len(bomb) < len(many) / 10
    assert "解压后超过" in _refused(bomb)


def test_a_row_without_end() -> None:
    blank = " " * (5 * 1024 * 1024)
    xml = sheet_xml(GOOD).replace("</sheetData>", f'<row r="3">{blank}</row></sheetData>')
    assert "一行或一段文字过大" in _refused(workbook({"A": xml}))


def test_rows_beyond_what_excel_has() -> None:
    rows = f'<row r="{reading.MAX_ROW_NUMBER + 1}"><c r="A1"/></row>'
    assert "超过1048576行" in _refused(
        workbook({"A": sheet_xml(GOOD).replace("</sheetData>", f"{rows}</sheetData>")})
    )


def test_entities_and_doctypes() -> None:
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    inside = sheet_xml(GOOD).replace("甲", "&b;")
    assert "DOCTYPE" in _refused(workbook({"A": evil + inside}))


def test_too_many_parts_and_columns() -> None:
    parts = {f"xl/media/{n}.txt": "x" for n in range(reading.MAX_PARTS)}
    assert "部件过多" in _refused(workbook({"A": sheet_xml(GOOD)}, more=parts))
    wide = [[*GOOD[0], *([None] * 400), text("数量")], [*GOOD[1], *([None] * 400), number("1")]]
    taken = take(INVENTORY, workbook({"A": sheet_xml(wide)}))
    assert placed(INVENTORY, taken).document["goods"] == [{"line_no": 1, "material_no": "A", "name": "甲"}]


def test_a_shared_text_that_is_not_there() -> None:
    xml = sheet_xml(GOOD).replace("</sheetData>", '<row r="3"><c r="A3" t="s"><v>9</v></c></row></sheetData>')
    assert "不存在的文字" in _refused(workbook({"A": xml}))


@pytest.mark.parametrize(("number_", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_column_letters(number_: int, letters: str) -> None:
    assert (column_letters(number_), column_number(letters)) == (letters, number_)


def test_texts_that_are_too_long_or_shared_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * (reading.MAX_CELL_CHARACTERS + 1)
    assert "单元格A3" in _refused(workbook({"A": sheet_xml([*GOOD, [text(long)]])}))
    monkeypatch.setattr(taking, "MAX_CHARACTERS", 100)
    shared = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"y" * 50}</t></si></sst>'
    rows = [*GOOD, *[['t="s"><v>0</v>'] for _ in range(3)]]
    assert "内容过多" in _refused(workbook({"A": sheet_xml(rows)}, more={"xl/sharedStrings.xml": shared}))


def test_characters_that_no_text_can_hold() -> None:
    taken = take(INVENTORY, table_of(["料号", "品名"], [text("A_xD800_"), text("甲_x0000_乙")]))
    (row,) = _rows(placed(INVENTORY, heard(INVENTORY, told(taken))).document, "goods")
    assert row == {"line_no": 1, "material_no": "A_xD800_", "name": "甲乙"}
    assert [(each.code, each.cell) for each in taken.notices.listed] == [("unseen_removed", "B2")]
