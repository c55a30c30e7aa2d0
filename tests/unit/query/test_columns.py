"""Every column of every list has words of its own above it."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from services.query import columns
from services.query.saved_views_api import chosen_columns


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_headings(kind: object) -> None:
    known = KINDS[kind.name]  # type: ignore[attr-defined]
    names = columns.of_kind(known.name)
    headings = [columns.heading(known, name) for name in names]
    assert len(set(headings)) == len(headings)
    assert [name for name, heading in zip(names, headings, strict=True) if heading == name] == []
    assert {*columns.ALWAYS, *known.listed, "internal_no", "state_label", "overdue"} <= set(names)


def test_chosen_columns_keep_their_order_and_their_labels() -> None:
    whole = {"id": "1", "version": 2, "state": "draft", "a": "x", "b": "y", "labels": {"a": "甲", "b": "乙"}}
    narrowed = columns.narrowed(whole, ["b", "state"])
    assert narrowed == {"id": "1", "version": 2, "state": "draft", "b": "y", "labels": {"b": "乙"}}
    assert list(columns.narrowed(whole, ["b", "a"])) == ["id", "version", "state", "b", "a", "labels"]


@pytest.mark.parametrize("text", ["", "nothing", "state,state", "state,", "state,labels"])
def test_columns_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        chosen_columns(KINDS["inventory"]).read(text)
