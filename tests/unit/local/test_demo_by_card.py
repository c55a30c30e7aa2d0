"""What the demo by card says, and when it plays none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.app import app
from local import pcsc_daemon
from local.demo.broker_desk import DemoFailed, SigningCard
from local.demo.play import play
from local.demo.signed import Signed
from local.platform import Platform

SIGNED = Signed("2100000000002", by_card=10, messages=10, chains=1, links=30, faults=())


def test_what_the_card_signed_is_told() -> None:
    assert SIGNED.is_right
    assert SIGNED.lines() == [
        "card       2100000000002 signed 10 of 10 messages",
        "evidence   verify holds: 1 chain, 30 links",
    ]


@pytest.mark.parametrize(
    "found",
    [
        replace(SIGNED, by_card=9),
        replace(SIGNED, by_card=0, messages=0),
        replace(SIGNED, faults=("chain_broken",)),
    ],
)
def test_anything_less_is_no_right_end(found: Signed) -> None:
    assert not found.is_right


def test_a_broken_chain_is_told_with_why() -> None:
    found = replace(SIGNED, chains=2, faults=("chain_broken", "released_changed"))
    assert found.lines()[1] == "evidence   verify BREAKS (chain_broken, released_changed): 2 chains, 30 links"


def test_without_pcscd_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BONDGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pcsc_daemon, "missing", lambda: f"no pcscd here; as root: {pcsc_daemon.INSTALL}")
    done = CliRunner().invoke(app, ["demo", "--card", "virtual", "--exit"])
    assert done.exit_code == 1
    assert done.output == f"bondgate: no pcscd here; as root: {pcsc_daemon.INSTALL}\n"
    assert not (tmp_path / "home").exists()


def test_a_platform_that_runs_already_has_no_such_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Platform, "is_running", lambda _: True)
    with pytest.raises(DemoFailed, match=r"\./bondgate down"):
        play(Platform(tmp_path), Console(), stay=False, card=SigningCard("2100000000002", "88888888"))
