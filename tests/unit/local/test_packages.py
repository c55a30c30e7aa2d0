"""The jars: every one pinned, checked before use, and refused when it is not the pinned one."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from local import fetch, packages
from local.packages import Package, PackageUnavailable

CONTENT = b"a jar"
PACKAGE = Package("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


class Repository:
    """Stands where the Maven resolver does: fetching writes `content`, or fails."""

    def __init__(self, folder: Path, content: bytes | Exception) -> None:
        self.folder = folder
        self.content = content

    def project(self, _group: str, _artifact: str) -> Repository:
        return self

    def at_version(self, _version: str) -> Repository:
        return self

    def artifact(self) -> Repository:
        return self

    def resolve(self) -> None:
        if isinstance(self.content, Exception):
            raise self.content
        path = PACKAGE.path_in(self.folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "maven", CONTENT)
    monkeypatch.setenv("BONDGATE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(fetch, "locked", lambda _component: [PACKAGE])
    monkeypatch.setattr(fetch, "_context", lambda *_: made)
    return made


def test_every_locked_package_is_pinned() -> None:
    kafka = packages.locked("kafka")
    for package in [*kafka, *packages.locked("postgresql")]:
        assert re.fullmatch(r"[0-9a-f]{64}", package.sha256)
        assert package.bytes > 0
    names = [package.coordinate.rsplit(":", 1)[0] for package in kafka]
    assert len(set(names)) == len(names)
    assert set(fetch.KAFKA_ROOTS) <= {package.coordinate for package in kafka}
    versions = {p.coordinate.rsplit(":", 1)[1] for p in kafka if p.coordinate.startswith("org.apache.kafka:")}
    assert len(versions) == 1, "a broker with clients of another version"


def test_each_platform_has_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for system, machine in (
        ("Linux", "x86_64"),
        ("Linux", "aarch64"),
        ("Darwin", "x86_64"),
        ("Darwin", "arm64"),
    ):
        monkeypatch.setattr("platform.system", lambda system=system: system)
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert len(packages.locked("postgresql")) == 1
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(PackageUnavailable, match="DATABASE_URL"):
        packages.locked("postgresql")


def test_what_is_missing_is_fetched_once(repository: Repository) -> None:
    fetch.ensure("kafka")
    assert PACKAGE.path_in(repository.folder).read_bytes() == CONTENT
    repository.content = RuntimeError("must not be asked again")
    fetch.ensure("kafka")


def test_a_file_cut_short_is_fetched_again(repository: Repository) -> None:
    path = PACKAGE.path_in(repository.folder)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT[:2])
    fetch.ensure("kafka")
    assert path.read_bytes() == CONTENT


def test_another_file_of_the_same_size_is_never_used(repository: Repository) -> None:
    repository.content = b"b jar"
    with pytest.raises(PackageUnavailable, match="SHA-256"):
        fetch.ensure("kafka")
    assert not PACKAGE.path_in(repository.folder).exists()


def test_without_a_network_one_line_says_so(repository: Repository) -> None:
    repository.content = OSError("no route")
    with pytest.raises(PackageUnavailable, match="needs the network once") as refusal:
        fetch.ensure("kafka")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("of", "expected"),
    [("central", True), ("*", True), ("external:*", True), ("own,central", True), ("own", False)],
)
def test_a_mirror_of_mavens_settings_is_used(tmp_path: Path, of: str, expected: bool) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors><mirror>'
        f"<mirrorOf>{of}</mirrorOf><url>http://mirror.invalid/maven/</url>"
        "</mirror></mirrors></settings>"
    )
    found = fetch._mirror_of_central(settings)
    assert found == ({"mirror": "http://mirror.invalid/maven"} if expected else None)


def test_no_or_broken_settings_mean_the_default(tmp_path: Path) -> None:
    assert fetch._mirror_of_central(tmp_path / "none.xml") is None
    (tmp_path / "broken.xml").write_text("<settings>")
    assert fetch._mirror_of_central(tmp_path / "broken.xml") is None
