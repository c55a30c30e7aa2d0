"""The ZIP around an upload: one XML of the same stem (four senders, H). Opened with bounds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.safe_xml import MAX_XML_BYTES

MAX_ZIP_BYTES = 20 * 1024 * 1024
_DIRECTORY_ENTRY = b"PK\x01\x02"
# Compressed bytes may hold the signature by chance; many of them are a directory made to exhaust the reader.
_MAX_SIGNATURES = 64
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a ZIP held."""

    name: str
    xml: bytes

    @property
    def stem(self) -> str:
        """The name without .xml."""
        return PurePosixPath(self.name).stem


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a ZIP file."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def pack(stem: str, xml: bytes) -> bytes:
    """A ZIP holding `<stem>.xml`. The same input gives the same bytes: no clock is in it."""
    entry = zipfile.ZipInfo(f"{stem}.xml", _FIRST_DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, xml)
    return packed.getvalue()


def unpack(data: bytes, stem: str | None = None) -> Unpacked:
    """The one XML inside; with `stem` its name must be `<stem>.xml`. Raises UnreadableError; never unpacks a bomb."""
    if len(data) > MAX_ZIP_BYTES:
        raise UnreadableError("too_large", size=len(data), limit=MAX_ZIP_BYTES)
    signatures = data.count(_DIRECTORY_ENTRY)
    if signatures > _MAX_SIGNATURES:
        raise UnreadableError("zip_entries", count=signatures)
    try:
        return _only_entry(data, stem)
    except _BROKEN:
        raise UnreadableError("bad_zip") from None


def _only_entry(data: bytes, stem: str | None) -> Unpacked:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) != 1:
            raise UnreadableError("zip_entries", count=len(entries))
        entry = entries[0]
        expected = f"{stem}.xml" if stem is not None else "*.xml"
        fits = entry.filename == expected if stem is not None else entry.filename.lower().endswith(".xml")
        if not fits or entry.is_dir():
            raise UnreadableError("zip_name", name=entry.filename, expected=expected)
        if entry.flag_bits & 1:
            raise UnreadableError("zip_encrypted")
        if entry.compress_type not in _PLAIN:
            raise UnreadableError("bad_zip")
        if entry.file_size > MAX_XML_BYTES:
            raise UnreadableError("too_large", size=entry.file_size, limit=MAX_XML_BYTES)
        with archive.open(entry) as opened:
            # The directory may lie about the size.
            xml = opened.read(MAX_XML_BYTES + 1)
    if len(xml) > MAX_XML_BYTES:
        raise UnreadableError("too_large", size=len(xml), limit=MAX_XML_BYTES)
    return Unpacked(entry.filename, xml)
