"""Layouts name what the catalogue has."""

from __future__ import annotations

import pytest

from contracts.documents import KINDS
from services.print.layouts import LAYOUTS
from services.print.layouts.parts import Layout, Pairs, Table
from services.print.render.bands import PAIRS_A_ROW


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_field_is_in_the_catalogue(layout: Layout) -> None:
    kind = KINDS[layout.kind]
    for section, name in (*layout.identity, *([layout.title_code] if layout.title_code else [])):
        assert name in kind.section(section).fields
    for block in layout.blocks:
        fields = kind.section(block.section).fields
        if isinstance(block, Pairs):
            named = [name for row in (*block.rows, *block.rows_when_filled) for name in row]
            named += block.across
            assert all(len(row) <= PAIRS_A_ROW for row in (*block.rows, *block.rows_when_filled))
        elif isinstance(block, Table):
            named = [column.field for column in block.columns]
            assert all(column.width > 0 for column in block.columns)
            for name in block.totals.sums if block.totals else ():
                assert fields[name].type == "decimal"
            for name, code in block.totals.by_code if block.totals else ():
                assert fields[name].type == "decimal"
                assert fields[code].table
        else:
            named = [block.field]
        assert not set(named) - fields.keys()
        assert len(named) == len(set(named))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_section_is_printed(layout: Layout) -> None:
    assert {block.section for block in layout.blocks} == {part.name for part in KINDS[layout.kind].sections}


def test_the_goods_table_has_the_twenty_columns_of_the_sheet() -> None:
    tables = [block for block in LAYOUTS["inventory"].blocks if isinstance(block, Table)]
    assert [len(table.columns) for table in tables if table.section in ("goods", "second_goods")] == [20, 20]
