"""What rules look at: the files of a tree, their text and their syntax, each read once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools import tree as work_tree


@dataclass(frozen=True)
class Violation:
    """A place where a rule is broken, and what to do."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    """The files below `root`. Syntax is that of Python files that parse; others are the compiler's business."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[str, str] = {}
        self._modules: dict[str, ast.Module] = {}

    @cached_property
    def paths(self) -> tuple[str, ...]:
        return tuple(path.as_posix() for path in work_tree.files(self.root))

    def under(self, *folders: str, suffix: str = "") -> Iterator[str]:
        """Paths in any of the folders, with this ending."""
        for path in self.paths:
            if path.endswith(suffix) and path.split("/")[0] in folders:
                yield path

    def text(self, path: str) -> str:
        """Text of a file; "" for one that is not UTF-8."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def module(self, path: str) -> ast.Module:
        """Syntax tree of a Python file."""
        if path not in self._modules:
            try:
                self._modules[path] = ast.parse(self.text(path))
            except SyntaxError:
                self._modules[path] = ast.Module([], [])
        return self._modules[path]

    def calls(self, path: str) -> Iterator[tuple[ast.Call, str]]:
        """Every call in a file with the dotted name of what is called, e.g. `metrics.counter`, `log.get().info`."""
        for node in ast.walk(self.module(path)):
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)


def dotted(node: ast.expr) -> str:
    """The expression as a dotted name; what is no name becomes `?`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return "?"


def literal(node: ast.expr | None) -> str | None:
    """The string a literal stands for; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """An argument by place or by name."""
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
