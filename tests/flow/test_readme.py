"""The README's first hour and its next page, run as they are written."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import subprocess
from pathlib import Path

import pytest

from local.demo.broker_desk import BrokerDesk
from local.platform import Platform

pytestmark = pytest.mark.flow
TREE = Path(__file__).resolve().parents[2]


def script_under(heading: str) -> str:
    """The first shell block after a heading."""
    text = (TREE / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {heading}$.*?^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no shell block under {heading}"
    return found[1]


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=TREE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def open_the_demo_s_tenant(platform: Platform) -> None:
    async with BrokerDesk(platform):
        pass


def test_the_first_hour_with_the_api(platform: Platform, tmp_path: Path) -> None:
    asyncio.run(open_the_demo_s_tenant(platform))
    # The reader's files go to /tmp; the test's to its own folder.
    script = script_under("The first hour with the API").replace("/tmp/", f"{tmp_path}/")
    done = run(script, {"BONDGATE_API": platform.edge_url, "BONDGATE_HOME": str(platform.home.root)})
    assert done.returncode == 0, done.stderr + done.stdout
    assert '"ok":true' in done.stdout
    assert "已核扣" in done.stdout
    [pdf] = tmp_path.glob("*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")


def test_your_own_firm_in_ten_minutes(platform: Platform, tmp_path: Path) -> None:
    page = (TREE / "docs/your-own-firm.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks).replace("/tmp/", f"{tmp_path}/")
    places = {"BONDGATE_API": platform.edge_url, "BONDGATE_HOME": str(platform.home.root)}
    done = run(script, places | {"FIRM": f"firm-{secrets.token_hex(4)}"})
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Zhang San" in done.stdout
    assert "已核扣" in done.stdout


def test_the_commands_for_a_file_somebody_sent() -> None:
    done = run(script_under("When a customer sends a file"), {})
    assert done.returncode == 0, done.stderr + done.stdout
    assert '"message_type": "INV101"' in done.stdout


def test_the_help_lists_every_command() -> None:
    done = subprocess.run(
        [str(TREE / "bondgate"), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in ("demo", "up", "down", "status", "logs", "rebuild", "refill", "message", "codes"):
        assert command in done.stdout
