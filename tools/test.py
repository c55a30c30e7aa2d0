"""`make test`: every room of tests in turn, each in a process of its own, and what ran in each.

    python -m tools.test [ROOM …] [-- PYTEST ARGUMENTS]

Exit status 1 when a room failed or ran no test. Skips are printed with their reasons by pytest and counted here.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.declared import SERVICES


def _parts(others: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Folders of integration tests by part; `others` are those of no service."""
    parts: dict[str, list[str]] = {}
    for folder, part in {**others, **{name: service.tests for name, service in SERVICES.items()}}.items():
        parts.setdefault(part, []).append(f"tests/integration/{folder}")
    return {part: tuple(folders) for part, folders in parts.items()}


ROOMS: dict[str, tuple[str, ...]] = {
    "unit": ("tests/unit",),
    "contract": ("tests/contract",),
    "simulator": ("simulators",),
    # In parts, each on servers of its own: what one service's tests leave in Kafka is none of another's business.
    # Which part a service's tests are in, services/services.toml says.
    **_parts({"backbone": "backbone+entry", "bench": "backbone+entry", "sites": "sites"}),
    "flow": ("tests/flow",),
    "browser": ("tests/browser",),
    # Vitest, in the browser's language.
    "portal": ("portal/tests/unit",),
}


SIDE_BY_SIDE = frozenset({"unit", "contract", "simulator"})
"""Rooms without servers: their tests wait or compute, so as many run at once as there are cores."""


def forgotten() -> list[str]:
    """Test files that no room runs."""
    known = {Path(folder) for folders in ROOMS.values() for folder in folders}
    every = [*Path("tests").rglob("test_*.py"), *Path("simulators").rglob("test_*.py")]
    return [str(path) for path in every if not known & {path, *path.parents}]


@dataclass(frozen=True)
class Ran:
    room: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    status: int

    @property
    def fine(self) -> bool:
        return self.status == 0 and self.passed > 0


def _pytest(room: str, report: Path, arguments: Sequence[str]) -> list[str]:
    side_by_side = ("-n", "auto") if room in SIDE_BY_SIDE else ()
    python = (sys.executable, "-P", "-m", "pytest")
    return [*python, *ROOMS[room], "-q", f"--junit-xml={report}", *side_by_side, *arguments]


def _vitest(report: Path) -> list[str]:
    reporters = ("--reporter=dot", "--reporter=junit", f"--outputFile.junit={report}")
    return [sys.executable, "-P", "-m", "local.portal", "unit", *reporters]


def run(room: str, arguments: Sequence[str]) -> Ran:
    """One room; its output goes straight through."""
    print(f"── {room} ──", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = _vitest(report) if room == "portal" else _pytest(room, report, arguments)
        status = subprocess.run(command, check=False).returncode
        counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
        if report.exists():
            suites = ElementTree.parse(report).getroot().findall("testsuite")  # noqa: S314 - our own file
            counts = {name: sum(int(suite.get(name, "0")) for suite in suites) for name in counts}
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    return Ran(room, passed, failed, counts["skipped"], time.monotonic() - started, status)


def main(arguments: Sequence[str]) -> int:
    """Run the named rooms, or all of them."""
    rooms = list(arguments)
    extra: list[str] = []
    if "--" in rooms:
        place = rooms.index("--")
        rooms, extra = rooms[:place], rooms[place + 1 :]
    unknown = [room for room in rooms if room not in ROOMS]
    if unknown:
        print(f"no room {', '.join(unknown)}; there are: {', '.join(ROOMS)}", file=sys.stderr)
        return 2
    if left := forgotten():
        print(f"in no room: {', '.join(left)}", file=sys.stderr)
        return 2
    results = [run(room, extra) for room in rooms or ROOMS]
    print(f"\n{'room':<18} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for ran in results:
        print(f"{ran.room:<18} {ran.passed:>7} {ran.failed:>7} {ran.skipped:>8} {ran.seconds:>8.0f}")
    passed, failed, skipped = (
        sum(getattr(ran, name) for ran in results) for name in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if all(ran.fine for ran in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
