"""Names of saved views tell them apart: nothing in them is unseen, and blanks around them do not count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backbone.refusals import InvalidRequest
from services.query.saved_views import ViewBody, read
from tests.support.body_texts import UNSEEN, WIDE


def _named(name: str) -> ViewBody:
    body: dict[str, Any] = {"name": name, "kind": "inventory"}
    return read(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (f"本周{UNSEEN}", "unseen_character"),
        (f"本周{WIDE}", "wide_character"),
        ("本周\n核扣", "unseen_character"),
        ("本周\u3000核扣", "unseen_character"),
        ("   ", "required"),
        ("", "shorter_than_allowed"),
    ],
)
def test_a_name_is_refused_with_its_place(name: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _named(name)
    assert [(each.pointer, each.code) for each in refused.value.problems] == [("/name", code)]


def test_blanks_around_a_name_do_not_count() -> None:
    assert _named("  本周 核扣 ").name == "本周 核扣"
