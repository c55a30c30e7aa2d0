"""The four boxes of a mailbox: `<exchange>/<mailbox>/Sas/{OutBox,SentBox,FailBox,InBox}`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

BOXES = ("OutBox", "SentBox", "FailBox", "InBox")
# Left alone in OutBox: still being written, by the usual names for that.
_UNFINISHED = re.compile(r"(^[.~])|(\.(tmp|temp|part|partial|writing|filepart|crdownload)$)", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A file seen in an OutBox; `signature` changes while somebody writes it."""

    path: Path
    inode: int
    signature: tuple[int, int, int]


class Mailbox:
    """One card holder's folders. Making it makes the boxes."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._boxes = {box: folder / "Sas" / box for box in BOXES}
        self.ensure()

    def ensure(self) -> None:
        """Make the boxes that are missing."""
        for box in self._boxes.values():
            box.mkdir(parents=True, exist_ok=True)

    def waiting(self) -> list[Found]:
        """Files in OutBox, the oldest first."""
        found: list[tuple[int, str, Found]] = []
        with os.scandir(self._boxes["OutBox"]) as entries:
            for entry in entries:
                if _UNFINISHED.search(entry.name):
                    continue
                try:
                    if not entry.is_file(follow_symlinks=False):
                        continue
                    stat = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                signature = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
                found.append((stat.st_mtime_ns, entry.name, Found(Path(entry.path), stat.st_ino, signature)))
        found.sort(key=lambda item: item[:2])
        return [item[2] for item in found]

    def outbox_file(self, file_name: str) -> Path:
        """Where a file of that name stands while it waits."""
        return self._boxes["OutBox"] / file_name

    def move(self, file_name: str, box: str) -> None:
        """From OutBox into `box`, over a file of the same name; FileNotFoundError when it has gone."""
        (self._boxes["OutBox"] / file_name).replace(self._boxes[box] / file_name)

    def put(self, file_name: str, body: bytes) -> None:
        """Into InBox under a temporary name, then renamed: nobody sees half of it."""
        target = self._boxes["InBox"] / file_name
        unfinished = target.with_name(file_name + ".tmp")
        unfinished.write_bytes(body)
        unfinished.replace(target)

    def begin(self, file_name: str) -> Path:
        """An empty file under its final name in InBox, for writing bit by bit."""
        target = self._boxes["InBox"] / file_name
        target.write_bytes(b"")
        return target


def discover(exchange: Path, known: dict[str, Mailbox]) -> None:
    """Add the mailboxes that have appeared under `exchange`; hidden folders and plain files are none."""
    with os.scandir(exchange) as entries:
        names = [
            e.name
            for e in entries
            if not e.name.startswith(".") and e.name.isprintable() and e.is_dir(follow_symlinks=False)
        ]
    for name in names:
        if name not in known:
            known[name] = Mailbox(exchange / name)
    for name in known.keys() - set(names):
        del known[name]
