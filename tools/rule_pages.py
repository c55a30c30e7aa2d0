"""docs/rules.md: every rule of entry with what keeps it and the test that shows it; and what is wrong with docs/rules.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from customs.documents import KINDS
from tools import rule_tests
from tools.markdown import page, table
from tools.tree import ROOT

SOURCE = "docs/rules.toml"


def rules_page(root: Path = ROOT) -> str:
    """The rules of public evidence part by part, then every Rule of every kind."""
    parts = [
        "What public evidence says a document must obey, what keeps it, and the test that shows it. `rule kind.name` is a "
        "Rule of the kind, `field kind.section.name` a fact of its catalogue; both are listed on the page of the kind. "
        "Every case of a Rule is proved: without the rule it is not seen (`tests/unit/customs/test_rules_are_proved.py`).\n"
    ]
    for part in _declared(root):
        rows = (
            (each["says"], each["source"], _kept(each), "<br>".join(_shown(t) for t in _tests(each, root)))
            for each in part["rule"]
        )
        parts += [f"## {part['title']}\n", table(("Rule", "Source", "Kept by", "Test"), rows)]
    parts.append("## Rules of the kinds\n")
    for kind in KINDS.values():
        tests = rule_tests.tests_of(kind, root)
        rules = (
            (f"`{r.name}`", r.says, r.source, "<br>".join(_shown(t) for t in tests.get(r.name, ())))
            for r in kind.rules
        )
        listed = (
            table(("Rule", "Says", "Source", "Test"), rules) if kind.rules else "None: its fields say all.\n"
        )
        parts += [f"### [{kind.label}](documents/{kind.name}.md)\n", listed]
    return page("Rules of entry", f"`{SOURCE}`, the Rules of `customs/documents/`, the tests", *parts)


def wrong(root: Path = ROOT) -> Iterator[str]:
    """Rules nothing keeps or shows, and references that lead nowhere."""
    for part in _declared(root):
        for each in part["rule"]:
            where = f"{SOURCE}: {each['says'][:40]!r}"
            for reference in each["by"]:
                if not _leads_somewhere(reference, root):
                    yield f"{where}: nothing is called {reference}"
            for test in each.get("tests", ()):
                if not rule_tests.exists(test, root):
                    yield f"{where}: no test {test}"
            if each["by"] and not _tests(each, root):
                yield f"{where}: no test shows it"
            if not each["by"] and not each.get("open"):
                yield f"{where}: nothing keeps it, and nothing says why"
    for kind in KINDS.values():
        tests = rule_tests.tests_of(kind, root)
        for rule in kind.rules:
            if rule.name not in tests:
                yield f"customs/documents/{kind.name}: no case of tests/unit/customs/test_{kind.name}_rules.py breaks {rule.name}"


def _declared(root: Path) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = tomllib.loads((root / SOURCE).read_text(encoding="utf-8"))["part"]
    return parts


def _kept(rule: Mapping[str, Any]) -> str:
    by = "<br>".join(f"`{reference}`" for reference in rule["by"])
    return "<br>".join(text for text in (by, rule.get("open")) if text)


def _tests(rule: Mapping[str, Any], root: Path) -> list[str]:
    found = list(rule.get("tests", ()))
    for reference in rule["by"]:
        sort, _, name = reference.partition(" ")
        if sort == "rule":
            kind, _, rule_name = name.partition(".")
            found += rule_tests.tests_of(KINDS[kind], root).get(rule_name, []) if kind in KINDS else []
    return list(dict.fromkeys(found))


def _shown(reference: str) -> str:
    path, _, test = reference.partition("::")
    return f"`{Path(path).name}` {test}"


@cache
def _named() -> frozenset[str]:
    rules = {f"rule {kind.name}.{rule.name}" for kind in KINDS.values() for rule in kind.rules}
    fields = {f"field {kind.name}.{s.name}.{f.name}" for kind in KINDS.values() for s, f in kind.fields()}
    return frozenset(rules | fields)


def _leads_somewhere(reference: str, root: Path) -> bool:
    return reference in _named() if " " in reference else (root / reference).is_file()
