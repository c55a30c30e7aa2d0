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
        given = os.environ.get(f"BONDGATE_SECRET_{name.upper().replace('-', '_')}")
        if given:
            return given
        path = self.root / "secrets" / name
        try:
            return path.read_text(encoding="ascii")
        except FileNotFoundError:
            value = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(value, encoding="ascii")
            try:
                os.link(draft, path)  # two first calls at once agree on one value
            except FileExistsError:
                value = path.read_text(encoding="ascii")
            draft.unlink()
            return value

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
