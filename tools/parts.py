"""Parts of hand-written files that are generated: what stands between a line `generated: <name>` and the next line `end`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Parts = Mapping[str, Callable[[], str]]


def with_parts(
    text: str, parts: Parts, *, comment: tuple[str, str] = ("<!-- ", " -->"), gap: str = "\n"
) -> str:
    """The text with its parts renewed; the markers stand in comments of the file's own kind, at any indentation.

    `gap` stands between the first marker and the part. Raises LookupError when a part has no place or an end is missing.
    """
    for name, make in parts.items():
        begin, end = (f"{comment[0]}{word}{comment[1]}" for word in (f"generated: {name}", "end"))
        before, found, rest = text.partition(f"{begin}\n")
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise LookupError(f"{begin} … {end} is missing")
        indent = before[before.rfind("\n") + 1 :]
        text = f"{before}{begin}\n{gap}{make()}\n{indent}{end}{after}"
    return text
