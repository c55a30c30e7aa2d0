"""Whole PDFs: what they say, page by page, read back from their text layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pypdfium2
import pytest
from pypdf import PdfReader

from customs.documents import KINDS
from customs.documents.life import Purpose
from services.print.render.document import render
from services.print.render.fonts import Faces
from services.print.render.sheet import HEIGHT, MARGIN, WIDTH
from services.print.subject import OpenRound, Subject
from tests.support.prints import as_printed, said

INVENTORY = KINDS["inventory"]
DAY = date(2026, 1, 5)
Reads = Callable[..., list[str]]


@pytest.fixture
def reads(faces: Faces, tmp_path: Path) -> Reads:
    """Renders a document and answers the text of each page without blanks."""

    def read(document: Mapping[str, Any], state: str = "draft", **more: Any) -> list[str]:
        path = tmp_path / "out.pdf"
        sheet = more.pop("sheet", "document")
        subject = Subject(document=dict(document), **more)
        printed = render(faces, "inventory", subject, sheet=sheet, state=state, printed_on=DAY, path=path)
        pages = ["".join(page.extract_text().split()) for page in PdfReader(path).pages]
        assert len(pages) == printed.pages
        return pages

    return read


def goods(count: int, **more: Any) -> list[dict[str, Any]]:
    row = {
        "book_line_no": 7,
        "hs_code": "7318159090",
        "name": "内六角圆柱头螺钉",
        "specification": "4|3|材质：不锈钢304|规格：M8×20mm|品牌：无",
        "unit": "007",
        "origin_country": "116",
        "destination_country": "142",
        "currency": "502",
        "unit_price": "1.2345",
        "quantity": "100",
        "total_price": "123.45",
        "statutory_quantity": "12.5",
        "statutory_unit": "035",
        "levy_mode": "3",
        "gross_weight": "12.5",
        "net_weight": "12.25",
    }
    return [{"line_no": n, "material_no": f"MAT-{n:05d}", **row, **more} for n in range(1, count + 1)]


HEAD = {
    "inventory_type": "0",
    "book_no": "T3105W000123",
    "internal_no": "EX-2026-000123",
    "operating_name": "示例保税物流有限公司",
    "border_customs": "2218",
    "direction": "I",
    "supervision_mode": "5000",
    "shipment_country": "142",
    "input_date": "20260104",
    "remark": "第一行备注\n第二行备注",
}


def test_a_draft_says_what_it_is(reads: Reads) -> None:
    (page,) = reads({"head": HEAD, "goods": goods(1)})
    assert "保税核注清单（进口）" in page
    assert "仅供核对" in page
    assert "打印日期：2026-01-05" in page
    assert "状态：草稿" in page
    assert page.count("草稿") == 2, "state and watermark"
    assert "第1页共1页" in page
    assert "外高桥关(2218)" in page
    assert "2026-01-04" in page
    assert "合计：申报总价美元123.45；毛重12.5；净重12.25" in page


def test_a_declared_document_has_no_watermark_and_its_numbers(reads: Reads) -> None:
    head = {**HEAD, "direction": "E", "seq_no": "202600000000123456", "customs_no": "QD310526E000012345"}
    (page,) = reads({"head": head, "goods": goods(1)}, state="deducted")
    assert "保税核注清单（出口）" in page
    assert page.count("已核扣") == 1
    assert "202600000000123456" in page
    assert "QD310526E000012345" in page


CHANGE = OpenRound(round_no=2, purpose=Purpose.CHANGE, state="returned")


def test_a_change_under_way_is_said_on_the_working_copy(reads: Reads) -> None:
    (page,) = reads({"head": HEAD, "goods": goods(1)}, state="approved", open_round=CHANGE)
    assert "变更办理中（退单）：所印为变更后的内容，海关尚未同意" in page
    assert page.count("变更中") == 1, "the watermark"
    assert "状态：通过(未核扣)" in page


def test_the_approved_version_is_called_so(reads: Reads) -> None:
    document = {"head": HEAD, "goods": goods(1)}
    (page,) = reads(document, state="approved", open_round=CHANGE, version="approved")
    assert "所印为海关已批准的内容" in page
    assert "变更办理中（退单）：海关尚未同意" in page
    assert "变更中" not in page
    (page,) = reads(document, state="approved", version="3")
    assert "所印为第3次发送的内容" in page
    assert page.count("历史版本") == 1


def test_a_deletion_asked_for_leaves_the_document_valid(reads: Reads) -> None:
    asked = OpenRound(round_no=2, purpose=Purpose.CANCELLATION, state="accepted")
    (page,) = reads({"head": HEAD, "goods": goods(1)}, state="approved", open_round=asked)
    assert "删除办理中（已申报）：海关尚未同意；在此之前，已批准的内容继续有效" in page
    assert "删除中" not in page
    (page,) = reads({"head": HEAD, "goods": goods(1)}, state="deleted")
    assert page.count("已删除") == 2, "state and watermark"


def test_attachments_are_counted(reads: Reads) -> None:
    (page,) = reads({"head": HEAD, "goods": goods(1)}, attachments=3)
    assert "随附单据：3份" in page
    (page,) = reads({"head": HEAD, "goods": goods(1)})
    assert "随附单据" not in page


def test_an_empty_draft_prints(reads: Reads) -> None:
    (page,) = reads({"head": {}, "goods": []})
    assert "表体（共0项）" in page
    assert "None" not in page


def test_every_further_page_repeats_the_head_and_names_the_document(reads: Reads) -> None:
    rows = goods(300)
    pages = reads({"head": HEAD, "goods": rows})
    assert len(pages) > 5
    labels = [
        INVENTORY.section("goods").fields[name].label for name in ("material_no", "consumption_version")
    ]
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in page
        assert all(page.count(label) == 1 for label in labels)
        assert "EX-2026-000123" in page
    text = "".join(pages)
    assert all(text.count(row["material_no"]) == 1 for row in rows)


def test_all_sections_hold_every_value(reads: Reads, faces: Faces) -> None:
    document = {
        "head": HEAD,
        "goods": goods(3),
        "declaration_head": {"bill_no": "EXBL0001", "package_count": 12, "border_customs": "2218"},
        "declaration_rows": [
            {
                "line_no": 1,
                "book_line_no": ",".join(f"@{n}" for n in range(1, 900)),
                "name": "螺钉",
                "un_code": "1263",
                "goods_brand": "示例牌" * 300,
            }
        ],
        "second_goods": goods(2, name="料件"),
        "stock_bills": [{"stock_bill_no": f"C3105{n:013d}"} for n in range(9)],
        "ecommerce_bills": [{"ecommerce_bill_no": f"E3105{n:013d}"} for n in range(5)],
    }
    text = "".join(reads(document, state="registered"))
    missing = [value for value in said(INVENTORY, document) if as_printed(value, faces) not in text]
    assert not missing
    for section in ("declaration_head", "declaration_rows", "second_goods", "stock_bills", "ecommerce_bills"):
        assert INVENTORY.section(section).label in text


def test_a_row_taller_than_a_page_goes_on_overleaf(reads: Reads) -> None:
    remark = "\n".join(f"备注第{n:03d}行" for n in range(150))
    pages = reads({"head": {**HEAD, "remark": remark}, "goods": goods(1)})
    assert len(pages) > 2
    assert all(f"备注第{n:03d}行" in "".join(pages) for n in range(150))


def test_characters_of_no_face_are_shown_as_missing_and_named(reads: Reads) -> None:
    (page,) = reads({"head": HEAD, "goods": goods(1, name="𠮷龘\u200b螺钉😀")})
    assert "𠮷龘螺钉〓" in page
    assert "U+1F600" in page
    assert "U+200B" not in page


def test_rare_characters_of_one_document_are_not_those_of_another(reads: Reads) -> None:
    for rare in ("𠮷", "한", "𠮟"):
        (page,) = reads({"head": HEAD, "goods": goods(1, name=f"螺钉{rare}")})
        assert f"螺钉{rare}" in page


def test_nothing_lies_outside_the_frame(faces: Faces, tmp_path: Path) -> None:
    longest = {
        "name": "超长名称" * 64,
        "material_no": "W" * 32,
        "total_price": "9" * 17 + ".99",
        "quantity": "9" * 14,
    }
    path = tmp_path / "out.pdf"
    head = {**HEAD, "operating_name": "示例保税物流有限公司" * 25, "remark": "备注" * 1000}
    document = {"head": head, "goods": goods(12, **longest)}
    render(faces, "inventory", Subject(document=document), state="deducted", printed_on=DAY, path=path)
    pdf = pypdfium2.PdfDocument(path)
    for page in pdf:
        text = page.get_textpage()
        for number in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(number)
            assert left >= MARGIN - 0.5
            assert right <= WIDTH - MARGIN + 0.5
            assert bottom >= 8
            assert top <= HEIGHT - 8
    pdf.close()


def test_all_faces_are_embedded(reads: Reads, tmp_path: Path) -> None:
    reads({"head": HEAD, "goods": goods(1, name="𠮷")})
    resources = cast("dict[str, Any]", PdfReader(tmp_path / "out.pdf").pages[0]["/Resources"])
    found = [font.get_object() for font in resources["/Font"].values()]
    assert len({str(font["/BaseFont"]) for font in found}) >= 3, "regular, bold and a rare one"
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in found)
