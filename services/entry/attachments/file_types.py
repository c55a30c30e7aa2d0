"""Which kind of file bytes are, by looking at them; the name of a file is only what somebody says about it.

The look is bounded: the first bytes, and for packages (ZIP) their list of members, which is never unpacked.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO

_HEAD_BYTES = 16
# End of central directory (APPNOTE 4.3.16): 22 bytes and a comment of at most 65,535.
_END = struct.Struct("<4s4H2LH")
_END_MARK, _END_REACH = b"PK\x05\x06", 22 + 65_535
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MARK = b"PK\x01\x02"
_MOST_LIST_BYTES = 1024 * 1024
_MOST_UNPACKED = 512 * 1024 * 1024
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that may be attached. `suffixes` are the endings a name of it has."""

    label: str
    media_type: str
    suffixes: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = FileType("PDF", "application/pdf", (".pdf",))
JPEG = FileType("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif"))
PNG = FileType("PNG", "image/png", (".png",))
TIFF = FileType("TIFF", "image/tiff", (".tif", ".tiff"))
OFD = FileType("OFD", "application/ofd", (".ofd",))
XLSX = FileType("XLSX", f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",))
DOCX = FileType("DOCX", f"{_OFFICE}.wordprocessingml.document", (".docx",))

FILE_TYPES = (PDF, JPEG, PNG, TIFF, OFD, XLSX, DOCX)
BY_SUFFIX: Mapping[str, FileType] = MappingProxyType({s: each for each in FILE_TYPES for s in each.suffixes})
_BY_HEAD = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
# Members that make a package what it is, and those that make it something else (macros run when it is opened).
_PACKAGES: tuple[tuple[frozenset[str], frozenset[str], FileType], ...] = (
    (frozenset({"[Content_Types].xml", "xl/workbook.xml"}), frozenset({"xl/vbaProject.bin"}), XLSX),
    (frozenset({"[Content_Types].xml", "word/document.xml"}), frozenset({"word/vbaProject.bin"}), DOCX),
    (frozenset({"OFD.xml"}), frozenset(), OFD),
)


def suffix_of(file_name: str) -> str:
    """With its dot and in small letters; "" for a name without one."""
    return PurePosixPath(file_name).suffix.lower()


def recognised(path: Path) -> FileType | None:
    """What the file is; None for anything that may not be attached."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        for mark, found in _BY_HEAD:
            if head.startswith(mark):
                return found
        if head.startswith(b"PK\x03\x04"):
            names = _members(file)
            for needed, forbidden, found in _PACKAGES:
                if needed <= names and not forbidden & names:
                    return found
    return None


def _members(file: BinaryIO) -> frozenset[str]:
    """Names in a package; none for one that is damaged, encrypted, huge when unpacked, or split (ZIP64 included)."""
    nothing: frozenset[str] = frozenset()
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_REACH))
    tail = file.read(_END_REACH)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        return nothing
    _, disk, first_disk, here, count, listed, offset, comment = _END.unpack_from(tail, at)
    end = size - len(tail) + at
    whole = end + _END.size + comment == size and offset + listed == end
    if not whole or disk or first_disk or here != count or listed > _MOST_LIST_BYTES:
        return nothing
    file.seek(offset)
    entries = file.read(listed)
    names = set()
    unpacked = place = 0
    for _ in range(count):
        if len(entries) - place < _ENTRY.size:
            return nothing
        fields = _ENTRY.unpack_from(entries, place)
        mark, flags, length = fields[0], fields[3], fields[9]
        name_bytes, extra_bytes, comment_bytes = fields[10:13]
        unpacked += length
        if mark != _ENTRY_MARK or flags & _ENCRYPTED or unpacked > _MOST_UNPACKED:
            return nothing
        place += _ENTRY.size
        names.add(entries[place : place + name_bytes].decode("utf-8", "replace"))
        place += name_bytes + extra_bytes + comment_bytes
    return frozenset(names) if place == listed else nothing
