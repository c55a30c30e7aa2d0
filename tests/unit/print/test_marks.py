"""The number of a 核放单 as bars and as a square; without one, neither."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from customs.documents import KINDS
from services.print.layouts import LAYOUTS
from services.print.layouts.parts import Layout, Scannable
from services.print.render import marks
from services.print.render.bands import Mark, Measured
from services.print.render.blocks import blocks_of
from services.print.render.fonts import Faces
from services.print.render.sheet import CONTENT_WIDTH

NUMBER = "Z3105I260105000000000001"
FIELD = ("head", "customs_no")
LAYOUT = Layout("inventory", (Scannable(*FIELD),))
_QUIET_POINTS = 10 * 0.5


def band(faces: Faces, number: str | None) -> tuple[tuple[Mark, ...], str]:
    (block,) = blocks_of(LAYOUT, {"head": {"customs_no": number}}, Measured(faces, CONTENT_WIDTH))
    (only,) = block.bands
    return only.marks, "".join(line for cell in only.lines for line in cell)


def test_a_number_has_both_marks_and_can_be_read(faces: Faces) -> None:
    found, text = band(faces, NUMBER)
    assert [(mark.form, mark.value) for mark in found] == [("code128", NUMBER), ("qr", NUMBER)]
    assert NUMBER in text


@pytest.mark.parametrize("number", [None, "", "核放单"])
def test_without_a_number_a_line_says_so(faces: Faces, number: str | None) -> None:
    found, text = band(faces, number)
    assert found == ()
    label = KINDS["inventory"].section("head").fields["customs_no"].label
    assert text == f"尚无{label}，不印条形码和二维码"


@pytest.mark.parametrize("number", ["Z1", NUMBER, "Z3105I" + "A1" * 29])
def test_marks_stay_in_their_place_with_quiet_around_them(number: str, tmp_path: Path) -> None:
    place, height = 397.0, 64.0
    path = tmp_path / "mark.pdf"
    canvas = Canvas(str(path), pagesize=(place, height))
    marks.paint(canvas, Mark("code128", number, 0, place), 0, 0, height)
    canvas.save()
    with pypdfium2.PdfDocument(path) as pdf:
        boxes = [each.get_bounds() for each in pdf[0].get_objects()]
    assert len(boxes) > 10
    assert min(left for left, _, _, _ in boxes) >= _QUIET_POINTS
    assert max(right for _, _, right, _ in boxes) <= place - _QUIET_POINTS
    assert min(bottom for _, bottom, _, _ in boxes) >= 0
    assert max(top for _, _, _, top in boxes) <= height


def test_gate_passes_carry_their_number_as_marks() -> None:
    with_marks = {
        kind for kind, layout in LAYOUTS.items() if any(isinstance(b, Scannable) for b in layout.blocks)
    }
    assert with_marks == {"gate_pass", "two_step_pass"} & KINDS.keys()
