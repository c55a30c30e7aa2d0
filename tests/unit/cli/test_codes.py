"""`bondgate codes`: listing, searching, and importing a published table without harming ours by accident."""

from __future__ import annotations

import shutil
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from typer.testing import CliRunner, Result

from cli import codes
from cli.code_import import with_edition
from customs.codes import TABLES, table
from customs.codes.loader import FOLDER, read_rows
from customs.sheets.plain_table import MAX_FILE_BYTES, UnreadableTableError, read_table

Value = str | int | None


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(codes.app, [*arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def book(rows: list[list[Value]], inline: bool = False) -> bytes:
    """An .xlsx as spreadsheet programs write it: shared strings (or inline ones), numbers as numbers, empty cells left out."""
    shared: list[str] = []
    lines = []
    for number, row in enumerate(rows, 1):
        cells = ""
        for column, value in zip("ABCDEFGH", row, strict=False):
            place = f'r="{column}{number}"'
            if isinstance(value, int):
                cells += f"<c {place}><v>{value}</v></c>"
            elif value is not None and inline:
                cells += f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
            elif value is not None:
                shared.append(f"<si><t>{escape(value)}</t><rPh><t>x</t></rPh></si>")
                cells += f'<c {place} t="s"><v>{len(shared) - 1}</v></c>'
        lines.append(f'<row r="{number}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="rId7"/>'
            '<sheet name="b" sheetId="2" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            '<Relationships><Relationship Id="rId1" Target="worksheets/sheet2.xml"/>'
            '<Relationship Id="rId7" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{"".join(shared)}</sst>',
    }
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code tables that --write may change."""
    shutil.copytree(FOLDER / "tables", tmp_path / "tables")
    shutil.copy(FOLDER / "tables.toml", tmp_path / "tables.toml")
    monkeypatch.setattr(codes, "FOLDER", tmp_path)
    return tmp_path


def units() -> list[list[Value]]:
    rows: list[list[Value]] = [["计量单位代码表"], ["中文名称", "代码"]]
    rows += [[row.name, row.code] for row in table("units")]
    return rows


def test_all_tables_are_listed() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in TABLES)


def test_rows_and_searches() -> None:
    assert run("list", "units").stdout.count("\n") == len(table("units"))
    assert run("list", "currencies", "-s", "USD").stdout == "currencies\t502\t美元\tUSD\n"
    everywhere = run("list", "--search", "美元").stdout
    assert "currencies\t502\t美元\tUSD\n" in everywhere
    nothing = run("list", "units", "--search", "没有这个")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    unknown = run("list", "unit")
    assert (unknown.exit_code, "是否为units" in unknown.stderr) == (2, True)


def test_an_import_shows_and_changes_nothing(folder: Path) -> None:
    rows = units()
    rows[2] = ["台架", "001"]
    del rows[-1]
    rows.append(["新单位", "999"])
    for data in (book(rows), book(rows, inline=True)):
        result = run("import", "units", "-", stdin=data)
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[0].endswith("新增1，变更1，消失1")
        assert lines[1:4] == ["+ 999 新单位", "~ 001 台 → 001 台架", "- 164 亿株"]
    assert (folder / "tables" / "units.csv").read_bytes() == (FOLDER / "tables" / "units.csv").read_bytes()


def test_write_changes_the_table_and_its_edition(folder: Path) -> None:
    result = run(
        "import", "units", "-", "--write", "--edition", "2026", stdin=book([*units(), ["新单位", "999"]])
    )
    assert (result.exit_code, result.stderr) == (0, "")
    rows = read_rows(folder / "tables" / "units.csv", ("code", "name"))
    assert len(rows) == len(table("units")) + 1
    assert rows["999"].name == "新单位"
    declared = tomllib.loads((folder / "tables.toml").read_text(encoding="utf-8"))
    before = tomllib.loads((FOLDER / "tables.toml").read_text(encoding="utf-8"))
    assert declared.pop("units") == before.pop("units") | {"edition": "2026"}
    assert declared == before
    assert sorted(path.name for path in folder.iterdir()) == ["tables", "tables.toml"]


def test_every_table_survives_export_and_import_unchanged(folder: Path) -> None:
    for name in TABLES:
        path = FOLDER / "tables" / f"{name}.csv"
        result = run("import", name, str(path), "--write")
        assert "新增0，变更0，消失0" in result.stdout, name
        assert (folder / "tables" / f"{name}.csv").read_bytes() == path.read_bytes(), name


def test_numbers_get_their_zeros_back_and_countries_their_old_codes() -> None:
    rows: list[list[Value]] = [["中文名称", "代码"]]
    rows += [[row.name, int(row.code)] for row in table("units")]
    assert "新增0，变更0，消失0" in run("import", "units", "-", stdin=book(rows)).stdout
    countries: list[list[Value]] = [
        ["国别（地区）代码表"],
        ["中文名称", "代码", "英文名称", "原报关代码", "原报检代码"],
    ]
    countries += [[row.name, row.alpha, "x", row.code, "y"] for row in table("countries")]
    countries += [["某个小岛", "XXX", "x", "499", "y"]]
    result = run("import", "countries", "-", stdin=book(countries))
    assert "新增0，变更0，消失0" in result.stdout
    assert "代码499出现多次" in result.stderr


def test_gbk_csv_and_incomplete_rows() -> None:
    text = "名称,代码\n进口,I\n出口,E\n,X\n未知,\n,\n"
    result = run("import", "directions", "-", stdin=text.encode("gbk"))
    assert result.exit_code == 0
    assert result.stderr == "注意：第4行缺少代码或名称，略过\n注意：第5行缺少代码或名称，略过\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\xff",
        b"PK\x03\x04 broken",
        "名称,别的\n一,1\n".encode(),
        "代码,名称\n".encode(),
        b'a,"b\n',
        bytes(MAX_FILE_BYTES),
        book([["代码", "名称"], ["1", "甲"]])[:-40],
    ],
    ids=["empty", "bytes", "zip", "headings", "no rows", "quotes", "nul bytes", "cut"],
)
def test_what_is_no_table_changes_nothing(data: bytes, folder: Path) -> None:
    result = run("import", "units", "-", "--write", stdin=data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("（unreadable_table）\n")
    assert (folder / "tables" / "units.csv").read_bytes() == (FOLDER / "tables" / "units.csv").read_bytes()


def test_a_sheet_with_a_doctype_or_a_bomb_is_refused() -> None:
    for sheet in (b"<!DOCTYPE a><worksheet/>", bytes(40_000_000)):
        made = BytesIO(book([["代码", "名称"]]))
        source = zipfile.ZipFile(made)
        hostile = BytesIO()
        with zipfile.ZipFile(hostile, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in source.namelist():
                archive.writestr(name, sheet if "sheet1" in name else source.read(name))
        with pytest.raises(UnreadableTableError):
            read_table(hostile.getvalue())


def test_editions_cannot_break_the_declaration(folder: Path) -> None:
    for edition in ('a"b', "a\nb", "a\\"):
        with pytest.raises(ValueError, match="edition"):
            with_edition("", "units", edition)
    result = run("import", "units", "-", "--write", "--edition", 'x"', stdin=book([*units(), ["新", "999"]]))
    assert (result.exit_code, "bad_edition" in result.stderr) == (2, True)
    assert (folder / "tables" / "units.csv").read_bytes() == (FOLDER / "tables" / "units.csv").read_bytes()
