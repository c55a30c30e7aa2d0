"""Printing: whole pages beside a bare canvas that writes the same texts, and what memory the renderer's process takes."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from datetime import date
from pathlib import Path

import orjson
import uvloop
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from bench.measuring import at_once, compared, take_turns
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from customs.documents.normal_form import JsonObject
from services.print.layouts import LAYOUTS
from services.print.render import fonts
from services.print.render.bands import Measured
from services.print.render.blocks import blocks_of
from services.print.render.document import render
from services.print.render.fonts import Faces
from services.print.render.sheet import CONTENT_WIDTH
from services.print.renderer import Order, OtherOrder, Renderer
from services.print.subject import Assembly, Entry, Subject
from tests.support.documents import inventory

ABOUT = "PDFs: pages a second, peak memory of the renderer"
_DAY = date(2026, 1, 15)
_LINES_A_PAGE = 40


def run(on: Surroundings) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="bench-print-") as scratch:
        folder = Path(scratch)
        began = time.perf_counter()
        faces = fonts.load(folder / "fonts")
        cut = time.perf_counter() - began
        return [
            uvloop.run(_rendering(on, faces, folder)),
            uvloop.run(_process(on, folder, cut)),
            uvloop.run(_bundles(on, folder)),
        ]


async def _rendering(on: Surroundings, faces: Faces, folder: Path) -> Table:
    rows: list[Row] = []
    for lines in (1, 20) if on.quick else (1, 20, 1_000, 3_000):
        document = inventory("BENCH", lines)
        texts = _texts(document, faces)

        def ours(given: JsonObject = document) -> object:
            subject = Subject(document=given)
            return render(
                faces, "inventory", subject, state="deducted", printed_on=_DAY, path=folder / "ours.pdf"
            )

        def floor(given: list[list[str]] = texts) -> None:
            _bare(given, faces, folder / "bare.pdf")

        candidates = {"ours": at_once(ours, on.seconds / 2), "floor": at_once(floor, on.seconds / 2)}
        rounds = await take_turns(candidates, on.rounds)
        size = (folder / "ours.pdf").stat().st_size / 1000
        rows.append(compared(f"{lines:,} lines", rounds["ours"], rounds["floor"], kB=size))
    return Table("print: a document to its PDF", "floor: a canvas writing the same texts, unmeasured", rows)


def _texts(document: JsonObject, faces: Faces) -> list[list[str]]:
    blocks = blocks_of(LAYOUTS["inventory"], document, Measured(faces, CONTENT_WIDTH))
    return [[line for cell in band.lines for line in cell] for block in blocks for band in block.bands]


def _bare(texts: list[list[str]], faces: Faces, path: Path) -> None:
    pdfmetrics.registerFont(faces.regular.font)
    canvas = Canvas(str(path), pagesize=landscape(A4), pageCompression=1)
    for start in range(0, len(texts), _LINES_A_PAGE):
        pen = canvas.beginText()
        pen.setFont(faces.regular.name, 6.4)
        for number, line in enumerate(texts[start : start + _LINES_A_PAGE]):
            for place, text in enumerate(line):
                pen.setTextOrigin(24 + 38 * place, 560 - 13 * number)
                pen.textOut(text)
        canvas.drawText(pen)
        canvas.showPage()
    canvas.save()


async def _process(on: Surroundings, folder: Path, cut: float) -> Table:
    rows: list[Row] = []
    for lines in (20,) if on.quick else (20, 1_000, 3_000, 10_000):
        renderer = Renderer(folder / "fonts")
        try:
            began = time.perf_counter()
            await renderer.start()
            started = time.perf_counter()
            body = orjson.dumps({"document": inventory("BENCH", lines)})
            order = Order("inventory", "deducted", _DAY, body, folder / "process.pdf")
            pages = await renderer.render(order, _unheard)
            ended = time.perf_counter()
            peak = await asyncio.to_thread(_peak_megabytes, renderer.process_id)
        finally:
            await renderer.stop()
        rows.append(
            {
                "what": f"{lines:,} lines",
                "pages": float(pages),
                "start ms": (started - began) * 1e3,
                "render ms": (ended - started) * 1e3,
                "peak MB": peak,
            }
        )
    return Table("print: a fresh renderer process", f"fonts cut once before, in {cut:.1f} s", rows)


async def _bundles(on: Surroundings, folder: Path) -> Table:
    """The parts of one job, rendered one after another and put together; and pypdf alone putting them together."""
    rows: list[Row] = []
    for count, lines in ((10, 20),) if on.quick else ((100, 20), (20, 1_000), (10, 10_000)):
        renderer = Renderer(folder / "fonts")
        body = orjson.dumps({"document": inventory("BENCH", lines)})
        entries: list[Entry] = []
        try:
            await renderer.start()
            began = time.perf_counter()
            for number in range(count):
                path = folder / f"part-{number}.pdf"
                pages = await renderer.render(Order("inventory", "deducted", _DAY, body, path), _unheard)
                entries.append(Entry(title="BENCH", label="BENCH", path=str(path), pages=pages))
            rendered = time.perf_counter()
            whole = Assembly(title="BENCH", entries=tuple(entries)).model_dump_json().encode()
            order = OtherOrder("assembly", whole, folder / "whole.pdf", printed_on=_DAY.isoformat())
            pages = await renderer.render(order, _unheard)
            ended = time.perf_counter()
            peak = (
                await asyncio.to_thread(_peak_megabytes, renderer.process_id) if renderer.process_id else 0.0
            )
        finally:
            await renderer.stop()
        floor = time.perf_counter()
        await asyncio.to_thread(_put_together, [str(entry.path) for entry in entries], folder / "bare.pdf")
        bare = time.perf_counter() - floor
        rows.append(
            {
                "what": f"{count} × {lines:,} lines",
                "pages": float(pages),
                "parts s": rendered - began,
                "together s": ended - rendered,
                "pypdf alone s": bare,
                "ratio": (ended - rendered) / bare,
                "peak MB": peak,
                "MB": (folder / "whole.pdf").stat().st_size / 1e6,
            }
        )
    return Table("print: many documents to one file", "floor: pypdf appending the same parts", rows)


def _put_together(paths: list[str], path: Path) -> None:
    writer = PdfWriter()
    for each in paths:
        writer.append(each, import_outline=False)
    writer.write(path)


async def _unheard(_: int) -> None:
    pass


def _peak_megabytes(process_id: int | None) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000
