"""An import client as a site has it: takes what comes into OutBox, answers into InBox, and counts both."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from customs.singlewindow.folders import BOXES, BUSINESS_FOLDER


class ImportClient:
    """`fails`: every file goes to FailBox. `clears`: SentBox is emptied at once. `pauses`: it takes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: Counter[str] = Counter()
        self.sha256: dict[str, str] = {}
        self.most_waiting = 0
        self.fails = self.clears = self.pauses = False
        for name in BOXES:
            self.box(name).mkdir(parents=True, exist_ok=True)

    def box(self, name: str) -> Path:
        return self.folder / BUSINESS_FOLDER / name

    def work(self, stop: Event) -> None:
        while not stop.is_set():
            found = sorted(self.box("OutBox").glob("*.zip"))
            self.most_waiting = max(self.most_waiting, len(found))
            for path in [] if self.pauses else found:
                self._take(path)
            time.sleep(0.02)

    def _take(self, path: Path) -> None:
        data = path.read_bytes()
        self.taken[path.name] += 1
        self.sha256[path.name] = hashlib.sha256(data).hexdigest()
        target = self.box("FailBox" if self.fails else "SentBox") / path.name
        if self.clears and not self.fails:
            path.unlink()
        else:
            path.rename(target)
        if not self.fails:
            self.answer(path.stem)

    def answer(self, stem: str) -> Path:
        """The acknowledgement of the data centre; written as clients do, in one go under its name."""
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><CommonResponeMessage><SeqNo>'
            f"{int(hashlib.sha256(stem.encode()).hexdigest(), 16) % 10**18:018d}"
            f"</SeqNo><EtpsPreentNo>{stem}</EtpsPreentNo><CheckInfo></CheckInfo><DealFlag>0</DealFlag></CommonResponeMessage>"
        )
        path = self.box("InBox") / f"Successed_{stem}_{time.time_ns()}.xml"
        hidden = path.with_name("." + path.name)
        hidden.write_text(text, encoding="utf-8")
        return hidden.rename(path)


@contextmanager
def working_client(folder: Path) -> Iterator[ImportClient]:
    client, stop = ImportClient(folder), Event()
    thread = Thread(target=client.work, args=(stop,), daemon=True)
    thread.start()
    try:
        yield client
    finally:
        stop.set()
        thread.join(10)
