"""A file that somebody else made, as pages: a page of facts first, then what can be shown of it and nothing that acts.

Of a PDF only what paints a page is taken, by a list of what is allowed: no scripts, actions, links, forms or embedded files.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, ImageSequence
from pypdf import PdfReader, PdfWriter
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from services.print.render.facts import facts_sheet
from services.print.render.fonts import Faces
from services.print.render.words import Words
from services.print.subject import AttachmentPart

MOST_PAGES = 300
MOST_PIXELS = 60_000_000
"""A4 at 600 dots an inch is 35 million."""
MOST_CONTENT_BYTES = 256 * 1024 * 1024
"""Unpacked instructions of all pages of a file; images count by their pixels when somebody shows them."""
_ALLOWED = frozenset(
    {
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/Rotate",
        "/Contents",
        "/Group",
        "/UserUnit",
        "/Annots",
    }
)
_PAINTED = frozenset(
    {
        "/Stamp",
        "/Widget",
        "/FreeText",
        "/Ink",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
        "/Highlight",
        "/Underline",
        "/StrikeOut",
        "/Squiggly",
        "/Watermark",
    }
)
"""Annotations a reader sees on the page, electronic seals among them."""
_HIDDEN, _NO_VIEW, _PRINT = 2, 32, 4
_ACTING = frozenset(
    {"/A", "/AA", "/JS", "/OpenAction", "/EF", "/EmbeddedFiles", "/OPI", "/Ref", "/PieceInfo"}
)
_NAMING = frozenset(
    {"/XObject", "/Font", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties", "/CharProcs"}
    | {"/Colorants", "/Encoding"}
)
_MARGIN = 24.0
_DOTS_AN_INCH = 300
_JPEG_QUALITY = 90
_FLAT_PIXELS = 4_000_000
_DEEPEST = 100


class _NotShown(Exception):
    """Why, in Chinese."""


def attach(faces: Faces, part: AttachmentPart, source: Path, path: Path) -> int:
    """Write the page of facts and the pages of the file to `path`; answers how many. What goes wrong is said on the page."""
    writer, shown, of, reason = PdfWriter(), 0, 0, part.reason
    if not reason:
        try:
            shown, of = _shown(part, source, writer)
        except _NotShown as refused:
            writer, reason = PdfWriter(), str(refused)
        except MemoryError:
            writer, reason = PdfWriter(), str(Words.ATTACHMENT_TOO_MUCH)
        except Exception:  # noqa: BLE001 - whatever a file made elsewhere does to a parser, it is told and not lost
            form = part.media_type.rpartition("/")[2].upper()
            writer, reason = PdfWriter(), Words.ATTACHMENT_BROKEN.format(form=form)
    said = [Words.ATTACHMENT_NOT_SHOWN.format(reason=reason)] if reason else []
    if not reason:
        said.append(Words.ATTACHMENT_PAGES.format(count=shown))
    if of > shown:
        said.append(Words.ATTACHMENT_CUT.format(count=of, shown=shown))
    facts = BytesIO()
    told = (
        (Words.ATTACHMENT_TYPE, part.type_label),
        (Words.ATTACHMENT_NAME, part.file_name),
        (Words.ATTACHMENT_SIZE, f"{part.size:,} B"),
        (Words.ATTACHMENT_SHA256, part.sha256),
    )
    facts_sheet(faces, Words.ATTACHMENT, told, said, facts)
    for number, page in enumerate(PdfReader(facts).pages):
        writer.insert_page(page, number)
    writer.write(path)
    return len(writer.pages)


def _shown(part: AttachmentPart, source: Path, writer: PdfWriter) -> tuple[int, int]:
    """Pages added, and pages there are. Raises _NotShown."""
    if part.media_type == "application/pdf":
        return _pdf(source, writer)
    if part.media_type in ("image/jpeg", "image/png", "image/tiff"):
        return _image(source, writer)
    raise _NotShown(Words.ATTACHMENT_FORM.format(form=part.file_name.rpartition(".")[2].upper()))


def _pdf(source: Path, writer: PdfWriter) -> tuple[int, int]:
    try:
        reader = PdfReader(source)
        if reader.is_encrypted:
            raise _NotShown(Words.ATTACHMENT_ENCRYPTED)
        of, unpacked = len(reader.pages), 0
        pages = [reader.pages[number] for number in range(min(of, MOST_PAGES))]
        for page in pages:
            content = page.get_contents()
            unpacked += 0 if content is None else len(content.get_data())
            if unpacked > MOST_CONTENT_BYTES:
                raise _NotShown(Words.ATTACHMENT_TOO_MUCH)
            _clean(page)
            writer.add_page(page)
    except LimitReachedError as error:
        raise _NotShown(Words.ATTACHMENT_TOO_MUCH) from error
    except (PyPdfError, RecursionError) as error:
        raise _NotShown(Words.ATTACHMENT_BROKEN.format(form="PDF")) from error
    if not pages:
        raise _NotShown(Words.ATTACHMENT_BROKEN.format(form="PDF"))
    return len(pages), of


def _clean(page: DictionaryObject) -> None:
    """Leave the page what paints it."""
    for name in [name for name in page if name not in _ALLOWED]:
        del page[name]
    seals = ArrayObject()
    annotations = page.pop("/Annots", None)
    found = annotations.get_object() if annotations is not None else None
    for each in found if isinstance(found, list) else []:
        seal = _seal(each.get_object())
        if seal is not None:
            seals.append(seal)
    if seals:
        page[NameObject("/Annots")] = seals
    resources = page.get("/Resources")
    if resources is not None:
        _disarm(resources.get_object(), set(), 0)


def _seal(annotation: Any) -> DictionaryObject | None:
    """The annotation's picture and place, and nothing it does; None for one that is not seen."""
    if not isinstance(annotation, DictionaryObject) or annotation.get("/Subtype") not in _PAINTED:
        return None
    flags = annotation.get("/F", 0)
    if int(flags) & (_HIDDEN | _NO_VIEW) or "/Rect" not in annotation:
        return None
    looks = annotation.get("/AP", DictionaryObject()).get_object().get("/N")
    normal = None if looks is None else looks.get_object()
    if isinstance(normal, DictionaryObject) and not isinstance(normal, StreamObject):
        chosen = normal.get(annotation.get("/AS", "/"))
        looks, normal = chosen, None if chosen is None else chosen.get_object()
    if not isinstance(normal, StreamObject):
        return None
    _disarm(normal, set(), 0)
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Stamp"),
            NameObject("/Rect"): annotation["/Rect"],
            NameObject("/F"): NumberObject(_PRINT),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): looks}),
        }
    )


