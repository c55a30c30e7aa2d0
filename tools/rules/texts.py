"""Rules about what is written: no addresses of one machine or registry, links that lead somewhere, a kept changelog."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.rules.tree import Tree, Violation

# Put together from pieces, so that this file obeys its own rule.
_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
    )
)
_PATHS = (
    "(?<![\\w.$}])/" + "(?:work|root|Users)/\\w",
    "(?<![\\w.$}])/" + "home/\\w",
    "--(?:extra-)?" + "index-url",
)
_MACHINE = re.compile("|".join([*_PATHS, *map(re.escape, _HOSTS)]))
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_NAMED = re.compile(r"`((?:[a-z]+/)?[\w*./-]+?)(?:::\w+)?`")
_ROOMS = (
    "agent",
    "backbone",
    "bench",
    "cli",
    "contracts",
    "customs",
    "deploy",
    "docs",
    "local",
    "portal",
    "services",
    "simulators",
    "tests",
    "tools",
)
_BINARY = (".png", ".jpg", ".pdf", ".zip", ".ttf", ".otf", ".xlsx")


def no_addresses_of_machines(tree: Tree) -> Iterator[Violation]:
    for path in tree.paths:
        if path.endswith(_BINARY):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            found = _MACHINE.search(line)
            if found:
                yield Violation(path, number, f"{found[0]!r} belongs to one machine or registry")


def links_lead_somewhere(tree: Tree) -> Iterator[Violation]:
    known = set(tree.paths) | {
        parent.as_posix() for path in tree.paths for parent in PurePosixPath(path).parents
    }
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for target in _LINK.findall(line):
                if re.match(r"[a-z]+:", target) or target.startswith("#"):
                    continue
                if _joined(path, target.split("#")[0]) not in known:
                    yield Violation(path, number, f"the link to {target} leads nowhere")


def named_files_are_there(tree: Tree) -> Iterator[Violation]:
    """A page that names a file by its path, or a test by its name, names one there is; `*` stands for any."""
    folders = {parent.as_posix() for path in tree.paths for parent in PurePosixPath(path).parents}
    known = {*tree.paths, *folders, *(path.rpartition("/")[2] for path in tree.paths)}
    for path in tree.paths:
        if not path.endswith(".md") or path.rpartition("/")[2] == "CHANGELOG.md":
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for name in _NAMED.findall(line):
                of_ours = (name.partition("/")[0] in _ROOMS and "/" in name) or re.fullmatch(
                    r"test_\w+\.py", name
                )
                plain = name.rstrip("/")
                if of_ours and plain not in known and not ("*" in plain and fnmatch.filter(known, plain)):
                    yield Violation(path, number, f"there is no {name}")


def _joined(path: str, target: str) -> str:
    steps = [] if target.startswith("/") else path.split("/")[:-1]
    for step in target.strip("/").split("/"):
        if step == "..":
            if not steps:
                return "outside the tree"
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps) or "."


def changelog_is_kept(tree: Tree) -> Iterator[Violation]:
    name = "CHANGELOG.md"
    if name not in tree.paths:
        yield Violation(name, 1, "there is no changelog")
    elif not re.search(r"^## \[?Unreleased\]?", tree.text(name), re.MULTILINE):
        yield Violation(name, 1, "the changelog has no section '## Unreleased'")
