"""Folders that are shared with others, touched so that no link leads out of them, and owned by one process at a time.

Everything goes through handles: a name is looked up within an opened folder, so that nothing can be exchanged between a
check and its use.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class OwnedByAnother(Exception):
    """Another process owns the folder."""


class Handles(contextlib.ExitStack):
    """Opened folders, closed together."""

    def root(self, path: Path) -> int:
        """A folder of the operator's own, links and all. Raises OSError."""
        return self._kept(os.open(path, _FOLDER))

    def within(self, parent: int, name: str) -> int:
        """A folder in another, never through a link. Raises OSError."""
        return self._kept(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent))

    def made(self, parent: int, name: str, mode: int) -> int:
        """The same, made where it is missing."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, mode, dir_fd=parent)
            os.fsync(parent)
        return self.within(parent, name)

    def _kept(self, handle: int) -> int:
        self.callback(os.close, handle)
        return handle


def read_only(folder: int, name: str) -> int:
    """A file opened for reading, never through a link, and without waiting for what is none. Raises OSError."""
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)


def status(folder: int, name: str) -> os.stat_result | None:
    """Of the name itself; None when there is nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def is_file(folder: int, name: str) -> bool:
    found = status(folder, name)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_no_folder(error: OSError) -> bool:
    """Whether a link or a file stands in the place of a folder."""
    return error.errno in (errno.ELOOP, errno.ENOTDIR)


class Ownership:
    """A locked file in a folder. The lock ends with the process, however that ends."""

    def __init__(self, name: str, mode: int = 0o640) -> None:
        self._name = name
        self._mode = mode
        self._handle: int | None = None

    def take(self, folder: int) -> None:
        """Own it from now on; again it changes nothing. Raises OwnedByAnother, OSError."""
        if self._handle is not None:
            if self._is_in(folder):
                return
            # The folder was exchanged under us, by a mount or a restore; the old lock says nothing about this one.
            self.give_up()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self._name, flags, self._mode, dir_fd=folder)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise OwnedByAnother(self._name) from None
            raise
        self._handle = handle

    def give_up(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _is_in(self, folder: int) -> bool:
        assert self._handle is not None
        found, held = status(folder, self._name), os.fstat(self._handle)
        return found is not None and (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
