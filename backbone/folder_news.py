"""What the kernel tells of files that come into folders, so that a look need not wait for the clock.

It tells nothing of what other machines do on a network share, and may lose events: looks go on, only more rarely where the
file system is a local one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backbone import log

if TYPE_CHECKING or sys.platform == "linux":
    from inotify_simple import INotify, flags

    _CAME = flags.CLOSE_WRITE | flags.MOVED_TO | flags.ONLYDIR

QUIET_SECONDS = 5.0
"""Between looks into a folder that is told of and where nothing goes on."""

Tell = Callable[[str | None, bool], None]
"""Called with the name of a file that came, and whether it came whole, by a rename; None for whatever it was."""

# Of what a share of another machine is there is no end; these are local for certain.
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "overlay"})
_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Followed:
    """A folder the kernel tells of. `surely`: on a local file system, where all that comes is told."""

    identity: tuple[int, int]
    watch: int
    surely: bool


class FolderNews:
    """One for a process; folders are followed from any thread, and told of in the loop while `run` runs."""

    name = "folder-news"

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._kernel = _kernel()
        self._tells: dict[int, Tell] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        loop = asyncio.get_running_loop()
        if self._kernel is not None:
            loop.add_reader(self._kernel.fileno(), self._hear)
        self.ready.set()
        try:
            await stop.wait()
        finally:
            self.ready.clear()
            if self._kernel is not None:
                loop.remove_reader(self._kernel.fileno())

    def follow(self, folder: int, tell: Tell, before: Followed | None) -> Followed | None:
        """Follow an opened folder; `before` is what was followed in its place. None where the kernel tells nothing."""
        if self._kernel is None:
            return None
        found = os.fstat(folder)
        identity = (found.st_dev, found.st_ino)
        if before is not None:
            if before.identity == identity and before.watch in self._tells:
                return before
            self.leave(before)
        try:
            watch = self._kernel.add_watch(f"/proc/self/fd/{folder}", _CAME)
        except OSError as error:
            log.get().info("folder_not_followed", reason=os.strerror(error.errno or errno.EIO))
            return None
        self._tells[watch] = tell
        return Followed(identity, watch, _is_local(found.st_dev))

    def leave(self, followed: Followed) -> None:
        if self._kernel is not None and self._tells.pop(followed.watch, None) is not None:
            # It may have gone with its folder.
            with contextlib.suppress(OSError):
                self._kernel.rm_watch(followed.watch)

    def _hear(self) -> None:
        assert self._kernel is not None
        for event in self._kernel.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW:
                for tell in list(self._tells.values()):
                    tell(None, False)
            elif event.mask & flags.IGNORED:
                if (tell_last := self._tells.pop(event.wd, None)) is not None:
                    tell_last(None, False)
            elif (tell_one := self._tells.get(event.wd)) is not None:
                tell_one(event.name, bool(event.mask & flags.MOVED_TO))


def _kernel() -> INotify | None:
    if sys.platform != "linux":
        return None
    try:
        return INotify(nonblocking=True)
    except OSError as error:
        log.get().warning("folders_not_followed", reason=os.strerror(error.errno or errno.EIO))
        return None


def _is_local(device: int) -> bool:
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    for line in mounts.splitlines():
        mount, _, kind = line.partition(" - ")
        if mount.split()[2] == wanted:
            return kind.split()[0] in _LOCAL
    return False
