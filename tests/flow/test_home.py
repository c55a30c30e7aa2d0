"""The home of a running platform: documents lie in it, and only its own account may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from local.platform import Platform

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
