"""Which test shows which rule, read from the tests themselves without running them.

The cases of a kind stand in tests/unit/customs/test_<kind>_rules.py: its lists BROKEN and QUESTIONED begin each with the name of the rule it
breaks. One test runs them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from customs.documents.kinds import Kind
from tools.tree import ROOT

_LISTS = ("BROKEN", "QUESTIONED")
PROOF = "tests/unit/customs/test_rules_are_proved.py::test_a_case_is_seen_in_its_place"


def tests_of(kind: Kind, root: Path = ROOT) -> dict[str, list[str]]:
    """Rule name → `path::test[kind-rule`, as the ids of its cases begin; {} when the kind has no cases or no test runs them."""
    module = _module(root / f"tests/unit/customs/test_{kind.name}_rules.py")
    if module is None or not exists(PROOF, root):
        return {}
    rules = [
        rule
        for node in module.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if node.target.id in _LISTS and node.value is not None
        for rule in _first_words(node.value)
    ]
    return {rule: [f"{PROOF}[{kind.name}-{rule}]"] for rule in dict.fromkeys(rules)}


def exists(reference: str, root: Path = ROOT) -> bool:
    """Whether `path::test` names a test."""
    path, _, test = reference.partition("::")
    module = _module(root / path)
    return module is not None and any(each.name == test for each in _tests(module))


def _first_words(cases: ast.expr) -> Iterator[str]:
    for case in cases.elts if isinstance(cases, ast.List) else ():
        if isinstance(case, ast.Tuple) and isinstance(first := case.elts[0], ast.Constant):
            yield str(first.value)


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


@cache
def _module(path: Path) -> ast.Module | None:
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None
