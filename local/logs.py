"""Reading the processes' logs: JSON lines become one readable line each, everything else stays as it is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

_FIRST = ("timestamp", "level", "event", "service")


def readable(line: str) -> str:
    """`20:23:05.123 info    job_done  lane=3100 tries=1` for a structured entry."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    clock = str(entry.get("timestamp", ""))[11:23].rstrip("Z")
    rest = " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in entry.items()
        if key not in _FIRST
    )
    return f"{clock} {entry.get('level', ''):<8}{entry['event']}  {rest}".rstrip()


def last_lines(path: Path, count: int) -> list[str]:
    """At most `count` lines from the end; reads no more of a large file than it must."""
    if count <= 0:
        return []
    with path.open("rb") as file:
        file.seek(0, 2)
        position, data = file.tell(), b""
        while position > 0 and data.count(b"\n") <= count:
            step = min(65_536, position)
            position -= step
            file.seek(position)
            data = file.read(step) + data
    return data.decode("utf-8", "replace").splitlines()[-count:]


def follow(path: Path) -> Iterator[str]:
    """New lines as they come, for ever; goes on with the new file after a rotation."""
    file = path.open(encoding="utf-8", errors="replace")
    file.seek(0, 2)
    part = ""
    while True:
        text = file.readline()
        if text:
            part += text
            if part.endswith("\n"):
                yield part.rstrip("\n")
                part = ""
            continue
        time.sleep(0.2)
        try:
            if path.stat().st_ino != _inode(file.fileno()) or path.stat().st_size < file.tell():
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue


def _inode(descriptor: int) -> int:
    return os.fstat(descriptor).st_ino
