"""Faces for the PDF: static cuts of the variable Noto Sans SC that the lock file brings.

ReportLab cannot use a variable font: it would print its lightest weight. Cutting all 31,000 glyphs takes 16 s a weight,
so the usual characters (GB 2312 and what the pages themselves say) are cut once into a folder and kept; a rarer
character costs its document a third of a second, a character of no face a 〓.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import justmytype_intl_cjk
from fontTools import subset
from fontTools.ttLib import TTFont as FontFile
from fontTools.varLib import instancer
from reportlab.pdfbase.ttfonts import TTFont

from customs.codes import TABLES
from customs.documents import KINDS
from services.print.layouts import LAYOUTS
from services.print.layouts.parts import Pairs
from services.print.layouts.receipts import ANSWER_COLUMNS
from services.print.render.words import Words

REPLACEMENT = "〓"
"""The printer's sign for a missing type."""
_FAMILIES = ("notosanssc", "notosanstc", "notosansjp", "notosanskr")
_WEIGHTS = {"regular": 400, "bold": 600}
_EDITION = 1
"""Grows when other characters are cut, so that kept cuts are made anew."""
_rare_numbers = itertools.count(1)
_BEYOND = re.compile(r"<([0-9A-F]{5,6})>")
# U+0085 among them: whatever splitting takes for a blank must be one here too, or a line end would swallow it.
_BLANKS = re.compile("[\t\r\x85\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufe00-\ufe0f\ufeff]")


class _TrueType(TTFont):  # type: ignore[misc]
    """ReportLab writes characters beyond U+FFFF into the text layer as one number where PDF asks for UTF-16."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = _BEYOND.sub(_utf16, stream.content)


def _utf16(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


@dataclass(slots=True)
class Face:
    """A registered face. `widths`: advance by character, in thousandths of the size."""

    font: TTFont
    widths: dict[str, int]

    @property
    def name(self) -> str:
        """The name ReportLab knows it by."""
        return str(self.font.fontName)


@dataclass(slots=True)
class Faces:
    """Regular and bold, and what a document needs beside them."""

    regular: Face
    bold: Face
    extra: tuple[Face, ...] = ()

    def with_rare(self, characters: Iterable[str]) -> Faces:
        """These faces and one more for each family that has some of the characters missing here."""
        missing = set(characters) - self.regular.widths.keys() - {"\n"}
        found: list[Face] = []
        for family in _FAMILIES:
            if not missing:
                break
            available = missing & _characters_of(family)
            if available:
                # ReportLab never lets a name's first face go, so no two documents may share one.
                name = f"rare-{next(_rare_numbers)}"
                found.append(_face(name, _cut(family, available, _WEIGHTS["regular"], name)))
                missing -= available
        return Faces(self.regular, self.bold, tuple(found))


def printable(text: str) -> str:
    """The text with every kind of blank as a plain space and invisible marks gone."""
    return text if text.isascii() and text.isprintable() else _BLANKS.sub(_plain_blank, text)


def _plain_blank(found: re.Match[str]) -> str:
    character = found[0]
    return "" if character in "\r\u200b\u200c\u200d\u200e\u200f\ufeff" or character >= "\ufe00" else " "


def load(folder: Path) -> Faces:
    """The usual faces, cut into `folder` when they are not there yet (about 5 s)."""
    usual = _usual_characters()
    return Faces(
        regular=_face("regular", _kept(folder, "regular", usual)),
        bold=_face("bold", _kept(folder, "bold", _own_words())),
    )


def _kept(folder: Path, weight: str, characters: frozenset[str]) -> bytes:
    source = _path_of(_FAMILIES[0])
    size = source.stat().st_size
    said = f"{_EDITION} {size} {_WEIGHTS[weight]} {''.join(sorted(characters))}"
    path = folder / f"NotoSansSC-{weight}-{hashlib.sha256(said.encode()).hexdigest()[:12]}.ttf"
    if path.exists():
        return path.read_bytes()
    data = _cut(_FAMILIES[0], characters, _WEIGHTS[weight], weight)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{weight}-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)
    return data


def _cut(family: str, characters: Iterable[str], weight: int, name: str) -> bytes:
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "VVAR", "DSIG", "prep", "gasp"],
    )
    font = FontFile(_path_of(family), lazy=True)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes={ord(character) for character in characters})
    chosen.subset(font)
    instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
    # ReportLab tells faces apart by this name and would embed one of two that share it.
    for number in (1, 4, 6):
        font["name"].setName(f"BondgateSans-{name}", number, 3, 1, 0x409)
    data = BytesIO()
    font.save(data)
    return data.getvalue()


def _face(name: str, data: bytes) -> Face:
    font = _TrueType(name, BytesIO(data), shapable=False)
    widths = {chr(code): round(width) for code, width in font.face.charWidths.items()}
    return Face(font, widths)


@cache
def _path_of(family: str) -> Path:
    folder = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / family
    return next(folder.glob("*.ttf"))


@cache
def _characters_of(family: str) -> frozenset[str]:
    with FontFile(_path_of(family), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def _own_words() -> frozenset[str]:
    """Characters of labels, code tables and states: what pages say by themselves, also in bold."""
    words = [chr(code) for code in range(0x20, 0x7F)]
    words += [REPLACEMENT, "、；", *Words, *(column.label for column in ANSWER_COLUMNS)]
    for kind in KINDS.values():
        words.append(kind.label)
        words += [state.label for state in kind.life.states.values()]
        words += [later.label for later in kind.life.rounds.values()]
        words += [section.label for section in kind.sections]
        words += [spec.label for _, spec in kind.fields()]
    for layout in LAYOUTS.values():
        words += [block.heading for block in layout.blocks if isinstance(block, Pairs)]
        if layout.title_code:
            section, name = layout.title_code
            table = TABLES[str(KINDS[layout.kind].section(section).fields[name].table)]
            words += [row.name for row in table]
    return frozenset("".join(words))


def _usual_characters() -> frozenset[str]:
    names = "".join(row.name for table in TABLES.values() for row in table)
    level_one_and_two = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    chinese = "".join(pair.decode("gb2312", errors="ignore") for pair in level_one_and_two)
    western = "".join(map(chr, [*range(0xA1, 0x250), *range(0x2010, 0x2028), *range(0x2030, 0x205F)]))
    symbols = "".join(map(chr, [*range(0x20A0, 0x20C0), *range(0x2100, 0x2150), *range(0x2460, 0x2500)]))
    return _own_words() | frozenset(names + chinese + western + symbols)