def _disarm(value: Any, seen: set[int], depth: int, *, names: bool = False) -> None:
    """Take acting entries from everything a page draws with. `names`: the keys are the file's own, not PDF's."""
    if depth > _DEEPEST:
        raise _NotShown(Words.ATTACHMENT_BROKEN.format(form="PDF"))
    value = value.get_object() if hasattr(value, "get_object") else value
    if id(value) in seen or not isinstance(value, DictionaryObject | ArrayObject):
        return
    seen.add(id(value))
    if isinstance(value, ArrayObject):
        for each in value:
            _disarm(each, seen, depth + 1)
        return
    if not names:
        for name in [name for name in value if name in _ACTING]:
            del value[name]
    for name, each in list(value.items()):
        _disarm(each, seen, depth + 1, names=not names and name in _NAMING)


def _image(source: Path, writer: PdfWriter) -> tuple[int, int]:
    Image.MAX_IMAGE_PIXELS = None
    data, shown = BytesIO(), 0
    with warnings.catch_warnings(), Image.open(source, formats=("JPEG", "PNG", "TIFF")) as image:
        warnings.simplefilter("ignore")
        of = getattr(image, "n_frames", 1)
        canvas = Canvas(data, pageCompression=1)
        for frame in itertools.islice(_frames(image), MOST_PAGES):
            _draw(canvas, frame, image.format == "JPEG")
            shown += 1
        canvas.save()
    for page in PdfReader(data).pages:
        writer.add_page(page)
    return shown, of


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        pixels = frame.width * frame.height
        if pixels > MOST_PIXELS:
            raise _NotShown(Words.ATTACHMENT_TOO_LARGE.format(pixels=f"{pixels:,}"))
        yield frame


def _draw(canvas: Canvas, frame: Image.Image, is_photo: bool) -> None:
    """One picture a page, upright, as large as A4 allows and never blown up beyond its own dots."""
    picture = ImageOps.exif_transpose(frame)
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    elif picture.mode.startswith("I"):
        picture = picture.point([each / 256 for each in range(65_536)], "L")
    elif picture.mode not in ("1", "L", "RGB"):
        picture = picture.convert("RGB")
    size = landscape(A4) if picture.width > picture.height else A4
    room = (size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN)
    most = tuple(round(each / 72 * _DOTS_AN_INCH) for each in room)
    if picture.width > most[0] or picture.height > most[1]:
        picture = picture.convert("L") if picture.mode == "1" else picture
        picture.thumbnail(most, Image.Resampling.BOX)
    scale = min(room[0] / picture.width, room[1] / picture.height, 1)
    width, height = picture.width * scale, picture.height * scale
    if is_photo or picture.width * picture.height > _FLAT_PIXELS:
        packed = BytesIO()
        picture.convert("L" if picture.mode in ("1", "L") else "RGB").save(
            packed, "JPEG", quality=_JPEG_QUALITY
        )
        packed.seek(0)
        reader = ImageReader(packed)
    else:
        reader = ImageReader(picture)
    canvas.setPageSize(size)
    canvas.drawImage(reader, (size[0] - width) / 2, (size[1] - height) / 2, width, height)
    canvas.showPage()
