"""Workbooks as customers, other programs and attackers make them: the XML of the cells is written out by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from customs.sheets.reading import column_letters

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    "General",
    "0",
    "0.00",
    "0000000000",
    "000",
    "yyyy/mm/dd",
    "0.00E+00",
    "@",
    "#,##0.00_);[Red]\\(#,##0.00\\)",
)
"""Number formats by index of `number(…, style)`."""


def text(value: str) -> str:
    """A cell of text that stands in the cell."""
    return f't="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is>'


def number(value: str, style: str = "General") -> str:
    """A number as the file holds it, in one of STYLES."""
    return f's="{STYLES.index(style)}"><v>{value}</v>'


def formula(expression: str, value: str | None = None) -> str:
    """A formula with or without the value it had when it was saved."""
    kept = "" if value is None else f"<v>{value}</v>"
    return f"><f>{escape(expression)}</f>{kept}"


def error(value: str) -> str:
    """#N/A and its like."""
    return f't="e"><v>{value}</v>'


def truth(value: bool) -> str:
    """TRUE or FALSE."""
    return f't="b"><v>{int(value)}</v>'


Cells = Sequence[str | None]


def sheet_xml(rows: Sequence[Cells], first: int = 1) -> str:
    """Rows from Excel's number `first` on; a plain text is a cell of text, anything else the inside of `<c …`."""
    written = []
    for at, cells in enumerate(rows, first):
        inside = "".join(
            f'<c r="{column_letters(column)}{at}" {cell}</c>'
            for column, cell in enumerate(cells)
            if cell is not None
        )
        written.append(f'<row r="{at}">{inside}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(written)}</sheetData></worksheet>'


def workbook(
    sheets: Mapping[str, str], *, from_1904: bool = False, more: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An .xlsx of these sheets (XML by title); `more` adds or replaces parts."""
    listed = "".join(
        f'<sheet name="{escape(title)}" sheetId="{n}" r:id="rId{n}"/>' for n, title in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    formats = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(STYLES)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(STYLES)))
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr date1904="{int(from_1904)}"/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets.values(), 1)},
        **(more or {}),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return target.getvalue()


def table_of(
    headings: Sequence[str], *rows: Cells, title: str = "Sheet1", above: Sequence[Cells] = ()
) -> bytes:
    """A customer's table on one sheet."""
    return workbook({title: sheet_xml([*above, [text(heading) for heading in headings], *rows])})
