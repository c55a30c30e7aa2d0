"""Prints of every kind: whatever is valid is printed whole, on one page or on many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from customs.codes import TABLES
from customs.documents import KINDS, Kind
from services.print.layouts import LAYOUTS
from services.print.layouts.checking import fields_named
from services.print.layouts.parts import Table
from services.print.render.document import render
from services.print.render.fonts import Faces
from services.print.subject import Subject
from tests.support.documents import documents
from tests.support.prints import as_printed, said

DAY = date(2026, 1, 5)
Reads = Callable[..., list[str]]
EACH_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
SEQ_NO, INTERNAL_NO = "202600000000123456", "EX-2026-000123"


@pytest.fixture
def reads(faces: Faces, tmp_path: Path) -> Reads:
    """Renders a document and answers the text of each page without blanks."""

    def read(kind: Kind, document: Mapping[str, Any], state: str = "approved", **more: Any) -> list[str]:
        path = tmp_path / "out.pdf"
        subject = Subject(document=dict(document))
        render(faces, kind.name, subject, state=state, printed_on=DAY, path=path, **more)
        return ["".join(page.extract_text().split()) for page in PdfReader(path).pages]

    return read


def whole(kind: Kind, rows: int) -> dict[str, Any]:
    """A document with every section, `rows` rows in each list."""
    document: dict[str, Any] = {}
    for section in kind.sections:
        if not section.many:
            document[section.name] = {}
            continue
        keys = [name for name in section.row_key if section.fields[name].type == "integer"]
        document[section.name] = [
            dict.fromkeys(keys, at)
            | ({"material_no": f"MAT-{at:05d}"} if "material_no" in section.fields else {})
            for at in range(1, rows + 1)
        ]
    document["head"] = {"seq_no": SEQ_NO, "internal_no": INTERNAL_NO}
    return document


# A shrink would cut fonts for each of its thousands of tries.
@EACH_KIND
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_valid_prints_with_every_value(
    reads: Reads, faces: Faces, kind: Kind, data: st.DataObject
) -> None:
    document = data.draw(documents(kind, system_fields=True))
    text = "".join(reads(kind, document))
    missing = [value for value in said(kind, document) if as_printed(value, faces) not in text]
    assert not missing


@EACH_KIND
def test_the_frame_is_the_same_for_every_kind(reads: Reads, kind: Kind) -> None:
    document = whole(kind, 1)
    (page, *_) = reads(kind, document, state="draft")
    assert kind.label in page
    assert "仅供核对" in page
    assert "打印日期：2026-01-05" in page
    assert "状态：草稿" in page
    assert page.endswith("草稿"), "the watermark lies over everything"
    assert "第1页共" in page


@EACH_KIND
def test_the_title_names_the_direction(reads: Reads, kind: Kind) -> None:
    titled = LAYOUTS[kind.name].title_code
    if titled is None:
        assert "direction" not in kind.section("head").fields
        return
    section, name = titled
    for row in TABLES[str(kind.section(section).fields[name].table)]:
        (page, *_) = reads(kind, {**whole(kind, 1), section: {name: row.code}})
        assert f"{kind.label}（{row.name}）" in page


@EACH_KIND
def test_sixty_rows_repeat_the_head_and_name_the_document(reads: Reads, kind: Kind) -> None:
    tables = [block for block in LAYOUTS[kind.name].blocks if isinstance(block, Table)]
    pages = reads(kind, whole(kind, 60))
    assert (len(pages) > 1) == bool(tables)
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in page
        assert INTERNAL_NO in page
        assert SEQ_NO in page
    if any("material_no" in fields_named(table) for table in tables):
        assert all(f"MAT-{at:05d}" in "".join(pages) for at in range(1, 61))


@EACH_KIND
def test_only_the_inventory_leaves_fields_of_the_head_out(kind: Kind) -> None:
    """Its sheet is the official one; the others, ours, show all there is."""
    named = {name for b in LAYOUTS[kind.name].blocks if b.section == "head" for name in fields_named(b)}
    left_out = kind.section("head").fields.keys() - named
    assert bool(left_out) == (kind.name == "inventory")


@EACH_KIND
def test_the_receipt_sheet_is_titled_by_the_kind(reads: Reads, kind: Kind) -> None:
    (page,) = reads(kind, {"head": {"internal_no": INTERNAL_NO}}, sheet="receipts")
    assert f"{kind.label}回执单" in page
    assert INTERNAL_NO in page
