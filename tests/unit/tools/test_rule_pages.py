"""The table of rules: what is claimed there is looked up, and a claim that leads nowhere is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs.documents.inventory import INVENTORY
from tools import rule_pages, rule_tests

TESTS = """
BROKEN: list[tuple[str, str]] = [
    ("book_no", "import"),
    ("catalogue", "import"),
    ("book_no", "export"),
]
QUESTIONED: list[tuple[str, str]] = [("input_date", "import")]
UNUSED: list[tuple[str, str]] = [("rows", "import")]

@pytest.mark.parametrize("case", [each for each in BROKEN])
def test_seen(case): ...

async def test_other(): ...

def helper(): ...
"""
RULES = """
[[part]]
title = "Part"
[[part.rule]]
says = "Something"
source = "Somebody (H)"
by = [{by}]
tests = [{tests}]
{more}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests/unit/customs").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests/unit/customs/test_inventory_rules.py").write_text(TESTS, encoding="utf-8")
    path, _, test = rule_tests.PROOF.partition("::")
    (tmp_path / path).write_text(f"def {test}(): ...\n", encoding="utf-8")
    return tmp_path


def declared(root: Path, by: str = "", tests: str = "", more: str = "") -> list[str]:
    text = RULES.format(by=by, tests=tests, more=more)
    (root / rule_pages.SOURCE).write_text(text, encoding="utf-8")
    return [each for each in rule_pages.wrong(root) if each.startswith(rule_pages.SOURCE)]


def test_a_rule_is_shown_by_the_test_its_cases_are_given_to(root: Path) -> None:
    file = "tests/unit/customs/test_inventory_rules.py"
    assert rule_tests.tests_of(INVENTORY, root) == {
        "book_no": [f"{rule_tests.PROOF}[inventory-book_no]"],
        "catalogue": [f"{rule_tests.PROOF}[inventory-catalogue]"],
        "input_date": [f"{rule_tests.PROOF}[inventory-input_date]"],
    }, "other lists show nothing"
    assert rule_tests.exists(f"{file}::test_other", root)
    assert not rule_tests.exists(f"{file}::helper", root)
    assert not rule_tests.exists("tests/unit/customs/test_nothing.py::test_other", root)


@pytest.mark.parametrize(
    ("by", "tests", "more", "word"),
    [
        ('"rule inventory.book_no"', "", "", None),
        (
            '"field inventory.head.book_no"',
            '"tests/unit/customs/test_inventory_rules.py::test_other"',
            "",
            None,
        ),
        ("", "", 'open = "because"', None),
        ('"rule inventory.no_such"', "", "", "nothing is called rule inventory.no_such"),
        ('"field inventory.head.no_such"', "", "", "nothing is called field"),
        ('"contracts/no_such.py"', "", "", "nothing is called contracts/no_such.py"),
        ('"rule inventory.rows"', "", "", "no test shows it"),
        (
            '"rule inventory.book_no"',
            '"tests/unit/customs/test_inventory_rules.py::test_gone"',
            "",
            "no test tests/",
        ),
        ("", "", "", "nothing keeps it"),
    ],
)
def test_a_claim_that_leads_nowhere_is_told(
    root: Path, by: str, tests: str, more: str, word: str | None
) -> None:
    found = declared(root, by, tests, more)
    assert found == [] if word is None else any(word in each for each in found)


def test_a_rule_of_a_kind_without_a_case_is_told(root: Path) -> None:
    (root / rule_pages.SOURCE).write_text("part = []\n", encoding="utf-8")
    found = [each for each in rule_pages.wrong(root) if "documents/inventory:" in each]
    assert len(found) == len(INVENTORY.rules) - 2
    assert not any(each.endswith(" book_no") for each in found)
