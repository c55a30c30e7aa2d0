"""Fixtures for what is printed."""

from __future__ import annotations

import pytest

from services.print.render import fonts
from services.print.render.fonts import Faces


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    """Cut once for all: that takes seconds."""
    return fonts.load(tmp_path_factory.mktemp("fonts"))
