"""Search in code tables: what it finds, in which order, and that the quick way finds what the plain way finds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reference.pinyin import folded, initials
from services.reference.search import Entry, Index

UNITS = Index(
    [
        Entry(code, name, initials(name), alpha)
        for code, name, alpha in (
            ("035", "千克", "KG"),
            ("036", "克", None),
            ("050", "千只", None),
            ("070", "吨", "T"),
            ("084", "克拉", None),
            ("095", "升", None),
        )
    ]
)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("03", ["035", "036"]),
        ("kg", ["035"]),
        ("ＫＧ", ["035"]),
        ("克", ["036", "084", "035"]),
        ("k", ["035", "036", "084"]),
        ("qk", ["035"]),
        (" 千克 ", ["035"]),
        ("千", ["035", "050"]),
        ("", []),
        ("  ", []),
        ("\n", []),
        ("克\n千", []),
        ("石", []),
    ],
)
def test_what_a_clerk_types_finds_the_row(query: str, codes: list[str]) -> None:
    assert [each.code for each in UNITS.search(query, 10)] == codes


def test_a_page_goes_on_behind_a_code() -> None:
    first = UNITS.after("", 4, None)
    assert [each.code for each in first] == ["035", "036", "050", "070"]
    assert [each.code for each in UNITS.after(first[-1].code, 4, None)] == ["084", "095"]
    assert UNITS.get("036") == first[1] and UNITS.get("999") is None


def test_codes_that_do_not_hold_on_the_day_are_left_out_and_do_not_count() -> None:
    rows = Index(
        [
            Entry("1", "甲", "j", valid_until=date(2024, 12, 31)),
            Entry("2", "甲", "j", valid_from=date(2025, 1, 1)),
            Entry("3", "甲", "j"),
        ]
    )
    assert [each.code for each in rows.search("甲", 2, date(2024, 12, 31))] == ["1", "3"]
    assert [each.code for each in rows.search("甲", 2, date(2025, 1, 1))] == ["2", "3"]
    assert len(rows.search("甲", 3)) == 3


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("千克", "qk"),
        ("重庆海关", "cqhg"),
        ("厦门", "xm"),
        ("（LED）灯", "ledd"),
        ("ＡＢ-12", "ab12"),
        ("", ""),
    ],
)
def test_initials_are_what_is_typed(text: str, letters: str) -> None:
    assert initials(text) == letters


@given(
    st.lists(st.text("甲乙克ab1 ", max_size=6), max_size=12),
    st.text("甲乙克ab1", min_size=1, max_size=3),
    st.integers(1, 15),
)
def test_the_quick_way_finds_what_the_plain_way_finds(names: list[str], query: str, limit: int) -> None:
    entries = [Entry(f"{n:03}", name, initials(name)) for n, name in enumerate(names)]
    plain = {
        each.code
        for each in entries
        if folded(query) in folded(each.name)
        or each.code.startswith(query)
        or (
            query.isascii()
            and (each.initials.startswith(query) or (len(query) > 1 and query in each.initials))
        )
    }
    found = [each.code for each in Index(entries).search(query, limit)]
    assert len(found) == len(set(found)) == min(limit, len(plain))
    assert set(found) <= plain
