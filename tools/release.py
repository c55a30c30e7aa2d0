"""`python -m tools.release`: freeze the contracts of this version, as pyproject.toml numbers it, and what it asks its databases.

Only contracts that differ from the newest frozen copy are added, so a release holds what it changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from services.declared import SERVICES
from tools import statements
from tools.released import FOLDER, SUMS, changed_files, frozen, incompatible, live, sums
from tools.tree import ROOT, project_version


class Refused(Exception):
    """The contracts cannot be frozen; the text says why."""


def freeze(release: str, root: Path = ROOT) -> list[str]:
    """Add what is new to `contracts/released/<release>`; answers the names. Raises Refused and writes nothing then."""
    if broken := changed_files(root) + list(incompatible(root)):
        raise Refused("\n".join(broken))
    newest = {file.name: file for file in frozen(root)}
    added = {
        name: text for name, text in live(root).items() if name not in newest or newest[name].text() != text
    }
    folder = root / FOLDER / release
    if taken := [name for name in added if (folder / name).exists()]:
        raise Refused(
            f"{release} is released with another {taken[0]}; raise the version in pyproject.toml first"
        )
    for name, text in added.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if added:
        (root / FOLDER / SUMS).write_text(sums(root), encoding="utf-8")
    return sorted(added)


def main() -> None:
    """Exits 1 when the contracts cannot be frozen."""
    try:
        added = freeze(project_version())
    except Refused as refused:
        sys.exit(str(refused))
    for name in added + statements.freeze(project_version(), list(SERVICES)):
        print(f"froze {name}")
    print(f"release {project_version()}: {len(added)} files frozen")


if __name__ == "__main__":
    main()
