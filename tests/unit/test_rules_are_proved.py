"""Every case a kind's test gives for a rule is really that rule's: without it the same document passes there.

The cases are BROKEN and QUESTIONED of tests/unit/test_<kind>_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from contracts.documents import KINDS, Kind, Profile
from tests.support.breaking import Change, checked, problems, warnings

CATALOGUE = "catalogue"
"""Cases of what every field declares; there is no rule to leave out."""


def cases(kind: Kind) -> Iterator[tuple[str, str, Change, str, str]]:
    """(rule, sample, change, pointer, code) of every case; each is seen under DECLARE."""
    name = f"tests.unit.test_{kind.name}_rules"
    if find_spec(name) is None:
        return
    module: Any = import_module(name)
    for rule, sample, change, profiles, pointer, code in module.BROKEN:
        assert Profile.DECLARE in profiles
        yield rule, sample, change, pointer, code
    yield from module.QUESTIONED


CASES = [
    pytest.param(kind, *case, id=f"{kind.name}-{case[0]}-{n}")
    for kind in KINDS.values()
    for n, case in enumerate(cases(kind))
    if case[0] != CATALOGUE
]


@pytest.mark.parametrize(("kind", "rule", "name", "change", "pointer", "code"), CASES)
def test_without_its_rule_a_case_is_not_seen(
    kind: Kind, rule: str, name: str, change: Change, pointer: str, code: str
) -> None:
    seen = checked(kind, name, change)
    assert (pointer, code) in problems(seen) | warnings(seen)
    others = tuple(each for each in kind.rules if each.name != rule)
    assert len(others) == len(kind.rules) - 1, f"{kind.name} has no rule {rule}"
    seen = checked(replace(kind, rules=others), name, change)
    assert (pointer, code) not in problems(seen) | warnings(seen)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_rule_has_a_case(kind: Kind) -> None:
    assert {rule.name for rule in kind.rules} <= {case[0] for case in cases(kind)}
    assert all(rule.source and rule.says and rule.profiles for rule in kind.rules)
