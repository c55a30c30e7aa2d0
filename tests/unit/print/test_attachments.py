"""Files that somebody else made: shown as pages, told where they cannot be, and never acting."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from services.print.render import attachments
from services.print.render.attachments import attach
from services.print.render.fonts import Faces
from services.print.subject import AttachmentPart
from tests.support.prints import names_in

ACTING = {
    "/JavaScript",
    "/JS",
    "/EmbeddedFiles",
    "/EF",
    "/OpenAction",
    "/AA",
    "/Launch",
    "/Link",
    "/AcroForm",
}
SHA256 = "0123456789abcdef" * 4


def part(media_type: str = "application/pdf", name: str = "商业发票.pdf", reason: str = "") -> AttachmentPart:
    return AttachmentPart(
        type_label="发票", file_name=name, media_type=media_type, size=1234, sha256=SHA256, reason=reason
    )


def attached(faces: Faces, folder: Path, content: bytes, given: AttachmentPart) -> PdfReader:
    source, path = folder / "source", folder / "out.pdf"
    source.write_bytes(content)
    pages = attach(faces, given, source, path)
    reader = PdfReader(path)
    assert len(reader.pages) == pages
    first = said(reader)
    for fact in ("随附单据", given.type_label, given.file_name, SHA256):
        assert fact in first
    return reader


def said(reader: PdfReader) -> str:
    return "".join(reader.pages[0].extract_text().split())


def written(writer: PdfWriter) -> bytes:
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def rectangle(subtype: str, content: bytes) -> DictionaryObject:
    """An annotation that looks like `content`, with an action of every sort."""
    looks = StreamObject()
    looks.set_data(content)
    looks.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject([FloatObject(each) for each in (0, 0, 50, 50)]),
        }
    )
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject(subtype),
            NameObject("/Rect"): ArrayObject([FloatObject(each) for each in (10, 10, 60, 60)]),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): looks}),
            NameObject("/A"): script,
            NameObject("/AA"): DictionaryObject({NameObject("/O"): script}),
        }
    )


def test_pages_of_a_pdf_follow_their_facts(faces: Faces, tmp_path: Path) -> None:
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(300, 200)
    reader = attached(faces, tmp_path, written(writer), part())
    assert len(reader.pages) == 4
    assert "以下3页" in said(reader)
    assert [float(each) for each in reader.pages[1].mediabox[2:]] == [300, 200]


def test_nothing_that_acts_comes_along_and_seals_do(faces: Faces, tmp_path: Path) -> None:
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    seal, link = rectangle("/Widget", b"1 0 0 rg 0 0 50 50 re f"), rectangle("/Link", b"0 1 0 rg")
    page[NameObject("/Annots")] = ArrayObject([seal, link])
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): seal["/A"]})
    # A name of the file's own that looks like an entry of PDF's must stay.
    looks: Any = seal["/AP"]
    form = looks["/N"]
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/A"): form})}
    )
    writer._root_object[NameObject("/OpenAction")] = seal["/A"].get_object()
    writer.add_attachment("hidden.exe", b"MZ")
    content = written(writer)
    assert names_in(PdfReader(io.BytesIO(content))) >= {
        "/JavaScript",
        "/JS",
        "/EmbeddedFiles",
        "/OpenAction",
        "/AA",
    }
    reader = attached(faces, tmp_path, content, part())
    assert not names_in(reader) & ACTING
    shown: Any = reader.pages[1]
    (only,) = (each.get_object() for each in shown["/Annots"])
    assert only["/Subtype"] == "/Stamp"
    assert b"1 0 0 rg" in only["/AP"]["/N"].get_data()
    assert "/A" in shown["/Resources"]["/XObject"]


def encrypted() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    return written(writer)


@pytest.mark.parametrize(
    ("content", "given", "reason"),
    [
        (b"%PDF-1.7\nrubbish", part(), "文件损坏"),
        (encrypted(), part(), "文件已加密"),
        (b"PK\x03\x04", part("application/vnd.ms-excel", "装箱单.xlsx"), "此类文件（XLSX）"),
        (b"\x89PNG\r\n\x1a\nrubbish", part("image/png", "照.png"), "文件损坏或不是有效的PNG"),
        (b"", part(reason="附件的内容无法取得"), "附件的内容无法取得"),
    ],
)
def test_what_cannot_be_shown_is_told(
    faces: Faces, tmp_path: Path, content: bytes, given: AttachmentPart, reason: str
) -> None:
    reader = attached(faces, tmp_path, content, given)
    assert len(reader.pages) == 1
    assert reason in said(reader)
    assert "内容未附" in said(reader)


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("TIFF", "1")])
def test_pictures_become_pages(faces: Faces, tmp_path: Path, form: str, mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (400, 300)).save(data, form)
    reader = attached(faces, tmp_path, data.getvalue(), part(f"image/{form.lower()}", f"照片.{form}"))
    assert len(reader.pages) == 2
    assert len(reader.pages[1].images) == 1


def test_a_scan_of_several_pages(faces: Faces, tmp_path: Path) -> None:
    data = io.BytesIO()
    pictures = [Image.new("L", (300, 400), shade) for shade in (0, 100, 200)]
    pictures[0].save(data, "TIFF", save_all=True, append_images=pictures[1:])
    assert len(attached(faces, tmp_path, data.getvalue(), part("image/tiff", "扫描.tif")).pages) == 4


def test_a_picture_that_unpacks_to_too_much_is_not_unpacked(faces: Faces, tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(data, "PNG")
    assert len(data.getvalue()) < 100_000
    reader = attached(faces, tmp_path, data.getvalue(), part("image/png", "大.png"))
    assert "图像过大（144,000,000像素）" in said(reader)


def test_a_pdf_that_unpacks_to_too_much_is_told(faces: Faces, tmp_path: Path) -> None:
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    stream = StreamObject()
    stream._data = zlib.compress(b"q Q " * 30_000_000)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    page[NameObject("/Contents")] = writer._add_object(stream)
    content = written(writer)
    assert len(content) < 1_000_000
    reader = attached(faces, tmp_path, content, part())
    assert len(reader.pages) == 1
    assert "内容解开后过大" in said(reader)


def test_a_file_of_too_many_pages_is_cut_and_says_so(
    faces: Faces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_PAGES", 5)
    writer = PdfWriter()
    for _ in range(8):
        writer.add_blank_page(100, 100)
    reader = attached(faces, tmp_path, written(writer), part())
    assert len(reader.pages) == 6
    assert "共8页，只附前5页" in said(reader)
