"""Amounts and quantities are exact: decimals, or strings that hold them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.rules.tree import Tree, Violation, dotted

# Durations and clocks are measured, not counted; their names end in a unit or say time.
_MEASURED = (
    "seconds",
    "milliseconds",
    "monotonic",
    "timestamp",
    "speed",
    "_at",
    "bytes",
    "ratio",
    "mm",
    "pt",
    "points",
)


def no_binary_floats(tree: Tree) -> Iterator[Violation]:
    for path in tree.under("contracts", "customs", suffix=".py"):
        for node in ast.walk(tree.module(path)):
            if isinstance(node, ast.Name) and node.id == "float" and not _is_refusal(tree, path, node):
                yield Violation(path, node.lineno, "float in the contracts; amounts are Decimal or strings")
    for path in tree.under("services", suffix=".py"):
        for call, name in tree.calls(path):
            if name == "float" and call.args and not _measured(call.args[0]):
                yield Violation(
                    path,
                    call.lineno,
                    "float() of something that is no duration; amounts are Decimal or strings",
                )


def _measured(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        # float("-inf") and the like: a bound, no amount.
        return True
    return dotted(node).lower().endswith(_MEASURED)


def _is_refusal(tree: Tree, path: str, name: ast.Name) -> bool:
    """`isinstance(value, int | float)` is how a float is found and refused."""
    for call, called in tree.calls(path):
        if called == "isinstance" and any(name is inner for arg in call.args for inner in ast.walk(arg)):
            return True
    return False
