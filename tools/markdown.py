"""Markdown of derived pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make contracts`; edit the source it names instead. -->\n"


def cell(value: object) -> str:
    """A value as one cell of a table."""
    return str(value).replace("|", "\\|").replace("\n", " ").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def page(title: str, source: str, *parts: str) -> str:
    """A page that says what it is derived from."""
    return "\n".join([f"# {title}\n", GENERATED, f"Source: {source}.\n", *parts])
