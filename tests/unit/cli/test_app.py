"""The command line knows its commands by name and help alone, and both are the commands' own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.app import COMMANDS, command

TREE = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_the_list_is_the_first_line_of_the_command(name: str) -> None:
    found = command(name)
    assert found.name == name
    assert (found.help or "").strip().splitlines()[0] == COMMANDS[name].help


def test_help_imports_no_command() -> None:
    heavy = (
        "customs",
        "services",
        "local.platform",
        "backbone",
        "rich",
        "httpx",
        "aiokafka",
        "asyncpg",
        "lxml",
    )
    script = (
        "import contextlib, sys\n"
        "from cli.app import app\n"
        "with contextlib.suppress(SystemExit):\n"
        "    app(['--help'], prog_name='bondgate')\n"
        f"print('LOADED', *sorted(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(TREE)},
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "LOADED"
    assert all(name in done.stdout for name in COMMANDS)
