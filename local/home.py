"""The folder that holds one installation's state (`.bondgate`): where everything lies in it, and its secrets."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbone.migrate import Passwords
from backbone.sealing import MasterKeys, keys_in

TREE = Path(__file__).resolve().parent.parent
PRIVATE = 0o077
"""The umask of every program: documents lie in what they write."""
_MARK = "installation.json"
_FOLDERS = ("logs", "run", "data", "exchange", "secrets", "demo", "edge", "kafka", "single-window")


class NotAnInstallation(Exception):
    """The folder was not made by Bondgate and is left alone."""


@dataclass(frozen=True)
class Home:
    """`BONDGATE_HOME`. Everything in it can be thrown away; nothing outside it belongs to the installation."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def data(self) -> Path:
        """`BONDGATE_DATA_DIR` of the services."""
        return self.root / "data"

    @property
    def exchange(self) -> Path:
        """The mailboxes that submission, receipts and the simulator share."""
        return self.root / "exchange"

    @property
    def demo(self) -> Path:
        return self.root / "demo"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def prepare(self) -> None:
        """Make the folders, or close those that an earlier release left open.

        Others may pass through the root, and no further, only when root itself runs PostgreSQL as somebody else.
        """
        if not self.root.exists():
            self.root.mkdir(parents=True)
            write_json(self.root / _MARK, {"made_by": "bondgate"})
        self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in _FOLDERS:
            self.folder(name)

    def folder(self, name: str) -> Path:
        """A folder of the installation that only its own account may look into, whoever made it."""
        path = self.root / name
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
        return path

    def secret(self, name: str) -> str:
        """32 random bytes in padded base64url, made at the first call and kept in a file only the owner can read.

        Where secrets are given from outside, `BONDGATE_SECRET_<NAME>` in the environment stands before the file.
        """
        given = _outside(name)
        if given is not None:
            return given
        path = self.root / "secrets" / name
        try:
            return path.read_text(encoding="ascii")
        except FileNotFoundError:
            value = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = _private_draft(path, value)
            try:
                os.link(draft, path)  # two first calls at once agree on one value
            except FileExistsError:
                value = path.read_text(encoding="ascii")
            draft.unlink()
            return value

    def key_file(self, name: str) -> Path | None:
        """The file of a master key, a key a line, the current one first. None: it is given from outside."""
        if _outside(name) is not None:
            return None
        self.secret(name)
        return self.root / "secrets" / name

    def master_keys(self, name: str) -> MasterKeys:
        """Those of the file, or the one that is given from outside. Raises ValueError."""
        given, path = _outside(name), self.key_file(name)
        return MasterKeys.of(*keys_in(given or "")) if path is None else MasterKeys.in_file(path)

    def passwords(self, service: str) -> Passwords:
        return Passwords(*(self.secret(f"{service}-{role}-password") for role in ("owner", "app", "worker")))

    def erase(self) -> bool:
        """Remove the folder and what PostgreSQL keeps elsewhere for it. Raises NotAnInstallation for other folders."""
        if not self.root.exists():
            return False
        if not (self.root / _MARK).exists():
            raise NotAnInstallation(f"{self.root} was not made by Bondgate: it is left as it is")
        elsewhere = self.root / "postgresql"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
        shutil.rmtree(self.root)
        return True


def _outside(name: str) -> str | None:
    return os.environ.get(f"BONDGATE_SECRET_{name.upper().replace('-', '_')}") or None


def _private_draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="ascii")
    return draft


def replace_secret(path: Path, text: str) -> None:
    """At once, so that a reader sees the old or the new; only the owner may read it."""
    _private_draft(path, text).replace(path)


def home_from_environment() -> Home:
    return Home(Path(os.environ.get("BONDGATE_HOME") or TREE / ".bondgate").absolute())


def write_json(path: Path, value: object) -> None:
    """Replace the file at once, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(value, indent=1), encoding="utf-8")
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return value
