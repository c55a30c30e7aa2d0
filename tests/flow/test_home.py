"""The home of a running platform: documents lie in it, and only its own account may read them."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.platform import Platform
from tests.support.infrastructure import HOME, PORT_BASE, fresh

pytestmark = pytest.mark.flow


def test_nobody_else_looks_into_any_folder_of_the_home(platform: Platform) -> None:
    root = platform.home.root
    open_ones = {
        os.path.relpath(path, root): oct(mode)
        for path, _, _ in os.walk(root)
        if (mode := stat.S_IMODE(Path(path).stat().st_mode)) & 0o077 and path != str(root)
    }
    assert not open_ones
    # As root the embedded PostgreSQL runs as somebody else, who must pass through the home and sees nothing in it.
    assert not stat.S_IMODE(root.stat().st_mode) & 0o066
    assert {path.name for path in root.iterdir()} >= {"kafka", "single-window", "postgresql"}
    assert not [path for path in root.iterdir() if path.is_file() and path.stat().st_mode & 0o077]


def test_a_start_waits_for_what_is_still_stopping() -> None:
    """A demo that was just ended holds the home, its ports and its databases for some seconds more."""
    arguments = {"services": (), "simulator": False, "edge": False, "watched": True}
    platform = fresh(Platform(HOME / "stopping", PORT_BASE + 200, **arguments))  # type: ignore[arg-type]
    with platform, ThreadPoolExecutor(1) as elsewhere:
        before = platform.pid("supervisor")
        ended = elsewhere.submit(platform.stop)
        while not platform._stopping_mark.exists():
            pass
        again = platform.start()
        assert ended.result()
        assert (again.stage, platform.is_running()) == ("up", True)
        assert platform.pid("supervisor") != before
