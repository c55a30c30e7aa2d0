"""Opening what lies in an OutBox: a ZIP that holds one XML of the same stem, within bounds."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

MAX_ZIP_BYTES = 20 * 1024 * 1024
MAX_XML_BYTES = 64 * 1024 * 1024
# Answers repeat the stem between a prefix and a time; file systems end at 255 bytes.
MAX_STEM_BYTES = 200
_CHUNK = 1024 * 1024
_END = b"PK\x05\x06"


class NotTakeableError(Exception):
    """The import client cannot take the file; `str()` says why, in Chinese. It belongs into FailBox."""


@dataclass(frozen=True)
class Parcel:
    """A file the import client could open. Hashes are SHA-256 in hex; `size` is that of the ZIP in bytes."""

    stem: str
    size: int
    sha256: str
    xml: bytes
    xml_sha256: str


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_parcel(path: Path) -> Parcel:
    """Read the file and unpack its XML; raises NotTakeableError, or FileNotFoundError when it has gone meanwhile."""
    if path.suffix.lower() != ".zip":
        raise NotTakeableError("文件不是ZIP压缩包")
    if len(os.fsencode(path.stem)) > MAX_STEM_BYTES:
        raise NotTakeableError(f"文件名超过{MAX_STEM_BYTES}字节")
    size = path.stat().st_size
    if size > MAX_ZIP_BYTES:
        raise NotTakeableError(f"压缩包超过{MAX_ZIP_BYTES}字节")
    packed = path.read_bytes()
    xml = _unpack(packed, path.stem)
    return Parcel(path.stem, len(packed), _sha256(packed), xml, _sha256(xml))


def _unpack(packed: bytes, stem: str) -> bytes:
    # The count is read before the directory: a hostile directory of a million entries is never built in memory.
    end = packed.rfind(_END, max(0, len(packed) - 65_557))
    if end < 0 or len(packed) - end < 22:
        raise NotTakeableError("文件不是完整的ZIP压缩包")
    (entries,) = struct.unpack_from("<H", packed, end + 10)
    if entries != 1:
        raise NotTakeableError("压缩包必须且只能包含一个XML文件")
    try:
        with zipfile.ZipFile(BytesIO(packed)) as archive:
            infos = archive.infolist()
            if len(infos) != 1:
                raise NotTakeableError("压缩包必须且只能包含一个XML文件")
            info = infos[0]
            if info.filename != f"{stem}.xml":
                raise NotTakeableError("压缩包内文件名与压缩包名不一致")
            if info.flag_bits & 0x1:
                raise NotTakeableError("压缩包已加密")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotTakeableError("压缩方式不支持")
            return _bounded(archive, info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error) as error:
        raise NotTakeableError("文件不是完整的ZIP压缩包") from error


def _bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    parts: list[bytes] = []
    total = 0
    with archive.open(info) as stream:
        # Counted while it unpacks: the size in the directory is the sender's word only.
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if total > MAX_XML_BYTES:
                raise NotTakeableError(f"XML超过{MAX_XML_BYTES}字节")
            parts.append(chunk)
    return b"".join(parts)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
