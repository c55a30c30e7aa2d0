"""The jars of the embedded infrastructure: what the lock file pins, where they are kept, and that they are the pinned ones."""

from __future__ import annotations

import hashlib
import os
import platform
import tomllib
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = Path(__file__).parent / "packages.lock.toml"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}


class PackageUnavailable(Exception):
    """A package cannot be had, or is not what the lock file pins; the text says what to do."""


@dataclass(frozen=True)
class Package:
    """One pinned file of a Maven repository. `platform` is None when it serves every machine."""

    coordinate: str
    sha256: str
    bytes: int
    platform: str | None = None

    @property
    def file_name(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    def path_in(self, repository: Path) -> Path:
        group, artifact, version = self.coordinate.split(":")
        return repository.joinpath(*group.split("."), artifact, version, self.file_name)


def cache_dir() -> Path:
    """`BONDGATE_CACHE_DIR`, else the user's cache folder; outside the tree, so that a reset fetches nothing again."""
    named = os.environ.get("BONDGATE_CACHE_DIR")
    if named:
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bondgate"


def repository_dir() -> Path:
    return cache_dir() / "maven"


def this_platform() -> str:
    """`linux-amd64` and the like, as the PostgreSQL packages are named. Raises PackageUnavailable for others."""
    machine = _MACHINES.get(platform.machine().lower())
    system = platform.system().lower()
    if machine is None or system not in ("linux", "darwin"):
        raise PackageUnavailable(
            f"there is no embedded PostgreSQL for {platform.system()} on {platform.machine()}: "
            "set DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS to servers of your own"
        )
    return f"{system}-{machine}"


def locked(component: str) -> list[Package]:
    """Pinned packages of `kafka` or `postgresql`, only those for this machine."""
    table = tomllib.loads(LOCK_FILE.read_text(encoding="utf-8"))
    packages = [Package(**row) for row in table[component]]
    if all(package.platform is None for package in packages):
        return packages
    return [package for package in packages if package.platform == this_platform()]


def is_intact(package: Package, repository: Path) -> bool:
    path = package.path_in(repository)
    try:
        if path.stat().st_size != package.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == package.sha256
    except OSError:
        return False
