"""Bands onto pages: where each lies, and the repeated heads. Pure geometry; y runs downwards from the top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.print.render.bands import Band, Block, height_of

BLOCK_GAP = 7.0


@dataclass(slots=True)
class Page:
    """One page's bands with the distance of their upper edge from the top of the sheet."""

    bands: list[tuple[float, Band]] = field(default_factory=list)


@dataclass(slots=True)
class Flow:
    """Fills page after page between `top` and `bottom`; the first page begins lower, under the title."""

    first_top: float
    top: float
    bottom: float
    pages: list[Page] = field(default_factory=list)
    _y: float = 0.0

    def place(self, blocks: Sequence[Block]) -> list[Page]:
        """All blocks on as many pages as they need."""
        self._turn()
        for number, block in enumerate(blocks):
            if number:
                self._y += BLOCK_GAP
            self._block(block)
        return self.pages

    def _turn(self) -> None:
        self._y = self.top if self.pages else self.first_top
        self.pages.append(Page())

    def _room(self) -> float:
        return self.bottom - self._y

    def _put(self, band: Band) -> None:
        self.pages[-1].bands.append((self._y, band))
        self._y += band.height

    def _block(self, block: Block) -> None:
        lead = [*block.opening, *block.head]
        first = block.bands[0].height if block.bands else 0.0
        # A head alone at the foot of a page is of no use to anyone.
        whole_page = self.bottom - self.top
        if sum(band.height for band in lead) + min(first, whole_page / 3) > self._room():
            self._turn()
        for band in lead:
            self._put(band)
        for band in block.bands:
            self._band(band, block.head)

    def _band(self, band: Band, head: tuple[Band, ...]) -> None:
        while band.height > self._room():
            fits_alone = band.height <= self.bottom - self.top - sum(strip.height for strip in head)
            parts = None if fits_alone else _split(band, self._room())
            if parts is not None:
                self._put(parts[0])
                band = parts[1]
            self._turn()
            for strip in head:
                self._put(strip)
        self._put(band)


def _split(band: Band, room: float) -> tuple[Band, Band] | None:
    """The band's lines that fit and those that do not; None when not even one does."""
    leading = max(slot.style.leading for slot in band.slots)
    count = math.floor((room - height_of(band.slots, [()] * len(band.slots))) / leading) + 1
    if count < 1:
        return None
    upper, lower = tuple(cell[:count] for cell in band.lines), tuple(cell[count:] for cell in band.lines)
    return (
        Band(band.slots, upper, height_of(band.slots, upper), band.ruled),
        Band(band.slots, lower, height_of(band.slots, lower), band.ruled),
    )
