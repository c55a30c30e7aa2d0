"""Code 128 and QR on the canvas, large enough for the scanner at a gate and a telephone."""

from __future__ import annotations

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCode
from reportlab.pdfgen.canvas import Canvas

from services.print.render.bands import Mark

_WIDEST_BAR = 1.15
"""0.4 mm: wider bars would not be read more easily."""
_QUIET_MODULES = 10
_BARS_SHARE = 0.68
"""Of the band's height."""
_QR_BORDER = 4


def paint(canvas: Canvas, mark: Mark, left: float, bottom: float, height: float) -> None:
    """Paint it in black in the middle of its place, `left` and `bottom` being the corner of the band."""
    canvas.saveState()
    canvas.setFillGray(0)
    canvas.setStrokeGray(0)
    if mark.form == "qr":
        size = min(mark.width, height) - 1
        code = QrCode(mark.value, width=size, height=size, qrBorder=_QR_BORDER, qrLevel="M")
        code.drawOn(canvas, left + mark.x + (mark.width - size) / 2, bottom + 0.5)
    else:
        bars = _bars(mark, height * _BARS_SHARE)
        bars.drawOn(
            canvas, left + mark.x + (mark.width - bars.width) / 2, bottom + height * (1 - _BARS_SHARE) / 2
        )
    canvas.restoreState()


def _bars(mark: Mark, height: float) -> Code128:
    """As wide as its place allows, the quiet zones included."""
    modules = Code128(mark.value, barWidth=1, quiet=0).width + 2 * _QUIET_MODULES
    bar = min(_WIDEST_BAR, mark.width / modules)
    return Code128(mark.value, barWidth=bar, barHeight=height, quiet=0)
