"""One clock: what day it is in Shanghai is asked of `customs.clock` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.rules.tree import Tree, Violation

_CLOCK = "customs/clock.py"


def one_clock(tree: Tree) -> Iterator[Violation]:
    for path in tree.under("agent", "backbone", "cli", "customs", "local", "services", "tests", suffix=".py"):
        for call, name in tree.calls(path):
            made = name.rpartition(".")[2]
            if path != _CLOCK and (made == "ZoneInfo" or (made == "timezone" and _of_hours(call))):
                yield Violation(
                    path, call.lineno, "a zone of its own; customs.clock has now, today, day_of, SHANGHAI"
                )


def _of_hours(call: ast.Call) -> bool:
    """`timezone(timedelta(hours=8))`, not an offset that somebody sent."""
    spans = [
        inner for argument in call.args for inner in ast.walk(argument) if isinstance(inner, ast.keyword)
    ]
    return any(span.arg == "hours" and isinstance(span.value, ast.Constant) for span in spans)
