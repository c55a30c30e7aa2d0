"""Finished parts to one PDF with a bookmark for each, behind a table of contents where one is wanted."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from services.print.render.facts import cover
from services.print.render.fonts import Faces
from services.print.render.sheet import Progress
from services.print.render.words import Words
from services.print.subject import Assembly


def assemble(faces: Faces, assembly: Assembly, printed_on: str, path: Path, progress: Progress) -> int:
    """Write the file; answers how many pages it has."""
    writer = PdfWriter()
    if assembly.cover:
        _put_cover(faces, assembly, printed_on, writer)
    document = None
    for number, entry in enumerate(assembly.entries, start=1):
        if entry.path is not None and assembly.contents:
            at = len(writer.pages)
            writer.append(entry.path, import_outline=False)
            bookmark = writer.add_outline_item(
                title=entry.title, page_number=at, parent=document if entry.level else None
            )
            document = document if entry.level else bookmark
        progress(number, len(assembly.entries))
    writer.add_metadata({"/Creator": "Bondgate", "/Title": assembly.title})
    writer.write(path)
    return len(writer.pages)


def _put_cover(faces: Faces, assembly: Assembly, printed_on: str, writer: PdfWriter) -> None:
    pages, written = 0, BytesIO()
    # The pages of the cover are in its own column of first pages; a longer number never makes it a page shorter.
    while True:
        written = BytesIO()
        taken = cover(faces, assembly.entries, printed_on, written, pages)
        if taken == pages:
            break
        pages = taken
    writer.append(PdfReader(written), import_outline=False)
    writer.add_outline_item(title=Words.COVER, page_number=0)
