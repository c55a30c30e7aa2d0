"""Migrations are plain SQL, numbered without gaps, and go forward only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tools.rules.tree import Tree, Violation

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_BACKWARD = re.compile(r"^\s*--\s*(down|rollback|undo)\b|^\s*(DROP\s+TABLE|TRUNCATE)\b", re.IGNORECASE)


def migrations_go_forward(tree: Tree) -> Iterator[Violation]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        if not folder.endswith("migrations") or name.startswith("__"):
            continue
        match = _NAME.match(name)
        if match is None:
            yield Violation(path, 1, "a migration is named NNNN_what_it_does.sql")
            continue
        numbers[folder].append(int(match[1]))
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if _BACKWARD.match(line):
                yield Violation(
                    path, number, "migrations go forward and are safe for old code beside new code"
                )
    for folder, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield Violation(folder, 1, f"migrations are numbered 1..{len(found)}, found {sorted(found)}")
