"""Writing an edition of a code table into the release: the rows, and which edition they are."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

from customs.codes import Code, Table


def as_csv(table: Table, rows: Iterable[Code]) -> str:
    """The rows in the form of tables/<name>.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    for row in rows:
        writer.writerow([getattr(row, column) or "" for column in table.columns])
    return text.getvalue()


def replace_file(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def with_edition(declared: str, table_name: str, edition: str) -> str:
    """tables.toml with another edition for this table. Raises ValueError when the table's edition is not found."""
    if '"' in edition or "\\" in edition or not edition.isprintable():
        raise ValueError("edition")
    found = re.search(
        rf'^\[{re.escape(table_name)}\]\n(?:[^\[].*\n)*?edition = "([^"\n]*)"', declared, re.MULTILINE
    )
    if found is None:
        raise ValueError(table_name)
    return declared[: found.start(1)] + edition + declared[found.end(1) :]
