"""The demo on a running platform: right when all goes well, wrong with the reason when a document comes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from rich.console import Console

from local.demo.parts import PARTS
from local.demo.play import play_on
from local.platform import Platform

pytestmark = pytest.mark.flow


def played(platform: Platform, **prefixes: str) -> tuple[bool, str]:
    """Whether it was right, and what it printed. `prefixes`: of the 企业内部编号, by part."""
    parts = [replace(part, prefix=prefixes.get(part.name, part.prefix)) for part in PARTS]
    console = Console(highlight=False, width=100, record=True)
    right = asyncio.run(play_on(platform, console, parts))
    return right, console.export_text()


def test_every_document_comes_to_its_end(platform: Platform) -> None:
    right, text = played(platform)
    assert right, text
    table = text[text.index("Documents") : text.index("Uploads")]
    for part in PARTS:
        [row] = [row for row in table.splitlines() if row.startswith(part.label)]
        assert row.count(part.state(part.goal).label) == 2, "as it had to, and as it did"
    uploads = text[text.index("Uploads") : text.index("Evidence")].splitlines()
    assert sum("yes" in row for row in uploads) == 10, "eight filings, a 变更 and a 结案"
    book = text[text.index("账册") : text.index("Uploads")].splitlines()
    assert [row.split() for row in book if row.startswith("11 ")] == [
        ["11", "HDD-2T-35", "9500", "10000", "1000", "0", "0", "9000", "9000"]
    ]
    [folder] = [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith("PDFs")]
    assert {path.stem for path in Path(folder).iterdir()} == {part.name for part in PARTS}
    bill = "".join(page.extract_text() for page in pypdf.PdfReader(Path(folder) / "pass.pdf").pages)
    assert "已过卡" in bill


def test_a_returned_bill_is_told_with_its_reason(platform: Platform) -> None:
    right, text = played(platform, bill_1="RET")
    assert not right
    assert "出入库单 第1批: 海关退单" in text
    assert "核放单 出区: not played on: 出入库单 第1批 failed" in text
    assert "业务申报表: not played on: 出入库单 第1批 failed" in text
    table = text[text.index("Documents") : text.index("Uploads")].splitlines()
    assert any(row.startswith("保税核注清单 进口") and row.count("已核扣") == 2 for row in table)


def test_a_refused_conclusion_is_no_right_end(platform: Platform) -> None:
    right, text = played(platform, form="VOIDRET")
    assert not right
    troubles = [line for line in text.splitlines() if line.startswith("业务申报表: ")]
    assert troubles and "退单" in troubles[0]


def test_a_book_that_customs_counts_otherwise_is_no_right_end(platform: Platform) -> None:
    right, text = played(platform, gathered="DIFF")
    assert not right
    assert "应为 11 HDD-2T-35  实增 10000 实减 1000 预增 0 预减 0 余 9000" in text
    assert "差异: " in text
    table = text[text.index("Documents") : text.index("账册")].splitlines()
    assert any(row.startswith("保税核注清单 集报") and row.count("已核扣") == 2 for row in table)
