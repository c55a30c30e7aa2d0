"""Fixtures for the embedded platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made
