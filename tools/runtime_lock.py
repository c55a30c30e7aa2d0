"""The lock of the container images: the lines of requirements.lock that running services need, and no others.

The dependency graph is that of the installed environment, which the lock filled.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.tree import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
# Markers are judged for the images, wherever the tool runs.
_IMAGE = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": "3.11",
    "python_full_version": "3.11.0",
}


def pins(lock: str) -> dict[str, str]:
    """Blocks of a lock file (pin, marker and hashes) by canonical name."""
    starts = list(_PIN.finditer(lock))
    ends = [match.start() for match in starts[1:]] + [len(lock)]
    return {
        canonicalize_name(match[1]): lock[match.start() : end].rstrip()
        for match, end in zip(starts, ends, strict=True)
    }


def _needed(requirements: list[str], extras: set[str]) -> list[Requirement]:
    found = []
    for text in requirements:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**_IMAGE, "extra": extra}) for extra in extras | {""}):
            found.append(requirement)
    return found


def closure(direct: list[str]) -> set[str]:
    """Canonical names of all packages the direct requirements lead to. Raises LookupError for one not installed."""
    seen: dict[str, set[str]] = {}
    waiting = _needed(direct, set())
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in seen and requirement.extras <= seen[name]:
            continue
        seen.setdefault(name, set()).update(requirement.extras)
        try:
            listed = requires(name) or []
        except PackageNotFoundError as error:
            raise LookupError(
                f"{name} is not installed; fill the environment from requirements.lock"
            ) from error
        waiting += _needed(listed, seen[name])
    return set(seen)


def text(root: Path = ROOT) -> str:
    """The lock of the images. Raises LookupError when requirements.lock lacks something."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    blocks = pins((root / "requirements.lock").read_text(encoding="utf-8"))
    names = sorted(closure(list(project["dependencies"])))
    if missing := [name for name in names if name not in blocks]:
        raise LookupError(f"requirements.lock lacks {', '.join(missing)}")
    head = "# Written by `make contracts`: the part of requirements.lock that services need at run time.\n"
    return head + "\n".join(blocks[name] for name in names) + "\n"
