"""The files of the work tree that rules and generators look at: what git tracks or would track."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NOT_OURS = {".git", ".venv", ".bondgate", ".bondgate-test", "__pycache__", "node_modules"}
_CACHES = {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}


def files(root: Path = ROOT) -> tuple[Path, ...]:
    """Paths relative to `root`, sorted; from git, or by walking where there is no repository."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0 and (root / ".git").exists():
        names = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
    skipped = _NOT_OURS | _CACHES
    return tuple(
        sorted(name for name in names if (root / name).is_file() and not skipped.intersection(name.parts))
    )


def project_version(root: Path = ROOT) -> str:
    """Version of the release under way, from pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def services(root: Path = ROOT) -> tuple[str, ...]:
    """Names of the services: the packages of services/."""
    return tuple(sorted(path.parent.name for path in (root / "services").glob("*/__init__.py")))
