"""The process that writes one list as a workbook and ends: `python -m services.query.list_process`.

In: a line of JSON with title and headings, then a line of JSON a row, which are written as they come. Out: the .xlsx.
A file that stops in the middle leaves nothing: the last line must be `null`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from backbone.child import confine
from customs.sheets.writing import write_list

_MOST_MEMORY = 768 * 1024**2
_MOST_SECONDS = 120
_MOST_DISK = 512 * 1024**2


class CutShort(Exception):
    """Whoever told the rows ended before the last."""


def main() -> None:
    """One list."""
    confine(memory_bytes=_MOST_MEMORY, seconds=_MOST_SECONDS, disk_bytes=_MOST_DISK)
    told = orjson.loads(sys.stdin.buffer.readline())
    with tempfile.TemporaryDirectory(prefix="bondgate-list-") as folder:
        tempfile.tempdir = folder
        target = Path(folder) / "list.xlsx"
        write_list(target, told["title"], told["headings"], _rows())
        with target.open("rb") as book:
            shutil.copyfileobj(book, sys.stdout.buffer)


def _rows() -> Iterator[Sequence[object]]:
    for line in sys.stdin.buffer:
        row = orjson.loads(line)
        if row is None:
            return
        yield row
    raise CutShort


if __name__ == "__main__":
    main()
