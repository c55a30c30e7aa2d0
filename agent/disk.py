"""What is the same on Linux and Windows about files that must survive a crash, and how a folder is owned by one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class OwnedByAnother(Exception):
    """Another process owns the folder."""


def write(path: Path, data: bytes) -> None:
    """A new file, durable before this answers; what stood there is replaced only by the whole."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    settle(path.parent)


def move(source: Path, target: Path) -> None:
    """At once and whole, durable. Raises FileExistsError rather than replace one, FileNotFoundError."""
    if target.exists():
        # Windows refuses by itself; elsewhere a rename would replace it.
        raise FileExistsError(target)
    source.rename(target)
    settle(target.parent)
    if source.parent != target.parent:
        settle(source.parent)


def settle(folder: Path) -> None:
    """Make the names in it durable; NTFS does so by its own journal."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def variants(name: str) -> Iterator[str]:
    """The name, and the same with a number before its ending."""
    path = Path(name)
    yield name
    for number in range(2, 100_000):
        yield f"{path.stem}-{number}{path.suffix}"


class Ownership:
    """A locked file; the lock ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """Own it from now on; again it changes nothing. Raises OwnedByAnother, OSError."""
        if self._file is not None:
            return
        file = self._path.open("ab")
        try:
            _lock(file)
        except OSError:
            file.close()
            raise OwnedByAnother(str(self._path)) from None
        self._file = file

    def give_up(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
