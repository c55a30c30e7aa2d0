"""The installation's folder: secrets only their owner reads, and a reset that removes nothing of others."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.accounts import Account, can_reach, reachable
from local.home import Home, NotAnInstallation, read_json, write_json


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    first = home.secret("signer-master-key")
    assert len(base64.urlsafe_b64decode(first)) == 32
    assert Home(tmp_path / "home").secret("signer-master-key") == first
    assert home.secret("operator") != first
    file = tmp_path / "home" / "secrets" / "signer-master-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_only_its_own_account_looks_into_a_folder_and_open_ones_are_closed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    for name in ("kafka", "single-window"):
        (home.root / name).chmod(0o755)
    home.prepare()
    assert home.folder("kafka") == home.root / "kafka"
    for path in home.root.iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert not stat.S_IMODE(home.root.stat().st_mode) & 0o066


def test_first_calls_at_once_agree(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: home.secret("operator"), range(32)))) == 1
    assert [path.name for path in (home.root / "secrets").iterdir()] == ["operator"]


def test_erase_takes_the_installation_and_what_lies_elsewhere(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (home.root / "postgresql").symlink_to(elsewhere)
    assert home.erase()
    assert not home.root.exists()
    assert not elsewhere.exists()
    assert not home.erase()


def test_erase_leaves_a_foreign_folder(tmp_path: Path) -> None:
    kept = tmp_path / "letters.txt"
    kept.write_text("dear")
    with pytest.raises(NotAnInstallation):
        Home(tmp_path).erase()
    assert kept.read_text() == "dear"


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_json(path) is None
    write_json(path, {"stage": "up"})
    assert read_json(path) == {"stage": "up"}
    path.write_text("{")
    assert read_json(path) is None


def test_a_closed_parent_sends_the_data_elsewhere(tmp_path: Path) -> None:
    stranger = Account(uid=os.getuid() + 1, gid=os.getgid() + 1)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wished, instead = closed / "home" / "postgresql", tmp_path / "instead"
    assert not can_reach(stranger, wished.parent)
    first = reachable(stranger, wished, instead)
    assert first.parent == instead
    assert reachable(stranger, closed / "other" / "postgresql", instead) != first
    assert reachable(None, wished, instead) == wished
