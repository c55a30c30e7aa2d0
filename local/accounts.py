"""PostgreSQL refuses to run as root, so root starts it as `nobody`, in folders that `nobody` can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "nobody"


class NoAccount(Exception):
    """No account to run PostgreSQL under; the text says what to do."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


def for_postgresql() -> Account | None:
    """None: the user who calls. Raises NoAccount when initdb would find no name for the user."""
    if os.geteuid() == 0:
        try:
            entry = pwd.getpwnam(ACCOUNT)
        except KeyError as error:
            raise NoAccount(f"PostgreSQL does not run as root and there is no user {ACCOUNT!r}") from error
        return Account(entry.pw_uid, entry.pw_gid)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise NoAccount(
            f"user id {os.geteuid()} has no line in /etc/passwd, which PostgreSQL's initdb needs: add one, "
            "or set DATABASE_URL to a server of your own"
        ) from error
    return None


def can_reach(account: Account | None, folder: Path) -> bool:
    """Whether the account may pass through `folder` and all its parents, as far as they exist."""
    if account is None:
        return True
    for part in (folder, *folder.parents):
        try:
            mode = part.stat()
        except FileNotFoundError:
            continue
        if mode.st_uid != account.uid and not mode.st_mode & stat.S_IXOTH:
            return False
    return True


def reachable(account: Account | None, wished: Path, instead: Path) -> Path:
    """`wished`, or, when a parent such as /root shuts the account out, a folder of its own under `instead`."""
    if can_reach(account, wished.parent):
        return wished
    return instead / f"{wished.name}-{hashlib.sha256(str(wished).encode()).hexdigest()[:12]}"
