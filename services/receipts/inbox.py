"""One mailbox's InBox on disk: which files stand still, their bytes, and their place after they were kept.

Blocking calls, made in threads. Nothing here deletes: a file is moved, within its mailbox and so within its file system.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from glob import escape
from pathlib import Path, PurePath

from customs.singlewindow import MAX_XML_BYTES

MAX_KEPT_BYTES = MAX_XML_BYTES
"""A larger file is no receipt; it is kept on disk and known by its hash."""
KEPT_FOLDER = ".bondgate-received"

_INBOX = Path("Sas", "InBox")
_UNFINISHED = re.compile(r"(^[.~])|(\.(tmp|temp|part|partial|writing|filepart|crdownload)$)", re.IGNORECASE)
_LAST_TAG = re.compile(rb"</(?:[\w.-]+:)?(?:Package|Signature|CommonResponeMessage|Root)\s*>\s*\Z")
_MOST_A_LOOK = 200
_MOST_SEEN = 5_000
_POSTPONE_SECONDS = 60.0
_TAIL_BYTES = 256
_CHUNK = 1024 * 1024


class InboxOwnedElsewhere(Exception):
    """Another process watches this mailbox."""


class InboxMissing(Exception):
    """There is no such folder, or a link stands in its place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that stands still. `name` is what the file system calls it, `file_name` the same as printable text."""

    name: str
    size: int
    modified_ns: int
    inode: int

    @property
    def file_name(self) -> str:
        return os.fsencode(self.name).decode("utf-8", "backslashreplace")

    @property
    def signature(self) -> tuple[int, int, int]:
        return (self.size, self.modified_ns, self.inode)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds; `data` is None for one above MAX_KEPT_BYTES."""

    found: Found
    sha256: str
    data: bytes | None


