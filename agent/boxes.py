"""The folders of one import client at this site. Blocking calls, made in a thread of the mailbox's own.

The same on Linux and Windows: whole paths, one rename at a time, and nothing that follows a link out of the mailbox.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent import disk
from customs.singlewindow.folders import BOXES, BUSINESS_FOLDER, TAIL_BYTES, ends_well, is_unfinished

STAGING = ".bondgate-staging"
KEPT = ".bondgate-received"
_WITHDRAWN = "withdrawn-"
_MOST_A_LOOK = 200
_MOST_SEEN = 5_000


class NotReady(Exception):
    """The mailbox cannot be used now; the text says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A receipt that stands still."""

    name: str
    size: int
    modified_ns: int

    @property
    def told_name(self) -> str:
        """Printable, also where the name is no text."""
        return self.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Boxes:
    """Methods raise NotReady or OSError."""

    def __init__(self, folder: Path, *, patience_seconds: float) -> None:
        self._base = folder
        self._business = folder / BUSINESS_FOLDER
        self._staging = folder / STAGING
        self._patience = patience_seconds
        self._owned = disk.Ownership(self._staging / "agent.lock")
        self._seen: dict[str, tuple[tuple[int, int], float]] = {}

    def own(self) -> None:
        """Check the folders and be the only agent in them. Raises NotReady, OSError."""
        if not self._base.is_dir():
            raise NotReady("the folder is not there")
        for name in BOXES:
            box = self._business / name
            if box.is_symlink() or not box.is_dir():
                raise NotReady(f"{BUSINESS_FOLDER}/{name} is not there, or is no folder")
        self._staging.mkdir(exist_ok=True)
        if self._staging.is_symlink():
            raise NotReady(f"{STAGING} is a link")
        try:
            self._owned.take()
        except disk.OwnedByAnother:
            raise NotReady("another process serves it") from None

    def give_up(self) -> None:
        self._owned.give_up()

    def place(self, file_name: str) -> str | None:
        """Where the file is, looked for in the order in which it travels. One in FailBox counts when it was withdrawn."""
        for name in ("OutBox", "SentBox", "FailBox"):
            if _is_file(self._business / name / file_name):
                return name
        return "FailBox" if _is_file(self._staging / (_WITHDRAWN + file_name)) else None

    def staged(self, file_name: str) -> bool:
        return _is_file(self._staging / file_name)

    def stage(self, file_name: str, data: bytes) -> None:
        """Beside OutBox and durable; what an earlier try left is replaced."""
        path = self._staging / file_name
        path.unlink(missing_ok=True)
        disk.write(path, data)

    def release(self, file_name: str) -> None:
        """Into OutBox, at once and whole; one that went before is not staged any more. Raises FileExistsError."""
        disk.move(self._staging / file_name, self._business / "OutBox" / file_name)

    def withdraw(self, file_name: str) -> None:
        """Out of FailBox, so that nobody puts it back while the platform tries under another name."""
        target = self._staging / (_WITHDRAWN + file_name)
        if not _is_file(target):
            disk.move(self._business / "FailBox" / file_name, target)

    def tidy(self, file_name: str) -> None:
        """What staging still holds of a file that is accounted for."""
        for name in (file_name, _WITHDRAWN + file_name):
            (self._staging / name).unlink(missing_ok=True)

    def standing_still(self) -> list[Found]:
        """Receipts unchanged since the last look and whole by their end, or unchanged for long; the oldest first."""
        now = time.monotonic()
        seen: dict[str, tuple[tuple[int, int], float]] = {}
        ready: list[Found] = []
        for found in self._inbox():
            signature = (found.size, found.modified_ns)
            before = self._seen.get(found.name)
            same = before is not None and before[0] == signature
            since = before[1] if before is not None and same else now
            seen[found.name] = (signature, since)
            if same and (now - since >= self._patience or self._ends_well(found)):
                ready.append(found)
            if len(ready) >= _MOST_A_LOOK or len(seen) >= _MOST_SEEN:
                break
        self._seen = seen
        return sorted(ready, key=lambda one: (one.modified_ns, one.name))

    def waiting(self) -> tuple[int, float | None]:
        """How many receipts stand in InBox, and when the oldest was written."""
        found = list(self._inbox())
        return len(found), min((one.modified_ns / 1e9 for one in found), default=None)

    def read(self, found: Found, most: int) -> tuple[str, bytes | None] | None:
        """SHA-256 and bytes, none above `most`; None when the file changed or went meanwhile."""
        digest = hashlib.sha256()
        chunks: list[bytes] = []
        length = 0
        try:
            with (self._business / "InBox" / found.name).open("rb") as file:
                while chunk := file.read(1024 * 1024):
                    digest.update(chunk)
                    length += len(chunk)
                    if found.size <= most:
                        chunks.append(chunk)
        except FileNotFoundError:
            return None
        if length != found.size or self._stands(found) is False:
            return None
        return digest.hexdigest(), b"".join(chunks) if found.size <= most else None

    def keep(self, found: Found, at: datetime) -> None:
        """Where a local InBox keeps it too. What changed meanwhile is not what was stored: it stays and goes up as well."""
        if not self._stands(found):
            return
        folder = self._base / KEPT / at.strftime("%Y%m")
        folder.mkdir(parents=True, exist_ok=True)
        for name in disk.variants(found.name):
            try:
                disk.move(self._business / "InBox" / found.name, folder / name)
            except FileExistsError:
                continue
            return

    def _stands(self, found: Found) -> bool:
        try:
            now = (self._business / "InBox" / found.name).stat()
        except FileNotFoundError:
            return False
        return (now.st_size, now.st_mtime_ns) == (found.size, found.modified_ns)

    def _inbox(self) -> Iterator[Found]:
        for path in (self._business / "InBox").iterdir():
            if is_unfinished(path.name) or path.is_symlink():
                continue
            try:
                told = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                yield Found(path.name, told.st_size, told.st_mtime_ns)

    def _ends_well(self, found: Found) -> bool:
        try:
            with (self._business / "InBox" / found.name).open("rb") as file:
                begin = file.read(4)
                file.seek(max(0, found.size - TAIL_BYTES))
                return ends_well(begin, file.read(TAIL_BYTES))
        except OSError:
            return True  # reading will say what is wrong


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
