"""The demo whose messages a card signs, through a real pcscd; skipped with the line that would change it where there is none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from local import pcsc_daemon
from local.demo.card import SIMULATOR_ARGUMENTS, virtual_card_in_reader
from local.demo.play import play_on
from local.platform import Platform
from tests.support.infrastructure import HOME, PORT_BASE, TREE, fresh

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def pcscd() -> None:
    if (reason := pcsc_daemon.missing()) is not None:
        pytest.skip(reason)


def daemons(folder: Path) -> Iterator[psutil.Process]:
    """Every pcscd whose readers are in that folder."""
    for process in psutil.process_iter(["cmdline"]):
        if str(folder / "readers") in (process.info["cmdline"] or ()):
            yield process


def test_a_card_signs_every_message_and_the_single_window_finds_it_so() -> None:
    console = Console(highlight=False, width=100, record=True)
    with virtual_card_in_reader() as inserted:
        folder = Path(inserted.environment["signer"]["BONDGATE_READERS"]).parent
        assert list(daemons(folder))
        arguments = ("--speed", "0.1", "--poll", "0.02", *SIMULATOR_ARGUMENTS)
        platform = Platform(
            HOME / "by-card",
            PORT_BASE + 200,
            environment=inserted.environment,
            simulator_arguments=arguments,
            watched=True,
        )
        with fresh(platform):
            right = asyncio.run(play_on(platform, console, card=inserted.card))
    text = console.export_text()
    assert right, text
    assert f"card       {inserted.card.number} signed 10 of 10 messages" in text
    assert "evidence   verify holds: 1 chain, 10 links" in text
    assert not list(daemons(folder)) and not folder.exists()


_HOLDING = """
from local.demo.card import virtual_card_in_reader
with virtual_card_in_reader() as inserted:
    print(inserted.environment["signer"]["BONDGATE_READERS"], flush=True)
    input()
"""


def test_a_demo_that_is_killed_leaves_no_pcscd(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _HOLDING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TREE), "TMPDIR": str(tmp_path)},
    )
    with process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip()).parent
        found = list(daemons(folder))
        process.kill()
    assert found
    psutil.wait_procs(found)
    assert not list(daemons(folder))
