"""What a release asks of its databases: deploy/released/<service>.json holds its migrations and its SQL statements.

The code of a release still runs while the next one migrates, so `tests/integration/backbone/test_released_statements.py`
plans these statements on today's schema. `tools.release` writes them. Read out of the source are texts that stand there whole, and
f-strings of a module's own names; what a function puts together is not among them.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from backbone.migrate import BACKBONE_MIGRATIONS
from tools.tree import ROOT

FOLDER = ROOT / "deploy/released"
_STATEMENT = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s+\S+\s+\S")


@dataclass(frozen=True)
class Released:
    """Of one service. `migrations` are the names of files, those of backbone too, which every database begins with."""

    release: str
    migrations: frozenset[str]
    statements: tuple[str, ...]


def released(service: str) -> Released:
    """What was frozen last."""
    told: dict[str, Any] = json.loads((FOLDER / f"{service}.json").read_text(encoding="utf-8"))
    return Released(told["release"], frozenset(told["migrations"]), tuple(told["statements"]))


def freeze(release: str, services: list[str]) -> list[str]:
    """Write what the code at hand asks; answers the names of the files."""
    FOLDER.mkdir(exist_ok=True)
    for service in services:
        package = importlib.import_module(f"services.{service}")
        of_service = sorted((Path(package.__path__[0]) / "migrations").glob("[0-9]*.sql"))
        told = {
            "release": release,
            "migrations": [
                path.name for path in [*sorted(BACKBONE_MIGRATIONS.glob("[0-9]*.sql")), *of_service]
            ],
            "statements": sorted(set(_statements("backbone")) | set(_statements(f"services.{service}"))),
        }
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        (FOLDER / f"{service}.json").write_text(text, encoding="utf-8")
    return [f"deploy/released/{service}.json" for service in services]


def _statements(name: str) -> Iterator[str]:
    """Of a package, in all its modules."""
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(package.__path__, f"{name}."):
        if found.name.rpartition(".")[2] != "__main__":
            yield from _of_module(importlib.import_module(found.name))


def _of_module(module: ModuleType) -> Iterator[str]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    parts = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    for node in ast.walk(tree):
        if id(node) not in parts and (text := _text(node, module)) and _STATEMENT.match(text):
            yield re.sub(r"\s+", " ", text).strip()


def _text(node: ast.AST, module: ModuleType) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    if not names <= vars(module).keys():
        return None
    code = compile(ast.fix_missing_locations(ast.Expression(node)), str(module.__file__), "eval")
    return str(eval(code, vars(module)))  # noqa: S307 - our own source
