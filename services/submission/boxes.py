"""The folders of the import client, touched in a way that a crash at any point can be understood afterwards.

Everything goes through directory handles opened without following links, so that no name leads out of the mailbox. A
mailbox has a thread of its own: a share that hangs holds up nobody else. One process owns a mailbox (a locked file).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from backbone import log, metrics
from backbone.folder import Handles, OwnedByAnother, Ownership, is_file, is_no_folder, read_only, status
from backbone.folder_news import FolderNews, Followed
from customs.singlewindow.folders import BOXES, BUSINESS_FOLDER
from services.submission.domain import Place

STAGING = ".bondgate-staging"
_LOCK_FILE = "owner.lock"
_WITHDRAWN = "withdrawn-"
_MAILBOX = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHERS_SECONDS = 5.0
_MODE = 0o775
T = TypeVar("T")
Observer = Callable[[str], None]
"""Told of every step on disk that is done; tests stop the program there."""


def unobserved(_: str) -> None:
    pass


class NotReady(Exception):
    """The mailbox cannot be used now: folder missing, a link in its place, not writable, disk full."""


class Boxes:
    """The opened folders of one mailbox. Methods raise OSError."""

    def __init__(self, staging: int, places: dict[Place, int], observe: Observer) -> None:
        self._staging = staging
        self._places = places
        self._observe = observe

    def find(self, file_name: str) -> Place | None:
        """Where the file is. Looked for in the order in which it travels, so that one on the way is not missed."""
        for place, folder in self._places.items():
            if is_file(folder, file_name):
                return place
        return Place.WITHDRAWN if is_file(self._staging, _WITHDRAWN + file_name) else None

    def staged_sha256(self, file_name: str) -> str | None:
        """SHA-256 of the staged file; None when there is none."""
        try:
            handle = read_only(self._staging, file_name)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def stage(self, files: Mapping[str, bytes]) -> None:
        """Write files beside OutBox and make them durable; what an earlier try left of them is replaced."""
        for file_name, content in files.items():
            self._write(file_name, content)
        os.fsync(self._staging)
        self._observe("staging_durable")

    def _write(self, file_name: str, content: bytes) -> None:
        self._remove(file_name)
        handle = os.open(
            file_name,
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
            0o664,
            dir_fd=self._staging,
        )
        self._observe("staging_opened")
        with os.fdopen(handle, "wb") as opened:
            opened.write(content[: len(content) // 2])
            opened.flush()
            self._observe("staging_half_written")
            opened.write(content[len(content) // 2 :])
            opened.flush()
            os.fsync(opened.fileno())

    def release(self, file_names: Sequence[str]) -> None:
        """Move staged files into OutBox, each at once and whole, in this order. Raises FileExistsError rather than replace one."""
        outbox = self._places[Place.OUTBOX]
        for file_name in file_names:
            if status(outbox, file_name) is not None:
                raise FileExistsError(errno.EEXIST, "OutBox holds this name already")
            os.rename(file_name, file_name, src_dir_fd=self._staging, dst_dir_fd=outbox)
            self._observe("renamed")
        os.fsync(outbox)
        os.fsync(self._staging)
        self._observe("rename_durable")

    def withdraw(self, file_name: str) -> bool:
        """Take the file out of FailBox, so that nobody else puts it back; False when it has gone."""
        try:
            os.rename(
                file_name,
                _WITHDRAWN + file_name,
                src_dir_fd=self._places[Place.FAILBOX],
                dst_dir_fd=self._staging,
            )
        except FileNotFoundError:
            return is_file(self._staging, _WITHDRAWN + file_name)
        os.fsync(self._staging)
        os.fsync(self._places[Place.FAILBOX])
        self._observe("withdrawn")
        return True

    def tidy(self, file_name: str) -> None:
        """Remove what staging still holds of a file that is accounted for."""
        self._remove(file_name)
        self._remove(_WITHDRAWN + file_name)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._staging)


class Mailboxes:
    """Every mailbox under the exchange folder, owned one by one when first used and until `close`."""

    def __init__(
        self,
        exchange: Path,
        *,
        create: bool = False,
        observe: Observer = unobserved,
        news: FolderNews | None = None,
    ) -> None:
        self.hear: Callable[[str, str | None], None] = lambda mailbox, name: None
        """Told, in the loop, of what comes into SentBox or FailBox of a mailbox; None for whatever it was."""
        self._news = news
        self._followed: dict[tuple[str, Place], Followed | None] = {}
        self._exchange = exchange
        self._create = create
        self._observe = observe
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._owned: dict[str, Ownership] = {}
        self._others_until: dict[str, float] = {}
        self._said: dict[str, str] = {}

    async def use(self, mailbox: str, work: Callable[[Boxes], T]) -> T:
        """Do `work` with the mailbox's folders in its thread. Raises NotReady, OwnedByAnother."""
        if not _MAILBOX.fullmatch(mailbox):
            raise NotReady("not a mailbox name")
        thread = self._threads.get(mailbox)
        if thread is None:
            thread = self._threads[mailbox] = ThreadPoolExecutor(1, thread_name_prefix=f"mailbox-{mailbox}")
        try:
            result = await asyncio.get_running_loop().run_in_executor(thread, self._within, mailbox, work)
        except OwnedByAnother:
            self._others_until[mailbox] = time.monotonic() + _OTHERS_SECONDS
            # Its owner says whether it is ready.
            self._say(mailbox, "owned by another process")
            raise
        except (NotReady, OSError) as error:
            reason = str(error) if isinstance(error, NotReady) else _reason(error)
            metrics.gauge("mailbox_ready").labels(mailbox).set(0)
            self._say(mailbox, reason)
            raise NotReady(reason) from error
        metrics.gauge("mailbox_ready").labels(mailbox).set(1)
        self._say(mailbox, "")
        return result

    def is_ours_to_try(self, mailbox: str) -> bool:
        """False for a while after another process was found to own it."""
        return self._others_until.get(mailbox, 0.0) <= time.monotonic()

    def are_told_of(self) -> bool:
        """Whether the kernel tells surely what comes into SentBox and FailBox of every mailbox in use."""
        followed = [
            self._followed.get((mailbox, place))
            for mailbox in self._threads
            for place in (Place.SENTBOX, Place.FAILBOX)
        ]
        return all(each is not None and each.surely for each in followed)

    def _follow(self, mailbox: str, places: Mapping[Place, int]) -> None:
        if self._news is None:
            return

        def tell(name: str | None, _: bool) -> None:
            self.hear(mailbox, name)

        for place in (Place.SENTBOX, Place.FAILBOX):
            before = self._followed.get((mailbox, place))
            self._followed[mailbox, place] = self._news.follow(places[place], tell, before)

    def close(self) -> None:
        """Give up every mailbox."""
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)
        for owned in self._owned.values():
            owned.give_up()
        self._threads.clear()
        self._owned.clear()

    def _say(self, mailbox: str, reason: str) -> None:
        if self._said.get(mailbox) == reason:
            return
        self._said[mailbox] = reason
        if reason:
            log.get().warning("mailbox_not_ready", mailbox=mailbox, reason=reason)
        else:
            log.get().info("mailbox_ready", mailbox=mailbox)

    def _within(self, mailbox: str, work: Callable[[Boxes], T]) -> T:
        with Handles() as handles:
            base = self._folder(handles, handles.root(self._exchange), mailbox)
            business = self._folder(handles, base, BUSINESS_FOLDER)
            boxes = {name: self._folder(handles, business, name) for name in BOXES}
            staging = handles.made(base, STAGING, _MODE)
            if os.fstat(staging).st_dev != os.fstat(boxes[Place.OUTBOX]).st_dev:
                raise NotReady("OutBox is on another file system than the mailbox itself")
            self._owned.setdefault(mailbox, Ownership(_LOCK_FILE, 0o664)).take(staging)
            places = {place: boxes[place] for place in (Place.OUTBOX, Place.SENTBOX, Place.FAILBOX)}
            self._follow(mailbox, places)
            return work(Boxes(staging, places, self._observe))

    def _folder(self, handles: Handles, parent: int, name: str) -> int:
        return handles.made(parent, name, _MODE) if self._create else handles.within(parent, name)


def _reason(error: OSError) -> str:
    if is_no_folder(error):
        return "a link or a file is in the place of a folder"
    return os.strerror(error.errno) if error.errno else type(error).__name__
