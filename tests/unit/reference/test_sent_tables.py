"""Tables people send: what Excel made of codes is put right or refused, and what cannot be read says why."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter

from backbone.refusals import InvalidRequest
from customs.master.records import GOODS, TRUCKS
from services.reference.hs_import import GoodsCode, read_edition
from services.reference.imports import read_file
from services.reference.sent_tables import Form, TableUnreadable, read_lines


def book(*rows: Sequence[object]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        sheet = made.add_worksheet("商品")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    return file.getvalue()


def test_codes_that_excel_turned_into_numbers_are_codes_again() -> None:
    data = book(
        ["商品料号", "商品编码", "商品名称", "法定计量单位", "申报单价"],
        ["A1", 8471701000, "硬盘驱动器", 35, 12.5],
        ["A2", "3901100001", "聚乙烯", "035", "0.8"],
    )
    read = read_file(GOODS, data, None, is_table=True)
    assert (read.lines, list(read.problems)) == (2, [])
    assert read.good["A1"].content == {
        "material_no": "A1",
        "hs_code": "8471701000",
        "name": "硬盘驱动器",
        "statutory_unit": "035",
        "unit_price": "12.5",
    }
    assert read.good["A2"].content["statutory_unit"] == "035"


def test_a_cell_that_cannot_be_understood_is_one_problem_of_its_line() -> None:
    data = book(["车牌号", "车自重"], ["沪A00001", 8000], ["沪A00002", True])
    read = read_file(TRUCKS, data, None, is_table=True)
    assert list(read.good) == ["沪A00001"]
    assert {each.pointer for each in read.problems} >= {"/3/vehicle_weight"}
    assert len({each.pointer for each in read.problems}) == len(read.problems)


def test_an_edition_is_read_as_published_with_columns_that_are_not_ours() -> None:
    data = book(
        ["编码", "名称", "优惠税率", "第一法定单位", "第二法定单位", "申报要素"],
        ["8471701000", "硬盘驱动器", "0", "001", "035", "1品牌;2型号"],
        ["0101210010", "改良种用马", "0", "035", "", ""],
    )
    edition = read_edition(data, "2026", date(2026, 1, 1))
    assert edition.codes == {
        "8471701000": GoodsCode("8471701000", "硬盘驱动器", "001", "035"),
        "0101210010": GoodsCode("0101210010", "改良种用马", "035", None),
    }


def test_a_code_twice_with_different_units_is_refused_and_the_same_line_twice_is_not() -> None:
    line = "8471701000,硬盘,001\n"
    assert len(read_edition(f"code,name,unit\n{line}{line}".encode(), "2026", date(2026, 1, 1)).codes) == 1
    with pytest.raises(InvalidRequest) as refused:
        read_edition(f"code,name,unit\n{line}8471701000,硬盘,035\n".encode(), "2026", date(2026, 1, 1))
    assert [each.pointer for each in refused.value.problems] == ["/3/code"]


@pytest.mark.parametrize("data", [b"code,name,unit\n", b"\n", b"code,name,unit\n,,\n"])
def test_an_empty_edition_is_refused(data: bytes) -> None:
    with pytest.raises(TableUnreadable):
        read_edition(data, "2026", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04broken", "xlsx"),
        (b"\xd0\xcf\x11\xe0old", "xls"),
        (b"a,b\n" * 5, "超过3行"),
        (b'a,b\n"x', "CSV"),
        (book(["a", "c"], ["1", "2"]), "不认识列标题"),
        (book(["a", "b"], *[["1", "2"]] * 4), "超过3行"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, says: str) -> None:
    fields = GOODS.fields
    form = Form({"a": "name", "b": "material_no"}, fields, most_rows=3)
    with pytest.raises(TableUnreadable, match=says):
        read_lines(data, form)
