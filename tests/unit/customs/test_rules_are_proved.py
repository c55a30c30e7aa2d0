"""Every case a kind gives for its rules is seen in its place, and is really that rule's: without it the document passes there.

The cases are BROKEN (problems) and QUESTIONED (warnings) of tests/unit/customs/test_<kind>_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from customs.codes import tariff
from customs.documents import KINDS, Kind, Profile
from tests.support.breaking import Change, checked, problems, warnings


@pytest.fixture(autouse=True)
def _with_a_tariff() -> Iterator[None]:
    tariff.use(tariff.released())
    yield
    tariff.use(None)


CATALOGUE = "catalogue"
"""Cases of what every field declares; there is no rule to leave out."""


Case = tuple[str, str, Change, tuple[Profile, ...], str, str]
"""Rule, sample, change, profiles under which it is a problem (none: only a warning), pointer, code."""


def cases(kind: Kind) -> Iterator[Case]:
    name = f"tests.unit.customs.test_{kind.name}_rules"
    if find_spec(name) is None:
        return
    module: Any = import_module(name)
    yield from module.BROKEN
    for rule, sample, change, pointer, code in module.QUESTIONED:
        yield rule, sample, change, (), pointer, code


def of_all(*, of_rules: bool) -> list[Any]:
    return [
        pytest.param(kind, *case, id=f"{kind.name}-{case[0]}-{n}")
        for kind in KINDS.values()
        for n, case in enumerate(cases(kind))
        if not (of_rules and case[0] == CATALOGUE)
    ]


ARGUMENTS = ("kind", "rule", "name", "change", "profiles", "pointer", "code")


@pytest.mark.parametrize(ARGUMENTS, of_all(of_rules=False))
def test_a_case_is_seen_in_its_place(
    kind: Kind, rule: str, name: str, change: Change, profiles: tuple[Profile, ...], pointer: str, code: str
) -> None:
    for profile in Profile:
        seen = problems(checked(kind, name, change, profile))
        assert ((pointer, code) in seen) == (profile in profiles), (rule, profile, seen)
    if not profiles:
        found = checked(kind, name, change)
        assert problems(found) == set(), "what is only questioned stops nothing"
        assert (pointer, code) in warnings(found)


@pytest.mark.parametrize(ARGUMENTS, of_all(of_rules=True))
def test_without_its_rule_a_case_is_not_seen(
    kind: Kind, rule: str, name: str, change: Change, profiles: tuple[Profile, ...], pointer: str, code: str
) -> None:
    assert Profile.DECLARE in profiles or not profiles
    seen = checked(kind, name, change)
    assert (pointer, code) in problems(seen) | warnings(seen)
    others = tuple(each for each in kind.rules if each.name != rule)
    assert len(others) == len(kind.rules) - 1, f"{kind.name} has no rule {rule}"
    seen = checked(replace(kind, rules=others), name, change)
    assert (pointer, code) not in problems(seen) | warnings(seen)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_rule_has_a_case(kind: Kind) -> None:
    assert {rule.name for rule in kind.rules} == {case[0] for case in cases(kind)} - {CATALOGUE}
    assert len({rule.name for rule in kind.rules}) == len(kind.rules)
    assert all(rule.source and rule.says and rule.profiles for rule in kind.rules)
