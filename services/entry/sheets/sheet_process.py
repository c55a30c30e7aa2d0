"""The process that reads and writes one workbook and ends: `python -m services.entry.sheets.sheet_process`.

It gets no secrets and no connection, may use so much memory and time, and is killed by whoever started it when it takes
longer. In: a line of JSON that says what to do, then bytes. Out: bytes. Ends with UNREADABLE when the file is at fault.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

import orjson

from backbone.child import confine
from customs.codes import placing
from customs.documents import KINDS
from customs.sheets.headings import ColumnMap
from customs.sheets.reading import UnreadableBook
from customs.sheets.taking import take
from customs.sheets.telling import told
from customs.sheets.writing import write_document, write_list, write_template
from services.entry.sheets import opening_sheets

UNREADABLE = 3
_MOST_MEMORY = 1024**3
"""Of addresses; a document of 10,000 rows of every column needs a fifth of it."""
_MOST_SECONDS = 120
_MOST_DISK = 512 * 1024**2


def main() -> None:
    """One order."""
    confine(memory_bytes=_MOST_MEMORY, seconds=_MOST_SECONDS, disk_bytes=_MOST_DISK)
    order = orjson.loads(sys.stdin.buffer.readline())
    placing.take_over(order["editions"])
    given = sys.stdin.buffer.read()
    try:
        said = _done(order, given)
    except UnreadableBook as fault:
        sys.stdout.buffer.write(str(fault).encode())
        sys.stdout.flush()
        sys.exit(UNREADABLE)
    sys.stdout.buffer.write(said)


def _done(order: dict[str, object], given: bytes) -> bytes:
    if order["do"] == "openings":
        return opening_sheets.read(str(order["book_no"]), given)
    if order["do"] == "list":
        return _list(str(order["title"]), orjson.loads(given))
    kind = KINDS[str(order["kind"])]
    if order["do"] == "take":
        maps = order["maps"]
        assert isinstance(maps, dict)
        section = order["section"]
        chosen = {name: ColumnMap(each["columns"], each["sheet"]) for name, each in maps.items()}
        return told(take(kind, given, maps=chosen, section=None if section is None else str(section)))
    with tempfile.TemporaryDirectory(prefix="bondgate-sheet-") as folder:
        tempfile.tempdir = folder
        target = Path(folder) / "book.xlsx"
        if order["do"] == "document":
            write_document(target, kind, orjson.loads(given))
            return target.read_bytes()
        sections = order["sections"]
        book = BytesIO()
        write_template(book, kind, [str(name) for name in sections] if isinstance(sections, list) else None)
        return book.getvalue()


def _list(title: str, told: dict[str, list[list[object]]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="bondgate-sheet-") as folder:
        tempfile.tempdir = folder
        target = Path(folder) / "book.xlsx"
        write_list(target, title, [str(each) for each in told["headings"][0]], told["rows"])
        return target.read_bytes()


if __name__ == "__main__":
    main()
