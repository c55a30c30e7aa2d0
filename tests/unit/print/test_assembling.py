"""Parts to one file: order, bookmarks, the table of contents; and tables that another service fills."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from contracts.answers.ledger import BalanceSheet
from services.print.balance_sheet import report_of
from services.print.render.assembling import assemble
from services.print.render.facts import report_sheet
from services.print.render.fonts import Faces
from services.print.subject import Assembly, Entry
from tests.support.prints import bookmarks
from tools.answer_samples import answer_samples


def unheard(_done: int, _of: int) -> None:
    pass


def text_of(reader: PdfReader) -> str:
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def entries(folder: Path, count: int) -> tuple[Entry, ...]:
    """Documents of one to three pages, told apart by their width."""
    made = []
    for number in range(count):
        writer = PdfWriter()
        for _ in range(number % 3 + 1):
            writer.add_blank_page(100 + number, 100)
        path = folder / f"{number}.pdf"
        writer.write(path)
        made.append(
            Entry(
                title=f"第{number}份",
                label="核放单",
                number=f"N-{number}",
                path=str(path),
                pages=number % 3 + 1,
            )
        )
    return tuple(made)


@pytest.mark.parametrize("count", [1, 200])
def test_bookmarks_and_first_pages_are_right_however_long_the_cover(
    faces: Faces, tmp_path: Path, count: int
) -> None:
    parts = entries(tmp_path, count)
    path = tmp_path / "whole.pdf"
    pages = assemble(faces, Assembly(title="打印目录", entries=parts), "2026-01-05", path, unheard)
    reader = PdfReader(path)
    assert len(reader.pages) == pages
    of_cover = pages - sum(part.pages for part in parts)
    assert of_cover == (1 if count == 1 else 5)
    cover = "".join("".join(page.extract_text().split()) for page in reader.pages[:of_cover])
    for number, (_, _, at) in enumerate(bookmarks(reader)[1:]):
        assert float(reader.pages[at].mediabox[2]) == 100 + number
        assert f"N-{number}{parts[number].pages}{at + 1}" in cover


def test_attachments_are_below_their_document_and_skipped_ones_in_the_cover_only(
    faces: Faces, tmp_path: Path
) -> None:
    first, second, third = entries(tmp_path, 3)
    missing = Entry(title="", label="出入库单", number="X", remark="未打印：没有这份单证")
    given = (first, second.model_copy(update={"level": 1}), missing, third)
    path = tmp_path / "whole.pdf"
    assemble(faces, Assembly(title="打印目录", entries=given), "2026-01-05", path, unheard)
    reader = PdfReader(path)
    assert [(title, level) for title, level, _ in bookmarks(reader)] == [
        ("打印目录", 0),
        ("第0份", 0),
        ("第1份", 1),
        ("第2份", 0),
    ]
    cover = text_of(reader)
    assert "未打印：没有这份单证" in cover
    assert "单证2份，随附单据1份，未打印1份，共6页" in cover


def test_without_cover_there_is_none(faces: Faces, tmp_path: Path) -> None:
    path = tmp_path / "whole.pdf"
    parts = entries(tmp_path, 2)
    whole = Assembly(title="打印目录", entries=parts, cover=False)
    assert assemble(faces, whole, "2026-01-05", path, unheard) == 3
    assert "打印目录" not in text_of(PdfReader(path))


(_LINE,) = answer_samples()["BalanceSheet"]["items"]


def test_a_quantity_that_is_unknown_is_not_zero(faces: Faces, tmp_path: Path) -> None:
    columns = [
        {"name": "line_no", "label": "备案序号", "numeric": False},
        {"name": "material_no", "label": "料号", "numeric": False},
        {"name": "opening", "label": "期初", "numeric": True},
        {"name": "closing", "label": "期末", "numeric": True},
    ]
    rows = [
        _LINE | {"line_no": "1", "material_no": None, "opening": None, "closing": None},
        _LINE | {"line_no": "2", "material_no": "MAT-2", "opening": "0", "closing": "12.50000"},
    ]
    sheet = BalanceSheet.model_validate(
        {
            "book_no": "T0000W000001",
            "name": "",
            "from": "2026-01-01",
            "to": "2026-01-31",
            "columns": columns,
            "items": rows,
        }
    )
    path = tmp_path / "sheet.pdf"
    assert report_sheet(faces, report_of(sheet), "打印时间：2026-01-31 10:00", path, unheard) == 1
    text = text_of(PdfReader(path))
    for said in (
        "账册平衡表",
        "T0000W000001",
        "2026-01-01至2026-01-31",
        "1未知未知",
        "2MAT-2012.50000",
        "打印时间",
    ):
        assert said in text
    assert "并非为零" in text
