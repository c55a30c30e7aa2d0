"""Several keys open, one seals, and none is ever shown."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from backbone.sealing import MasterKeys, MasterKeySettings, NoMasterKey, SealBroken, Sealer, name_of

_OLD, _NEW = bytes(range(32)), bytes(32)
_GIVEN: dict[str, Any] = {
    "database_url": "x",
    "worker_database_url": "x",
    "kafka_bootstrap_servers": "x",
    "jwks_url": "x",
    "port": 1,
}


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


@pytest.mark.parametrize("derived_as", [None, b"bondgate/test"])
def test_what_was_sealed_opens_under_any_accepted_key_for_its_purpose(derived_as: bytes | None) -> None:
    sealed = Sealer(MasterKeys.of(_OLD), derived_as=derived_as).seal(b"secret", "a")
    both = Sealer(MasterKeys.of(_NEW, _OLD), derived_as=derived_as)
    assert both.open(sealed.text, "a") == b"secret"
    assert both.seal(b"secret", "a").by == name_of(_NEW)
    assert b"secret" not in sealed.text
    alone = Sealer(MasterKeys.of(_NEW), derived_as=derived_as)
    for sealer, text, purpose in (
        (alone, sealed.text, "a"),
        (both, sealed.text, "b"),
        (both, sealed.text[:-1] + bytes([sealed.text[-1] ^ 1]), "a"),
        (both, b"", "a"),
    ):
        with pytest.raises(SealBroken):
            sealer.open(text, purpose)


def test_settings_take_several_keys_or_a_file_and_never_show_them(tmp_path: Path) -> None:
    settings = MasterKeySettings(
        **_GIVEN, master_key=_text(_NEW), other_master_keys=f"{_text(_OLD)}, {_text(_NEW).rstrip('=')}"
    )
    assert settings.master_keys().read() == (_NEW, _OLD, _NEW)
    assert _text(_OLD) not in repr(settings)
    assert MasterKeySettings(**_GIVEN, master_key=_text(_NEW), other_master_keys="").master_keys().read() == (
        _NEW,
    )
    file = tmp_path / "key"
    from_file = MasterKeySettings(**_GIVEN, master_key_file=file).master_keys()
    with pytest.raises(NoMasterKey):
        from_file.read()
    file.write_text(f"{_text(_NEW)}\n{_text(_OLD)}\n", encoding="ascii")
    assert from_file.read() == (_NEW, _OLD)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"master_key": "c2hvcnQtc2VjcmV0"},
        {"master_key": f"{_text(_NEW)},{_text(_OLD)}"},
        {"master_key": _text(_NEW), "other_master_keys": "c2hvcnQtc2VjcmV0"},
        {"master_key": _text(_NEW), "master_key_file": "/x"},
    ],
)
def test_wrong_settings_are_refused_without_showing_them(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        MasterKeySettings(**_GIVEN, **wrong)
    for value in wrong.values():
        assert value == "/x" or value not in str(refused.value)
