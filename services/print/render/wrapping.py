"""Breaking text into lines by the widths of its characters, with the Chinese rules for the ends of a line."""

from __future__ import annotations

import re
from collections.abc import Mapping

Lines = tuple[str, ...]

# What stays together: a short remark in brackets, an opening bracket with what follows, a word or one character, closing marks with what precedes.
_PIECE = re.compile(
    r" +|\([^()]{1,8}\)|[（《【“‘「『〔]*(?:[!-~]*?[|/,;:\-](?![|/,;:\-])|[!-~]+|[^ ])[，。、；：！？）》】”’」』〕…]*"
)


class Wrapper:
    """Wraps text of one face; remembers what it wrapped, since units, countries and names repeat row by row."""

    def __init__(self, widths: Mapping[str, int]) -> None:
        self._widths = widths
        self._memory: dict[tuple[str, int], Lines] = {}

    def width(self, text: str) -> int:
        """Width in thousandths of the size; a character of another face counts as a full one."""
        get = self._widths.get
        return sum([get(character, 1000) for character in text])

    def wrap(self, text: str, points: float, size: float) -> Lines:
        """Lines no wider than `points` at `size`; () for no text. A single character is never refused."""
        if not text:
            return ()
        room = int(points * 1000 / size)
        known = self._memory.get((text, room))
        if known is None:
            known = self._wrapped(text, room)
            if len(self._memory) < 50_000:
                self._memory[text, room] = known
        return known

    def balanced(self, text: str, points: float, size: float) -> Lines:
        """The same number of lines as `wrap`, of more even length: no single character on the last."""
        lines = self.wrap(text, points, size)
        while len(lines) > 1:
            points -= size / 2
            narrower = self.wrap(text, points, size)
            if len(narrower) > len(lines) or any(
                self.width(line) * size > points * 1000 for line in narrower
            ):
                break
            lines = narrower
        return lines

    def _wrapped(self, text: str, room: int) -> Lines:
        if "\n" not in text and self.width(text) <= room:
            return (text,)
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += self._paragraph(paragraph, room)
        return tuple(lines)

    def _paragraph(self, text: str, room: int) -> list[str]:
        lines: list[str] = []
        line, used = "", 0
        for piece in _PIECE.findall(text):
            width = self.width(piece)
            if used + width <= room:
                line, used = line + piece, used + width
                continue
            if piece.isspace():
                # The blank at which a line ends is not carried over.
                lines.append(line)
                line, used = "", 0
                continue
            if line.strip():
                lines.append(line.rstrip())
            *full, line = self._chopped(piece, room)
            lines += full
            used = self.width(line)
        lines.append(line.rstrip())
        return lines

    def _chopped(self, piece: str, room: int) -> list[str]:
        """A piece wider than the line, cut wherever it is full."""
        parts, start, used = [], 0, 0
        for place, character in enumerate(piece):
            width = self._widths.get(character, 1000)
            if used + width > room and place > start:
                parts.append(piece[start:place])
                start, used = place, 0
            used += width
        parts.append(piece[start:])
        return parts
