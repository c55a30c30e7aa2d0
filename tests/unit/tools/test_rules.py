"""Each house rule finds what breaks it and lets what keeps it pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.rules import RULES, violations
from tools.rules.tree import Tree
from tools.tree import ROOT

LONG = "x = 1\n" * 401

# rule → a tree that breaks it (path and text), where, and a tree that keeps it.
CASES: list[tuple[str, dict[str, str], str, dict[str, str]]] = [
    ("names_say_what_is_inside", {"services/entry/utils.py": ""}, "services/entry/utils.py:1", {"services/entry/document/store.py": ""}),
    ("names_say_what_is_inside", {"tests/helpers/a.py": ""}, "tests/helpers/a.py:1", {"tests/support/a.py": ""}),
    ("names_say_what_is_inside", {"contracts/base_event.py": ""}, "contracts/base_event.py:1", {"contracts/event.py": ""}),
    ("files_stay_small", {"services/entry/a.py": LONG}, "services/entry/a.py:401", {"services/entry/a.py": LONG[6:]}),
    (
        "nothing_prints",
        {"services/entry/a.py": "x = 1\nprint(x)\n"},
        "services/entry/a.py:2",
        {"services/entry/a.py": "import sys\nprint('no', file=sys.stderr)\n", "tools/a.py": "print(1)\n"},
    ),
    (
        "no_binary_floats",
        {"contracts/a.py": "price: float = 1\n"},
        "contracts/a.py:1",
        {"contracts/a.py": "def f(v):\n    return isinstance(v, int | float)\n"},
    ),
    (
        "no_binary_floats",
        {"services/entry/a.py": "y = float(row.total_price)\n"},
        "services/entry/a.py:1",
        {"services/entry/a.py": "y = float(delay_seconds)\nz = float('-inf')\n"},
    ),
    (
        "one_clock",
        {"services/entry/a.py": "day = datetime.now(ZoneInfo('Asia/Shanghai')).date()\n"},
        "services/entry/a.py:1",
        {"services/entry/a.py": "day = clock.today()\n"},
    ),
    (
        "one_clock",
        {"services/entry/a.py": "zone = timezone(timedelta(hours=8), 'Asia/Shanghai')\n"},
        "services/entry/a.py:1",
        {"customs/a.py": "zone = timezone(timedelta(hours=int(digits)))\n"},
    ),
    (
        "metrics_exist",
        {"services/entry/a.py": "metrics.counter('no_such_total').inc()\n"},
        "services/entry/a.py:1",
        {"services/entry/a.py": "metrics.counter('dead_letters_total').labels('x').inc()\n"},
    ),
    (
        "metrics_exist",
        {"services/entry/a.py": "metrics.gauge('dead_letters_total')\n"},
        "services/entry/a.py:1",
        {"services/entry/a.py": "collections.counter('anything')\n"},
    ),
    (
        "declarations_are_used",
        {"contracts/metrics.toml": "# all\n[lost_total]\n", "services/entry/a.py": "x = 'other_total'\n"},
        "contracts/metrics.toml:2",
        {"contracts/metrics.toml": "[used_total]\n", "services/entry/a.py": "metrics.counter('used_total')\n"},
    ),
    (
        "declarations_are_used",
        {"contracts/problems.py": 'TEXTS = {\n    "lost": ProblemText("", ""),\n}\n'},
        "contracts/problems.py:2",
        {
            "contracts/problems.py": 'TEXTS = {\n    "found": ProblemText("", ""),\n}\n',
            "contracts/a.py": "findings.whole('found')\n",
        },
    ),
    ("topics_exist", {"services/entry/a.py": "T = ('mail-events',)\n"}, "services/entry/a.py:1", {"services/entry/a.py": "T = 'entry-events'\n"}),
    (
        "problem_codes_exist",
        {"contracts/a.py": "findings.problem('head', None, 'x', 'no_such_code')\n"},
        "contracts/a.py:1",
        {"contracts/a.py": "findings.problem('head', None, 'x', 'required', purpose='')\n"},
    ),
    ("problem_codes_exist", {"services/entry/a.py": "problem('nope', '')\n"}, "services/entry/a.py:1", {"services/entry/a.py": "problem('required', '')\n"}),
    ("problem_codes_exist", {"contracts/a.py": "raise UnfitError('nope')\n"}, "contracts/a.py:1", {"contracts/a.py": "raise UnfitError('negative')\n"}),
    (
        "log_fields_are_allowed",
        {"services/entry/a.py": "log.get().info('saved', payload=document)\n"},
        "services/entry/a.py:1",
        {"services/entry/a.py": "log.get().error('saved', document_id='', exc_info=error)\nother.info(payload=1)\n"},
    ),
    (
        "settings_exist",
        {"docker-compose.yml": "a:\n  BONDGATE_NO_SUCH: 1\n"},
        "docker-compose.yml:2",
        {
            "docker-compose.yml": "a:\n  BONDGATE_COLOUR: ${BONDGATE_SECRET_X}\n",
            "services/entry/settings.py": "class S(ServiceSettings):\n    colour: str\n",
        },
    ),
    (
        "migrations_go_forward",
        {"services/entry/migrations/1_start.sql": ""},
        "services/entry/migrations/1_start.sql:1",
        {"services/entry/migrations/0001_start.sql": "CREATE TABLE a ();\n"},
    ),
    (
        "migrations_go_forward",
        {"services/entry/migrations/0001_a.sql": "", "services/entry/migrations/0003_b.sql": ""},
        "services/entry/migrations:1",
        {"services/entry/migrations/0001_a.sql": "", "services/entry/migrations/0002_b.sql": ""},
    ),
    (
        "migrations_go_forward",
        {"services/entry/migrations/0001_a.sql": "SELECT 1;\n-- down\nDROP TABLE a;\n"},
        "services/entry/migrations/0001_a.sql:2",
        {"services/entry/migrations/0001_a.sql": "-- a table without downsides\nSELECT 1;\n"},
    ),
    (
        "skips_have_reasons",
        {"tests/test_a.py": "@pytest.mark.skip\ndef test_a(): ...\n"},
        "tests/test_a.py:1",
        {"tests/test_a.py": "@pytest.mark.skip(reason='no card reader')\ndef test_a(): ...\n"},
    ),
    (
        "skips_have_reasons",
        {"tests/test_a.py": "@pytest.mark.skipif(True)\ndef test_a(): ...\n"},
        "tests/test_a.py:1",
        {"tests/test_a.py": "pytest.skip(f'{name} is not there')\n"},
    ),
    ("skips_have_reasons", {"tests/test_a.py": "pytest.skip('')\n"}, "tests/test_a.py:1", {"tests/test_a.py": "skip('')\n"}),
    (
        "no_addresses_of_machines",
        {"docs/a.md": "first\nrun /" + "root/bin/x\n"},
        "docs/a.md:2",
        {"docs/a.md": "GET /v1/inventories, ./work/a, ${HOME}/home/x, artwork/root/y\n"},
    ),
    ("no_addresses_of_machines", {"a.toml": "url = 'https://pypi." + "org/simple'\n"}, "a.toml:1", {"a.toml": "url = 'https://example.org'\n"}),
    (
        "links_lead_somewhere",
        {"docs/a.md": "see [b](b.md)\n"},
        "docs/a.md:1",
        {"docs/a.md": "see [b](../README.md#top), [c](https://example.org), [d](.), [e](#here)\n", "README.md": ""},
    ),
    (
        "named_files_are_there",
        {"docs/a.md": "see `tests/unit/test_gone.py`\n"},
        "docs/a.md:1",
        {"docs/a.md": "see `test_b.py`, `tests/*/test_b.py::test_it`, `tests/unit/`, `/v1/x`\n", "tests/unit/test_b.py": ""},
    ),
    (
        "changelog_is_kept",
        {"CHANGELOG.md": "# Changelog\n## 0.1.0\n"},
        "CHANGELOG.md:1",
        {"CHANGELOG.md": "# Changelog\n## Unreleased\n"},
    ),
]  # fmt: skip


def _tree(folder: Path, texts: Mapping[str, str]) -> Tree:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(folder)


@pytest.mark.parametrize(
    ("rule", "broken", "place", "kept"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_rule(tmp_path: Path, rule: str, broken: dict[str, str], place: str, kept: dict[str, str]) -> None:
    found = list(RULES[rule](_tree(tmp_path / "broken", broken)))
    assert found, "the rule does not see what breaks it"
    assert str(found[0]).startswith(f"{place}: ")
    assert list(RULES[rule](_tree(tmp_path / "kept", kept))) == []


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, *_ in CASES} == set(RULES)


def test_files_that_are_no_text_or_no_python_stop_nothing(tmp_path: Path) -> None:
    tree = _tree(tmp_path, {"services/a.py": "def broken(:\n", "CHANGELOG.md": "## Unreleased\n"})
    (tmp_path / "logo.bin").write_bytes(b"\xff\xfe\x00")
    assert violations(tree) == []


def test_this_tree_keeps_the_rules() -> None:
    assert [str(found) for found in violations(Tree(ROOT))] == []
