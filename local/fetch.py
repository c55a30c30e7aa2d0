"""Fetch what the lock file pins, once; `python -m local.fetch --renew` writes the lock file anew.

The repository is the Maven resolver's default, or what the user's own Maven or resolver settings name.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import jgo
import requests
from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver
from lxml import etree

from local.packages import LOCK_FILE, Package, PackageUnavailable, is_intact, locked, repository_dir

# Without the slf4j binding the broker logs nothing; its version is that of the log4j which Kafka brings.
KAFKA_ROOTS = ("org.apache.kafka:kafka_2.13:4.3.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
POSTGRESQL_VERSION = "18.6.0"
_POSTGRESQL = "io.zonky.test.postgres:embedded-postgres-binaries-{platform}:{version}"
_PLATFORMS = ("linux-amd64", "linux-arm64v8", "darwin-amd64", "darwin-arm64v8")
_PARALLEL = 4
_COMPONENTS = ("kafka", "postgresql")

Report = Callable[[str, int, int], None]
"""Called with the file's name, its bytes so far and its bytes in all."""


def ensure(*components: str, report: Report | None = None) -> None:
    """Make every pinned package of the components present and intact. Raises PackageUnavailable."""
    repository = repository_dir()
    packages = [package for component in components for package in locked(component)]
    if not missing(packages, repository):
        return
    with _one_fetcher(repository), ThreadPoolExecutor(_PARALLEL) as pool:
        for _ in pool.map(lambda package: _fetch(package, repository, report), missing(packages, repository)):
            pass


def missing(packages: Sequence[Package], repository: Path) -> list[Package]:
    return [package for package in packages if not is_intact(package, repository)]


@contextmanager
def _one_fetcher(repository: Path) -> Iterator[None]:
    try:
        repository.mkdir(parents=True, exist_ok=True)
        lock = (repository / ".lock").open("w")
    except OSError as error:
        raise PackageUnavailable(
            f"cannot write to {repository} ({error.strerror}): set BONDGATE_CACHE_DIR to a folder of yours"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(package: Package, repository: Path, report: Report | None) -> None:
    path = package.path_in(repository)
    path.unlink(missing_ok=True)  # a fetch that was cut short, or a file somebody changed
    progress = None if report is None else _progress(package, report)
    context = _context(repository, PythonResolver(progress_callback=progress))
    group, artifact, version = package.coordinate.split(":")
    try:
        context.project(group, artifact).at_version(version).artifact().resolve()
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise PackageUnavailable(
            f"cannot fetch {package.file_name} ({type(error).__name__}): the first start needs the network once; "
            "connect and run the same command again"
        ) from error
    if not is_intact(package, repository):
        path.unlink(missing_ok=True)
        raise PackageUnavailable(
            f"{package.file_name} as fetched is not the file that {LOCK_FILE.name} pins by SHA-256: not used; "
            "check which Maven repository or proxy your settings name"
        )


def _progress(
    package: Package, report: Report
) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    @contextmanager
    def callback(_file_name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def update(count: int) -> None:
            nonlocal done
            done += count
            report(package.file_name, done, total)

        yield update

    return callback


def _context(repository: Path, resolver: PythonResolver | None = None) -> MavenContext:
    own = (
        _mirror_of_central(Path.home() / ".m2" / "settings.xml") or GlobalSettings.load().repositories or None
    )
    return MavenContext(repo_cache=repository, remote_repos=own, resolver=resolver, timeout=30)


def _mirror_of_central(settings: Path) -> dict[str, str] | None:
    """The resolver does not read Maven's settings; a mirror named there is the only way out of some networks."""
    try:
        tree = etree.parse(settings, etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return None
    for mirror in tree.iterfind(".//{*}mirror"):
        of, url = mirror.findtext("{*}mirrorOf", ""), mirror.findtext("{*}url", "").strip()
        if url and {"*", "central", "external:*"} & {name.strip() for name in of.split(",")}:
            return {"mirror": url.rstrip("/")}
    return None


def renew() -> None:
    """Resolve the roots, fetch every file and write the lock file with what came; review the difference."""
    repository = repository_dir()
    context = _context(repository)
    # Each root alone: resolved together, the resolver mixes the roots' managed versions (kafka-clients 3.9 with 4.3).
    chosen: dict[str, str] = {}
    for root in KAFKA_ROOTS:
        for artifact in jgo.resolve(root, repositories=context.remote_repos):
            chosen.setdefault(f"{artifact.groupId}:{artifact.artifactId}", artifact.version)
    kafka = sorted(f"{name}:{version}" for name, version in chosen.items())
    wanted: dict[str, list[tuple[str, str | None]]] = {
        "kafka": [(coordinate, None) for coordinate in kafka],
        "postgresql": [
            (_POSTGRESQL.format(platform=name, version=POSTGRESQL_VERSION), name) for name in _PLATFORMS
        ],
    }
    lines = [
        "# Written by `python -m local.fetch --renew`; every jar is checked against this before it is used."
    ]
    for component, coordinates in wanted.items():
        for coordinate, platform in coordinates:
            group, name, version = coordinate.split(":")
            path = context.project(group, name).at_version(version).artifact().resolve()
            lines += ["", f"[[{component}]]", f'coordinate = "{coordinate}"']
            lines += [
                f'sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"',
                f"bytes = {path.stat().st_size}",
            ]
            lines += [f'platform = "{platform}"'] if platform else []
    LOCK_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.fetch", description=__doc__)
    parser.add_argument("--renew", action="store_true", help="resolve anew and rewrite the lock file")
    try:
        renew() if parser.parse_args(arguments).renew else ensure(*_COMPONENTS)
    except PackageUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
