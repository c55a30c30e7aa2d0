"""Bands on pages: inside the sheet, none upon another, nothing lost, heads repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.print.render.bands import CELL, COLUMN_HEAD, Band, Block, Slot, height_of
from services.print.render.pages import Flow, Page

FIRST_TOP, TOP, BOTTOM = 70.0, 40.0, 300.0
SLOTS = (Slot(0, 50, CELL), Slot(50, 50, CELL))


def band(number: int, lines: int) -> Band:
    cells = (tuple(f"{number}.{line}" for line in range(lines)), ("x",))
    return Band(SLOTS, cells, height_of(SLOTS, cells))


HEAD_SLOTS = (Slot(0, 100, COLUMN_HEAD, shaded=True),)
HEAD = Band(HEAD_SLOTS, (("head",),), height_of(HEAD_SLOTS, [("head",)]))
OPENING = Band(HEAD_SLOTS, (("opening",),), height_of(HEAD_SLOTS, [("opening",)]))


def placed(blocks: list[Block]) -> list[Page]:
    return Flow(FIRST_TOP, TOP, BOTTOM).place(blocks)


def firsts(page: Page) -> list[str]:
    return [line for _, each in page.bands for line in each.lines[0]]


@given(st.lists(st.lists(st.integers(0, 80), min_size=1, max_size=12), min_size=1, max_size=4))
def test_everything_is_placed_once_and_in_order(shape: list[list[int]]) -> None:
    blocks, expected = [], []
    for sizes in shape:
        bands = [band(number, size) for number, size in enumerate(sizes)]
        expected += [line for each in bands for line in each.lines[0]]
        blocks.append(Block(bands, opening=(OPENING,), head=(HEAD,)))
    pages = placed(blocks)
    assert [line for page in pages for line in firsts(page) if line not in ("head", "opening")] == expected
    for number, page in enumerate(pages):
        y = FIRST_TOP if number == 0 else TOP
        for top, each in page.bands:
            assert top >= y - 0.001
            y = top + each.height
        assert y <= BOTTOM + 0.001


def test_the_head_is_repeated_on_every_page_of_its_table() -> None:
    pages = placed([Block([band(number, 3) for number in range(40)], opening=(OPENING,), head=(HEAD,))])
    assert len(pages) > 2
    assert all(firsts(page).count("head") == 1 for page in pages)
    assert sum(firsts(page).count("opening") for page in pages) == 1


def test_a_row_that_fits_a_page_is_not_split() -> None:
    pages = placed([Block([band(number, 12) for number in range(6)], head=(HEAD,))])
    for page in pages:
        assert (len(firsts(page)) - 1) % 12 == 0


def test_a_head_is_not_left_alone_at_the_foot() -> None:
    room = BOTTOM - FIRST_TOP
    filler = [band(0, 1)] * int((room - OPENING.height - HEAD.height - 10) / band(0, 1).height)
    pages = placed([Block(filler), Block([band(1, 2)], opening=(OPENING,), head=(HEAD,))])
    assert "opening" not in firsts(pages[0])
    assert firsts(pages[1])[:2] == ["opening", "head"]


def test_no_rows_still_show_the_head() -> None:
    assert firsts(placed([Block([], opening=(OPENING,), head=(HEAD,))])[0]) == ["opening", "head"]
