"""A rotation that is killed anywhere goes on where it was, and makes no second key."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from backbone.sealing import MasterKeys, SealBroken, Sealer, keys_in, name_of
from local import turning
from local.home import Home
from local.turning import GivenFromOutside

_NAME = "signer-master-key"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def _sealer(keys: MasterKeys) -> Sealer:
    return Sealer(keys, derived_as=None)


def test_old_material_opens_and_new_material_is_sealed_by_the_new_key(home: Home) -> None:
    keys = home.master_keys(_NAME)
    before = _sealer(keys)
    sealed = before.seal(b"secret", "a")
    old = keys.current
    assert turning.turn_master_key(home, _NAME) == name_of(keys.current)
    # The same object, as a running service holds it, reads the file anew.
    assert keys.read() == (keys.current, old)
    assert before.open(sealed.text, "a") == b"secret"
    again = before.seal(b"secret", "a")
    assert (sealed.by, again.by) == (name_of(old), name_of(keys.current))
    turning.finished(home, _NAME)
    assert turning.forget_old_keys(home, _NAME) == [name_of(old)]
    assert before.open(again.text, "a") == b"secret"
    with pytest.raises(SealBroken):
        before.open(sealed.text, "a")


def test_killed_after_any_step_the_same_key_is_turned_to(home: Home) -> None:
    path = home.key_file(_NAME)
    assert path is not None
    old = path.read_text(encoding="ascii")
    noted = turning.begun(home, _NAME, lambda: base64.urlsafe_b64encode(bytes(range(32))).decode())
    # Killed before the file was written, and again after it.
    for _ in range(3):
        assert turning.turn_master_key(home, _NAME) == name_of(keys_in(noted)[0])
        assert path.read_text(encoding="ascii").split() == [noted, old]
    turning.finished(home, _NAME)
    assert not turning.is_begun(home, _NAME)
    turning.turn_master_key(home, _NAME)
    assert len(keys_in(path.read_text(encoding="ascii"))) == 3


def test_keys_lie_in_files_of_their_owner_alone(home: Home) -> None:
    turning.turn_master_key(home, _NAME)
    for path in (home.root / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_key_from_outside_is_turned_outside(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    given = base64.urlsafe_b64encode(bytes(32)).decode()
    monkeypatch.setenv("BONDGATE_SECRET_SIGNER_MASTER_KEY", given)
    assert home.key_file(_NAME) is None
    assert home.master_keys(_NAME).current == bytes(32)
    with pytest.raises(GivenFromOutside) as refused:
        turning.turn_master_key(home, _NAME)
    assert given not in str(refused.value)
