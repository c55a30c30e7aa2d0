"""Lines are never wider than their cell, and no character is lost between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.print.render.wrapping import Wrapper

WIDTHS = {chr(code): 550 for code in range(0x20, 0x7F)} | {
    "中": 1000,
    "国": 1000,
    "（": 1000,
    "）": 1000,
    "，": 1000,
}
TEXTS = st.text(st.sampled_from("ab1.-/|() 中国（），\n😀"), max_size=120)


def test_a_text_that_fits_is_one_line() -> None:
    assert Wrapper(WIDTHS).wrap("中国(142)", 60, 6) == ("中国(142)",)


def test_no_text_has_no_lines() -> None:
    assert Wrapper(WIDTHS).wrap("", 60, 6) == ()


def test_words_and_short_remarks_stay_whole() -> None:
    assert Wrapper(WIDTHS).wrap("中国中国(142)", 6 * 4.5, 6) == ("中国中国", "(142)")
    assert Wrapper(WIDTHS).wrap("ab ab1", 6 * 2, 6) == ("ab", "ab1")


def test_a_line_does_not_begin_with_closing_marks() -> None:
    assert Wrapper(WIDTHS).wrap("中国中，国", 6 * 3, 6) == ("中国", "中，国")


def test_a_word_wider_than_the_cell_is_cut() -> None:
    assert Wrapper(WIDTHS).wrap("1" * 10, 6 * 2.2, 6) == ("1111", "1111", "11")


def test_balanced_lines_leave_no_single_character_alone() -> None:
    wrapper = Wrapper(WIDTHS)
    assert wrapper.wrap("中国中国中", 6 * 4, 6) == ("中国中国", "中")
    assert wrapper.balanced("中国中国中", 6 * 4, 6) == ("中国中", "国中")


@given(TEXTS, st.integers(7, 200))
def test_lines_fit_and_keep_every_character(text: str, points: int) -> None:
    wrapper = Wrapper(WIDTHS)
    for lines in (wrapper.wrap(text, points, 6), wrapper.balanced(text, points, 6)):
        assert all(wrapper.width(line) * 6 <= points * 1000 or len(line) == 1 for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
