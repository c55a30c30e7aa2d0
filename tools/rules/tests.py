"""A test that does not run says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.rules.tree import Tree, Violation, argument, dotted

_SKIPS = {
    "pytest.skip": 0,
    "pytest.xfail": 0,
    "pytest.mark.skip": 0,
    "pytest.mark.skipif": 1,
    "pytest.mark.xfail": 1,
}


def skips_have_reasons(tree: Tree) -> Iterator[Violation]:
    for path in tree.under("tests", "simulators", suffix=".py"):
        called: set[ast.expr] = set()
        for call, name in tree.calls(path):
            called.add(call.func)
            if name in _SKIPS:
                reason = argument(call, _SKIPS[name], "reason")
                if reason is None or (
                    isinstance(reason, ast.Constant) and not str(reason.value or "").strip()
                ):
                    yield Violation(path, call.lineno, f"{name} without a reason")
        for node in ast.walk(tree.module(path)):
            if not isinstance(node, ast.Attribute) or node in called:
                continue
            name = dotted(node)
            if name in _SKIPS and name.startswith("pytest.mark."):
                yield Violation(path, node.lineno, f"{name} without a reason")
