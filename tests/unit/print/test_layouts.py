"""Layouts name what the catalogue has, and every kind has one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from customs.documents import KINDS
from services.print.layouts import LAYOUTS
from services.print.layouts.checking import checked
from services.print.layouts.inventory import INVENTORY
from services.print.layouts.parts import Column, Layout, Numbers, Pairs, Table, Totals
from services.print.layouts.receipts import receipts_of
from services.print.render.bands import CELL, PADDING
from services.print.render.sheet import CONTENT_WIDTH


def test_every_kind_has_a_layout() -> None:
    assert LAYOUTS.keys() == KINDS.keys()


def test_the_goods_table_has_the_twenty_columns_of_the_sheet() -> None:
    tables = [block for block in LAYOUTS["inventory"].blocks if isinstance(block, Table)]
    assert [len(table.columns) for table in tables if table.section in ("goods", "second_goods")] == [20, 20]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_column_has_a_width(layout: Layout) -> None:
    for block in layout.blocks:
        if isinstance(block, Table):
            assert all(column.width > 0 for column in block.columns)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_receipt_sheet_names_the_document_of_every_kind(layout: Layout) -> None:
    (pairs,) = receipts_of(layout).blocks
    assert isinstance(pairs, Pairs)
    named = {name for row in pairs.rows for name in row}
    assert {"seq_no", "customs_no", "internal_no"} <= named


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        (Pairs("head", rows=(("no_such",),)), "no field head.no_such"),
        (Pairs("heads", rows=(("seq_no",),)), "no section heads"),
        (Pairs("head", across=("seq_no",)), "head.seq_no twice"),
        (Pairs("head", rows=(("entry_no", "seq_no", "remark", "book_no", "card_no"),)), "more than 4 pairs"),
        (Table("goods", (Column("no_such", 1),)), "no field goods.no_such"),
        (Table("goods", (Column("name", 1), Column("name", 1))), "goods.name twice"),
        (Table("goods", (Column("name", 1),), totals=Totals(sums=("name",))), "goods.name cannot be summed"),
        (
            Table("goods", (Column("name", 1),), totals=Totals(by_code=(("total_price", "name"),))),
            "goods.name has no code table",
        ),
        (Numbers("stock_bills", "no_such"), "no field stock_bills.no_such"),
    ],
)
def test_a_layout_that_names_what_is_not_there_is_refused(block: Pairs | Table | Numbers, wrong: str) -> None:
    with pytest.raises(TypeError, match=wrong):
        checked(replace(INVENTORY, blocks=(*INVENTORY.blocks, block)))


def test_a_section_left_out_is_refused() -> None:
    with pytest.raises(TypeError, match="section goods is not printed"):
        checked(replace(INVENTORY, blocks=(INVENTORY.blocks[0],)))


def test_identity_and_title_are_looked_at_too() -> None:
    with pytest.raises(TypeError, match=r"no field head\.no_such"):
        checked(replace(INVENTORY, identity=(("head", "no_such"),)))
    with pytest.raises(TypeError, match=r"no field head\.no_such"):
        checked(replace(INVENTORY, title_code=("head", "no_such")))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_ten_thousandth_line_has_its_number_on_one_line(layout: Layout) -> None:
    """A digit is 0.555 of the size in this family."""
    room = 5 * 0.555 * CELL.size + 2 * PADDING
    for block in layout.blocks:
        if isinstance(block, Table):
            point = CONTENT_WIDTH / sum(column.width for column in block.columns)
            narrow = [
                c.field for c in block.columns if c.field.endswith("line_no") and c.width * point < room
            ]
            assert not narrow, block.section
