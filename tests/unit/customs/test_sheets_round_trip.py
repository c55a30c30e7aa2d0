"""A document written as a workbook and read again is the same document, whatever stands in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs.codes import table
from customs.documents import KINDS, JsonObject, Kind, Profile, check
from customs.sheets.form import MARKS_SHEET, sheets_of
from customs.sheets.merging import placed
from customs.sheets.reading import Book, Sheet
from customs.sheets.taking import Taken, take
from customs.sheets.telling import heard, told
from customs.sheets.writing import write_document, write_list, write_template
from tests.support.documents import documents
from tools.tree import ROOT

EXAMPLES = sorted(
    (kind.name, path)
    for kind in KINDS.values()
    for path in (ROOT / f"contracts/examples/{kind.name}").glob("*.json")
)
INVENTORY = KINDS["inventory"]


def _book(kind: Kind, document: JsonObject) -> bytes:
    target = io.BytesIO()
    write_document(target, kind, document)
    return target.getvalue()


def _normal(kind: Kind, document: JsonObject) -> JsonObject:
    result = check(kind, document, Profile.SAVE)
    assert result.ok, result.problems
    return result.document


def _back(kind: Kind, data: bytes) -> tuple[JsonObject, Taken]:
    taken = take(kind, data)
    return _normal(kind, placed(kind, taken).document), taken


def test_every_kind_has_examples() -> None:
    assert {name for name, _ in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize(("name", "path"), EXAMPLES, ids=[f"{n}-{p.stem}" for n, p in EXAMPLES])
def test_every_example_comes_back(name: str, path: Path) -> None:
    kind = KINDS[name]
    document = _normal(kind, orjson.loads(path.read_bytes()))
    back, taken = _back(kind, _book(kind, document))
    assert back == document
    assert not taken.problems
    assert not taken.notices


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_document_comes_back(name: str, data: st.DataObject) -> None:
    """Values of every field, whatever the rules between fields say. A row of nothing is no row in a workbook."""
    kind = KINDS[name]
    document = check(kind, data.draw(documents(kind)), Profile.SAVE).document
    for held in document.values():
        if isinstance(held, list):
            held[:] = [row for row in held if row]
    taken = take(kind, _book(kind, document))
    assert not taken.problems.result()
    assert check(kind, placed(kind, taken).document, Profile.SAVE).document == document


AWKWARD = [
    "=1+1",
    "+86 21 5555",
    "-5℃",
    "@SUM(A1)",
    "'=1",
    "''+2",
    "'plain",
    "<r><t>x</t></r>",
    "_x0041_",
    "a\tb",
    "两行\n文字",
    "007",
    "1E5",
    "TRUE",
    "2026-01-02",
    "http://example.test/?a=1&b=<2>",
    "#N/A",
    "𠮷 & <b>",
    "\u0085",
    "\u2028",
    "12345678901234567890",
]


AMOUNTS = ["0", "0.00", "12.50", "100", "0.00001", "99999999999999.99999", "123456789012.345", "7.10000"]


def test_any_text_comes_back() -> None:
    document = _example([{"remark": text, "name": text} for text in AWKWARD])
    assert _back(INVENTORY, _book(INVENTORY, document))[0] == document


def test_every_amount_comes_back_digit_by_digit() -> None:
    document = _example([{"usd_total": amount, "net_weight": amount} for amount in AMOUNTS])
    assert _back(INVENTORY, _book(INVENTORY, document))[0] == document


def _example(changes: Sequence[Mapping[str, str]] = ()) -> JsonObject:
    path = ROOT / "contracts/examples/inventory/import.json"
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    first = document["goods"][0]
    rows = [{**first, "line_no": number, **change} for number, change in enumerate(changes, 1)]
    document["goods"] = rows or document["goods"]
    return _normal(INVENTORY, document)


def test_nothing_a_user_wrote_can_run() -> None:
    active = ["=1+1x", "+1x", "-1x", "@A1x", "<r><t>=1</t></r>", "'=1x"]
    data = _book(INVENTORY, _example([{"specification": text} for text in active]))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = [packed.read(name) for name in packed.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(parts) > 5
    assert not any(b"<f>" in part or b"<f " in part for part in parts)
    book = Book(data)
    goods = next(sheet for sheet in book.sheets if sheet.title == "表体")
    texts = [cell.text for _, cells in book.rows(goods) for cell in cells.values() if cell.kind == "text"]
    assert not any(each.startswith(("=", "+", "-", "@")) for each in texts)
    assert {f"'{text}" for text in active} <= set(texts)


def test_a_list_cannot_run_either() -> None:
    target = io.BytesIO()
    write_list(target, "清单", ["=A1", "b"], [["@x", None], [1, "\t=2"]])
    book = Book(target.getvalue())
    cells = [cell.text for _, row in book.rows(book.sheets[0]) for cell in row.values()]
    assert cells == ["'=A1", "b", "'@x", "1", "'\t=2"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_template_says_what_the_catalogue_says(kind: Kind) -> None:
    target = io.BytesIO()
    write_template(target, kind)
    book = Book(target.getvalue())
    shown = [sheet.title for sheet in book.sheets if not sheet.hidden]
    assert shown == [*(part.label for part in kind.sections), "填写说明"]
    assert len({title.casefold() for title in shown}) == len(shown)
    for form, sheet in zip(sheets_of(kind), book.sheets, strict=False):
        headings = _headings(book, sheet, vertical=form.vertical)
        assert [heading.rstrip("*△") for heading in headings] == [
            column.spec.label for column in form.columns
        ]
        marked = {h.rstrip("*△"): h for h in headings}
        for column in form.columns:
            ends = {"save": "**", "declare": "*", "when": "△", "optional": ""}[column.spec.need]
            assert marked[column.spec.label] == column.spec.label + ends
    marks = next(sheet for sheet in book.sheets if sheet.title == MARKS_SHEET)
    told_by_book = {cells[0].text: cells[1].text for _, cells in book.rows(marks)}
    assert told_by_book["kind"] == kind.name
    assert told_by_book["catalogue_version"] == str(kind.catalogue_version)


def _headings(book: Book, sheet: Sheet, *, vertical: bool) -> list[str]:
    rows = list(book.rows(sheet))
    if vertical:
        return [cells[0].text for _, cells in rows[1:]]
    return [cell.text for cell in rows[0][1].values()]


def test_code_fields_offer_their_table() -> None:
    target = io.BytesIO()
    write_template(target, INVENTORY, ["goods"])
    with zipfile.ZipFile(target) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        notes = next(book.read(name).decode() for name in book.namelist() if "comments" in name)
    offered = sum(
        1 for spec in INVENTORY.section("goods").fields.values() if spec.table and spec.need != "system"
    )
    assert sheet.count('type="list"') == offered
    assert "千克" in _codes_of(target.getvalue())
    assert f"代码，见{table('units').label}" in notes


def _codes_of(data: bytes) -> str:
    book = Book(data)
    codes = next(sheet for sheet in book.sheets if sheet.title == "_codes")
    assert codes.hidden
    return " ".join(cell.text for _, cells in book.rows(codes) for cell in cells.values())


def test_an_empty_template_has_nothing_to_import() -> None:
    target = io.BytesIO()
    write_template(target, INVENTORY)
    taken = take(INVENTORY, target.getvalue())
    assert [each.code for each in taken.problems.result()] == ["nothing_to_import"]


def test_a_book_of_another_kind_is_refused() -> None:
    target = io.BytesIO()
    write_template(target, KINDS["vehicle"])
    taken = take(INVENTORY, target.getvalue())
    found = taken.problems.result()
    assert [each.code for each in found] == ["wrong_book"]
    assert KINDS["vehicle"].label in found[0].message


def test_what_was_read_travels_as_json() -> None:
    document = _example()
    taken = take(INVENTORY, _book(INVENTORY, document))
    again = heard(INVENTORY, told(taken))
    assert told(again) == told(taken)
    assert placed(INVENTORY, again).document == placed(INVENTORY, taken).document
