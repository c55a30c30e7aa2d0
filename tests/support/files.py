"""Small files of every type that may be attached, no two alike, and settings of where they are kept."""

from __future__ import annotations

import io
import zipfile
from uuid import uuid4

from backbone.objects import ObjectStoreSettings

HEADS = {
    "pdf": b"%PDF-1.7\n",
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "tif": b"II*\x00\x08\x00\x00\x00",
}
MEMBERS = {
    "xlsx": ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"),
    "docx": ("[Content_Types].xml", "word/document.xml"),
    "ofd": ("OFD.xml", "Doc_0/Document.xml"),
}


def sample(suffix: str, size: int = 0) -> bytes:
    """A file of this type with at least `size` bytes."""
    if suffix in MEMBERS:
        return package(*MEMBERS[suffix], padding=size)
    content = HEADS[suffix] + uuid4().hex.encode()
    return content + b"\n" * max(0, size - len(content))


def package(*names: str, padding: int = 0, comment: bytes = b"") -> bytes:
    """A ZIP with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, uuid4().hex)
        if padding:
            archive.writestr("padding.bin", b"\0" * padding)
        archive.comment = comment
    return out.getvalue()


def object_settings(**more: object) -> ObjectStoreSettings:
    """Settings whose other parts nobody uses."""
    required = {
        "database_url": "postgresql://a@h/d",
        "worker_database_url": "postgresql://w@h/d",
        "kafka_bootstrap_servers": "h:1",
        "jwks_url": "http://h/jwks",
        "port": 1,
    }
    return ObjectStoreSettings.model_validate({**required, **more})
