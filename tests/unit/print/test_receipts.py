"""The receipt sheet: what the authority answered, all of it, in its order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from customs.documents.life import Purpose
from services.print.layouts.receipts import ANSWER_COLUMNS
from services.print.render.document import render
from services.print.render.fonts import Faces
from services.print.subject import Answer, OpenRound, Subject

HEAD = {
    "seq_no": "202600000000123456",
    "customs_no": "QD310526I000012345",
    "internal_no": "EX-1",
    "change_count": 0,
    "declaring_name": "示例报关行有限公司",
}
Reads = Callable[..., list[str]]


@pytest.fixture
def reads(faces: Faces, tmp_path: Path) -> Reads:
    """Renders the sheet and answers the text of each page without blanks."""

    def read(answers: list[Answer], **more: Any) -> list[str]:
        path = tmp_path / "out.pdf"
        subject = Subject(document={"head": HEAD}, answers=answers, **more)
        day = date(2026, 1, 5)
        render(faces, "inventory", subject, sheet="receipts", state="approved", printed_on=day, path=path)
        return ["".join(page.extract_text().split()) for page in PdfReader(path).pages]

    return read


def answer(**more: Any) -> Answer:
    given = {
        "type": "receipt",
        "occurred_at": "2026-01-05T02:03:09Z",
        "authority_at": "2026-01-05T16:03:04Z",
        "attempt_no": 2,
        "message_type": "INV201",
        "message_id": "CUS0000E0100002026010510302200000000001",
        "code": "3",
        "text": "海关退单",
        "reasons": ["表体第3行商品编码有误", "第5行法定数量为0"],
    }
    return Answer.model_validate({**given, **more})


def test_an_answer_is_shown_with_times_code_words_and_reasons(reads: Reads) -> None:
    (page,) = reads([answer()])
    assert "保税核注清单回执单" in page
    assert all(column.label in page for column in ANSWER_COLUMNS)
    assert "2026-01-0600:03:04" in page, "the authority's clock in China"
    assert "2026-01-0510:03:09" in page
    for said in ("INV201", "海关退单", "第2次", "表体第3行商品编码有误", "第5行法定数量为0"):
        assert said in page
    assert "CUS0000E0100002026010510302200000000001" in page
    for number in ("202600000000123456", "QD310526I000012345", "EX-1", "示例报关行有限公司"):
        assert number in page


def test_no_answers_and_late_answers_are_said(reads: Reads) -> None:
    (page,) = reads([])
    assert "尚未收到任何回执" in page
    assert "可能还有" not in page
    (page,) = reads([answer(attempt_no=None, authority_at=None)], behind=True)
    assert "可能还有刚收到、尚未列入的回执" in page
    assert "未确定" in page
    assert "尚未收到任何回执" not in page


def test_a_round_under_way_is_said(reads: Reads) -> None:
    change = OpenRound(round_no=2, purpose=Purpose.CHANGE, state="manual_review")
    (page,) = reads([answer()], open_round=change)
    assert "变更办理中（转人工）：海关尚未同意" in page


def test_many_answers_take_pages_with_the_head_repeated(reads: Reads) -> None:
    pages = reads([answer(reasons=[f"原因{n:03d}"]) for n in range(60)])
    assert len(pages) > 1
    assert all("海关处理时间" in page for page in pages)
    assert all(f"原因{n:03d}" in "".join(pages) for n in range(60))
