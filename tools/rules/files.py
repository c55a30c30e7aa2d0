"""Rules about files: names, sizes, and where printing is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.rules.tree import Tree, Violation

# Names that tell nothing collect everything.
_EMPTY_NAMES = re.compile(r"^(utils?|helpers?|commons?|base\w*|core|managers?|misc|stuff)$")
MOST_LINES = 400
_CODE = (
    "agent",
    "backbone",
    "bench",
    "cli",
    "contracts",
    "customs",
    "local",
    "services",
    "simulators",
    "tests",
    "tools",
)
_SPEAKING = ("agent", "bench", "cli", "local", "simulators", "tests", "tools")


def names_say_what_is_inside(tree: Tree) -> Iterator[Violation]:
    for path in tree.paths:
        *folders, name = path.split("/")
        for part in (*folders, name.split(".")[0]):
            # A dot folder is named by its tool.
            if _EMPTY_NAMES.match(part.lower()):
                yield Violation(path, 1, f"the name {part!r} does not say what is inside")
                break


def files_stay_small(tree: Tree) -> Iterator[Violation]:
    for path in tree.under(*_CODE, suffix=".py"):
        lines = tree.text(path).count("\n")
        if lines > MOST_LINES:
            yield Violation(
                path, MOST_LINES + 1, f"{lines} lines; make it a folder with one file per use case"
            )


def nothing_prints(tree: Tree) -> Iterator[Violation]:
    for path in tree.under(*(folder for folder in _CODE if folder not in _SPEAKING), suffix=".py"):
        for call, name in tree.calls(path):
            if name != "print":
                continue
            # What cannot start has no log yet; it says so on standard error.
            to_error = any(
                keyword.arg == "file" and getattr(keyword.value, "attr", "") == "stderr"
                for keyword in call.keywords
            )
            if not to_error:
                yield Violation(path, call.lineno, "print() in a service or library; use backbone.log")
