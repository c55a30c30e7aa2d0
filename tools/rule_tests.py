"""Which test shows which rule, read from the tests themselves without running them.

The test of a kind's rules is tests/unit/test_<kind>_rules.py: its lists BROKEN and QUESTIONED begin each case with the name
of the rule it breaks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from contracts.documents.kinds import Kind
from tools.tree import ROOT

_LISTS = ("BROKEN", "QUESTIONED")


def tests_of(kind: Kind, root: Path = ROOT) -> dict[str, list[str]]:
    """Rule name → `path::test[rule]`, as pytest's -k finds it; {} when the kind has no such file."""
    name = f"tests/unit/test_{kind.name}_rules.py"
    module = _module(root / name)
    if module is None:
        return {}
    found: dict[str, list[str]] = {}
    for node in module.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if node.target.id in _LISTS and node.value is not None:
            tests = list(_users(module, node.target.id))
            for rule in dict.fromkeys(_first_words(node.value)):
                found.setdefault(rule, []).extend(f"{name}::{test}[{rule}]" for test in tests)
    return {rule: tests for rule, tests in found.items() if tests}


def exists(reference: str, root: Path = ROOT) -> bool:
    """Whether `path::test` names a test."""
    path, _, test = reference.partition("::")
    module = _module(root / path)
    return module is not None and any(each.name == test for each in _tests(module))


def _first_words(cases: ast.expr) -> Iterator[str]:
    for case in cases.elts if isinstance(cases, ast.List) else ():
        if isinstance(case, ast.Tuple) and isinstance(first := case.elts[0], ast.Constant):
            yield str(first.value)


def _users(module: ast.Module, name: str) -> Iterator[str]:
    """Tests that are parametrized by the list."""
    for test in _tests(module):
        used = {
            node.id for each in test.decorator_list for node in ast.walk(each) if isinstance(node, ast.Name)
        }
        if name in used:
            yield test.name


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


@cache
def _module(path: Path) -> ast.Module | None:
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None
