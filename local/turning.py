"""Turning a key of an installation: what is begun is noted in a private file first, so that a kill anywhere can be gone on from.

secrets/<name>        the master keys, the current one first
secrets/<name>.next   there while a rotation is not finished: the new key, or the id of the new evidence key
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from backbone.sealing import keys_in, name_of
from local.home import Home, replace_secret


class GivenFromOutside(Exception):
    """The key is not the installation's to turn; the text says where to."""


def begun(home: Home, name: str, new: Callable[[], str]) -> str:
    """What the rotation turns to: what an unfinished one noted, else something new, noted before it is used."""
    path = _next(home, name)
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        value = new()
        replace_secret(path, value)
        return value


def is_begun(home: Home, name: str) -> bool:
    return _next(home, name).exists()


def finished(home: Home, name: str) -> None:
    _next(home, name).unlink(missing_ok=True)


def turn_master_key(home: Home, name: str) -> str:
    """Put a new key before the old ones, which stay to open what they sealed; answers its name. Raises GivenFromOutside."""
    path = _file(home, name)
    new = begun(home, name, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    lines = path.read_text(encoding="ascii").split()
    if lines[0] != new:
        replace_secret(path, "\n".join([new, *lines]))
    return name_of(keys_in(new)[0])


def forget_old_keys(home: Home, name: str) -> list[str]:
    """Keep the current key alone; answers the names of those that went. Raises GivenFromOutside."""
    path = _file(home, name)
    current, *old = path.read_text(encoding="ascii").split()
    if old:
        replace_secret(path, current)
    return [name_of(key) for text in old for key in keys_in(text)]


def _file(home: Home, name: str) -> Path:
    path = home.key_file(name)
    if path is None:
        raise GivenFromOutside(
            f"{name} is given by the environment: turn it there, see 'Turning a key' in docs/runbooks.md"
        )
    return path


def _next(home: Home, name: str) -> Path:
    return home.root / "secrets" / f"{name}.next"