class Inbox:
    """The InBox of one mailbox; remembers between looks what it saw."""

    def __init__(self, exchange: Path, mailbox: str, *, patience_seconds: float) -> None:
        self._mailbox = exchange / mailbox
        self._folder = self._mailbox / _INBOX
        self._patience = patience_seconds
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        self._postponed: dict[str, float] = {}
        self._lock: int | None = None

    def own(self) -> None:
        """Be the only watcher until `disown`. Raises InboxMissing, InboxOwnedElsewhere, OSError."""
        if self._lock is not None:
            return
        self._require()
        kept = self._mailbox / KEPT_FOLDER
        kept.mkdir(mode=0o750, exist_ok=True)
        lock = os.open(kept / ".owner", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise InboxOwnedElsewhere(str(self._mailbox)) from None
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def disown(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _require(self) -> None:
        for folder in (self._mailbox, self._folder.parent, self._folder):
            if folder.is_symlink() or not folder.is_dir():
                raise InboxMissing(str(folder))

    def standing_still(self) -> list[Found]:
        """Files unchanged since the last look, the oldest first; a bounded number of them. Raises OSError."""
        self._require()
        now = time.monotonic()
        seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        ready: list[Found] = []
        for found in self._files():
            if self._postponed.get(found.name, 0.0) > now:
                continue
            before = self._seen.get(found.name)
            since = before[1] if before is not None and before[0] == found.signature else now
            seen[found.name] = (found.signature, since)
            if (
                before is not None
                and before[0] == found.signature
                and (now - since >= self._patience or self._ends_well(found))
            ):
                ready.append(found)
            if len(ready) >= _MOST_A_LOOK or len(seen) >= _MOST_SEEN:
                break
        self._seen = seen
        self._postponed = {name: until for name, until in self._postponed.items() if until > now}
        ready.sort(key=lambda f: (f.modified_ns, f.name))
        return ready

    def _files(self) -> Iterator[Found]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if _UNFINISHED.search(entry.name):
                    continue
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        stat = entry.stat(follow_symlinks=False)
                        yield Found(entry.name, stat.st_size, stat.st_mtime_ns, stat.st_ino)

    def _ends_well(self, found: Found) -> bool:
        """Whether the end looks like the end of a message or a ZIP; what breaks off may still be growing."""
        try:
            with self._open(found.name) as stream:
                begin = stream.read(4)
                stream.seek(max(0, found.size - _TAIL_BYTES))
                tail = stream.read(_TAIL_BYTES)
        except OSError:
            return True  # reading will say what is wrong
        whole = _LAST_TAG.search(tail.replace(b"\x00", b"")) is not None
        return whole or (begin[:2] == b"PK" and b"PK\x05\x06" in tail)

    def _open(self, name: str) -> _Stream:
        return _Stream(
            os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        )

    def read(self, found: Found) -> Content | None:
        """The bytes, or None when the file changed or went meanwhile. Raises OSError; then the file has to wait."""
        try:
            with self._open(found.name) as stream:
                digest = hashlib.sha256()
                chunks: list[bytes] | None = [] if found.size <= MAX_KEPT_BYTES else None
                length = 0
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    length += len(chunk)
                    if length > found.size:
                        break
                    if chunks is not None:
                        chunks.append(chunk)
                after = os.fstat(stream.fileno())
        except FileNotFoundError:
            return None
        except OSError:
            self._postponed[found.name] = time.monotonic() + _POSTPONE_SECONDS
            raise
        same = (after.st_size, after.st_mtime_ns, after.st_ino) == found.signature
        if not same or length != found.size:
            return None
        return Content(found, digest.hexdigest(), None if chunks is None else b"".join(chunks))

    def place(self, found: Found, at: datetime, reserved: set[str]) -> str:
        """Where a kept file will go: a free path relative to the mailbox, reserved from now on. Raises OSError."""
        folder = self._mailbox / KEPT_FOLDER / at.strftime("%Y%m")
        folder.mkdir(mode=0o750, exist_ok=True)
        for name in _variants(found.name):
            place = str((folder / name).relative_to(self._mailbox))
            if place not in reserved and not _exists(folder / name):
                reserved.add(place)
                return place
        raise FileExistsError(errno.EEXIST, "no free name", found.file_name)

    def move(self, found: Found, place: str) -> None:
        """Move a kept file to its place. Raises OSError.

        What meanwhile stands under its name instead is not what was kept: it goes back and is found again.
        """
        target = self._mailbox / place
        if _exists(target):
            raise FileExistsError(errno.EEXIST, "place taken", place)
        try:
            (self._folder / found.name).rename(target)
        except FileNotFoundError:
            return
        self._seen.pop(found.name, None)
        moved = target.stat(follow_symlinks=False)
        if (moved.st_size, moved.st_mtime_ns, moved.st_ino) != found.signature:
            back = next(name for name in _variants(found.name) if not _exists(self._folder / name))
            target.rename(self._folder / back)


def _variants(name: str) -> Iterator[str]:
    path = PurePath(name)
    yield name
    for number in range(2, 100_000):
        yield f"{path.stem}-{number}{path.suffix}"


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


class _Stream:
    """Unbuffered reading of one file descriptor, closed at the end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, size: int) -> bytes:
        return os.read(self._descriptor, size)

    def seek(self, position: int) -> None:
        os.lseek(self._descriptor, position, os.SEEK_SET)

    def fileno(self) -> int:
        return self._descriptor


def kept_file(exchange: Path, mailbox: str, kept_as: str | None, file_name: str) -> Path | None:
    """Where a file above the bound lies: at its place, or still in InBox when it was to be moved and was not."""
    folder = exchange / mailbox
    candidates = [folder / kept_as] if kept_as else []
    candidates += [
        folder / _INBOX / file_name,
        *sorted((folder / KEPT_FOLDER).glob(f"[0-9]*/{escape(file_name)}")),
    ]
    return next((path for path in candidates if path.is_file() and not path.is_symlink()), None)
