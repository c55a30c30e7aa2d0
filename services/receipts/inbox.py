"""One mailbox's InBox on disk: which files stand still, their bytes, and their place after they were kept.

Blocking calls, made in threads. Nothing here deletes: a file is moved, within its mailbox and so within its file system.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from backbone.folder import Handles, Ownership, is_no_folder, read_only, status
from backbone.folder_news import FolderNews, Followed
from customs.singlewindow import MAX_XML_BYTES
from customs.singlewindow.folders import BUSINESS_FOLDER, TAIL_BYTES, ends_well, is_unfinished

MAX_KEPT_BYTES = MAX_XML_BYTES
"""A larger file is no receipt; it is kept on disk and known by its hash."""
KEPT_FOLDER = ".bondgate-received"

_INBOX = (BUSINESS_FOLDER, "InBox")
MOST_A_LOOK = 200
"""Files of one look; when there are as many, another look follows at once."""
_MOST_SEEN = 5_000
_POSTPONE_SECONDS = 60.0
_CHUNK = 1024 * 1024


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
    """The InBox of one mailbox; remembers between looks what it saw. `rung` is called, in the loop, when a file came."""

    def __init__(
        self,
        exchange: Path,
        mailbox: str,
        *,
        patience_seconds: float,
        news: FolderNews | None = None,
        rung: Callable[[], None] = lambda: None,
    ) -> None:
        self._exchange = exchange
        self._mailbox = mailbox
        self._patience = patience_seconds
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        self._postponed: dict[str, float] = {}
        self._owned = Ownership(".owner")
        self._handles = Handles()
        self._inbox = self._kept = -1
        self._news = news
        self._rung = rung
        self._followed: Followed | None = None
        self._came_whole: set[str] = set()
        self._unsettled = False

    @property
    def is_quiet(self) -> bool:
        """Whether nothing goes on, and the kernel tells surely when something does."""
        return self._followed is not None and self._followed.surely and not self._unsettled

    def own(self) -> None:
        """Be the only watcher until `disown`, and open the folders anew. Raises InboxMissing, OwnedByAnother, OSError."""
        self._handles.close()
        with Handles() as handles:
            mailbox, self._inbox = _opened(handles, self._exchange, self._mailbox)
            self._kept = handles.made(mailbox, KEPT_FOLDER, 0o750)
            self._owned.take(self._kept)
            self._handles = handles.pop_all()
        if self._news is not None:
            self._followed = self._news.follow(self._inbox, self._tell, self._followed)

    def _tell(self, name: str | None, whole: bool) -> None:
        if name is not None and whole:
            self._came_whole.add(name)
        self._rung()

    def disown(self) -> None:
        if self._news is not None and self._followed is not None:
            self._news.leave(self._followed)
            self._followed = None
        self._handles.close()
        self._owned.give_up()

    def standing_still(self) -> list[Found]:
        """Files unchanged since the last look or renamed into the folder, the oldest first; a bounded number of them.

        Raises OSError.
        """
        now = time.monotonic()
        whole = set(self._came_whole)
        seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        ready: list[Found] = []
        for found in self._files():
            if self._postponed.get(found.name, 0.0) > now:
                continue
            before = self._seen.get(found.name)
            since = before[1] if before is not None and before[0] == found.signature else now
            seen[found.name] = (found.signature, since)
            if found.name in whole or (
                before is not None
                and before[0] == found.signature
                and (now - since >= self._patience or self._ends_well(found))
            ):
                ready.append(found)
            if len(ready) >= MOST_A_LOOK or len(seen) >= _MOST_SEEN:
                # What this look does not come to keeps what the one before saw of it.
                seen = {**self._seen, **seen} if len(self._seen) < 2 * _MOST_SEEN else seen
                break
        else:
            whole = whole - seen.keys()
            self._came_whole -= whole
        self._came_whole.difference_update(found.name for found in ready)
        self._unsettled = bool(seen)
        self._seen = seen
        self._postponed = {name: until for name, until in self._postponed.items() if until > now}
        ready.sort(key=lambda f: (f.modified_ns, f.name))
        return ready

    def _files(self) -> Iterator[Found]:
        with os.scandir(self._inbox) as entries:
            for entry in entries:
                if is_unfinished(entry.name):
                    continue
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        found = entry.stat(follow_symlinks=False)
                        yield Found(entry.name, found.st_size, found.st_mtime_ns, found.st_ino)

    def _ends_well(self, found: Found) -> bool:
        """Whether the end looks like the end of a message or a ZIP; what breaks off may still be growing."""
        try:
            with self._open(found.name) as stream:
                begin = stream.read(4)
                stream.seek(max(0, found.size - TAIL_BYTES))
                tail = stream.read(TAIL_BYTES)
        except OSError:
            return True  # reading will say what is wrong
        return ends_well(begin, tail)

    def _open(self, name: str) -> _Stream:
        return _Stream(read_only(self._inbox, name))

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
        month = at.strftime("%Y%m")
        with Handles() as handles:
            folder = handles.made(self._kept, month, 0o750)
            for name in _variants(found.name):
                place = f"{KEPT_FOLDER}/{month}/{name}"
                if place not in reserved and status(folder, name) is None:
                    reserved.add(place)
                    return place
        raise FileExistsError(errno.EEXIST, "no free name", found.file_name)

    def move(self, found: Found, place: str) -> None:
        """Move a kept file to its place. Raises OSError.

        What meanwhile stands under its name instead is not what was kept: it goes back and is found again.
        """
        _, month, name = place.split("/")
        with Handles() as handles:
            folder = handles.made(self._kept, month, 0o750)
            if status(folder, name) is not None:
                raise FileExistsError(errno.EEXIST, "place taken", place)
            try:
                os.rename(found.name, name, src_dir_fd=self._inbox, dst_dir_fd=folder)
            except FileNotFoundError:
                return
            self._seen.pop(found.name, None)
            moved = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if (moved.st_size, moved.st_mtime_ns, moved.st_ino) != found.signature:
                back = next(each for each in _variants(found.name) if status(self._inbox, each) is None)
                os.rename(name, back, src_dir_fd=folder, dst_dir_fd=self._inbox)


def _opened(handles: Handles, exchange: Path, mailbox: str) -> tuple[int, int]:
    """The mailbox and its InBox. Raises InboxMissing, OSError."""
    try:
        folder = handles.within(handles.root(exchange), mailbox)
        return folder, handles.within(handles.within(folder, _INBOX[0]), _INBOX[1])
    except OSError as error:
        if isinstance(error, FileNotFoundError) or is_no_folder(error):
            raise InboxMissing(mailbox) from error
        raise


def _variants(name: str) -> Iterator[str]:
    path = PurePath(name)
    yield name
    for number in range(2, 100_000):
        yield f"{path.stem}-{number}{path.suffix}"


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


def kept_file(exchange: Path, mailbox: str, kept_as: str | None, file_name: str) -> BinaryIO | None:
    """A file above the bound, opened: at its place, or still in InBox when it was to be moved and was not."""
    with Handles() as handles:
        try:
            folder, inbox = _opened(handles, exchange, mailbox)
            kept = handles.made(folder, KEPT_FOLDER, 0o750)
            months = sorted(name for name in os.listdir(kept) if name.isdigit())  # noqa: PTH208 - a handle has no path
        except (InboxMissing, OSError):
            return None
        places = (
            [(month, name) for _, month, name in [(kept_as or "").split("/")] if month in months]
            if kept_as
            else []
        )
        for month, name in [*places, ("", file_name), *((month, file_name) for month in months)]:
            with suppress(OSError):
                handle = read_only(handles.within(kept, month) if month else inbox, name)
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    return os.fdopen(handle, "rb")
                os.close(handle)
    return None
