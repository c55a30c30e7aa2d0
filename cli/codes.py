"""`bondgate codes`: look into the code tables, and import an edition the authority has published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table as Listing

from cli import code_placing
from cli.code_import import as_csv, replace_file, with_edition
from cli.files import read_bytes, reason, stop
from cli.plainly import plainly
from customs.codes import TABLES, Code, Table
from customs.codes.loader import FOLDER
from customs.sheets.plain_table import MAX_FILE_BYTES, UnreadableTableError, read_table
from customs.sheets.published_codes import Changes, changes

app = typer.Typer(
    name="codes",
    help="Code tables (units, countries, modes …): list, search, import. Needs no server.",
    no_args_is_help=True,
)
_SHOWN = 50


@app.command("list")
def list_command(
    table_name: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="All tables when left out.")
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", "-s", metavar="TEXT", help="Begin of a code, or part of a name.")
    ] = None,
) -> None:
    """The tables, or the rows of one. Without TABLE, --search looks into all of them."""
    if table_name is not None:
        found = _table(table_name)
        rows = list(found) if search is None else found.search(search, limit=len(found))
        _print_rows(found, rows)
        if search is not None and not rows:
            stop("code_not_found", f"「{found.label}」中没有符合「{search}」的代码", 1)
        return
    if search is None:
        _print_tables()
        return
    hits = {name: rows for name, one in TABLES.items() if (rows := one.search(search, limit=_SHOWN))}
    for name, rows in hits.items():
        _print_rows(TABLES[name], rows)
    if not hits:
        stop("code_not_found", f"没有符合「{search}」的代码", 1)


@app.command("import")
def import_command(
    table_name: Annotated[str, typer.Argument(metavar="TABLE")],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=".xlsx or .csv as published; - for standard input.")
    ],
    write: Annotated[bool, typer.Option("--write", help="Change the table; otherwise only show.")] = False,
    edition: Annotated[
        str | None, typer.Option("--edition", metavar="TEXT", help="Edition to note with --write, e.g. 2026.")
    ] = None,
) -> None:
    """What a published table would add, rename and take away. Nothing is changed without --write."""
    table = _table(table_name)
    try:
        found = changes(table, read_table(read_bytes(file, MAX_FILE_BYTES)))
    except UnreadableTableError as error:
        stop("unreadable_table", str(error))
    _print_changes(table, found)
    if not write:
        if found.any:
            typer.echo("未写入。确认后加 --write 写入。")
        return
    _write(table, found, edition)


def _write(table: Table, found: Changes, edition: str | None) -> None:
    declared = FOLDER / "tables.toml"
    target = FOLDER / "tables" / f"{table.name}.csv"
    try:
        if edition is not None:
            replace_file(declared, with_edition(declared.read_text(encoding="utf-8"), table.name, edition))
        replace_file(target, as_csv(table, found.rows))
    except ValueError:
        stop("bad_edition", f"版本说明不能使用：{edition}")
    except OSError as error:
        stop("file_unwritable", f"无法写入{Path(error.filename or target).name}：{reason(error)}")
    typer.echo(f"已写入{target.name}，共{len(found.rows)}行。")
    if edition is None and found.any:
        typer.echo(f"注意：版本仍记为{table.edition}，可用 --edition 更改", err=True)


def _table(name: str) -> Table:
    if name not in TABLES:
        _stop_unknown(name)
    return TABLES[name]


def _stop_unknown(name: str) -> NoReturn:
    near = [one for one in TABLES if name.lower() in one or name in TABLES[one].label]
    hint = f"，是否为{'、'.join(near)}" if near else "，用 codes list 查看全部"
    stop("unknown_table", f"没有代码表{name}{hint}")


def _print_tables() -> None:
    listing = Listing()
    # A name that is cut cannot be typed.
    listing.add_column("TABLE", no_wrap=True, min_width=max(map(len, TABLES)))
    for heading in ("名称", "行数", "版本", "开放"):
        listing.add_column(heading)
    for name, table in TABLES.items():
        listing.add_row(name, table.label, str(len(table)), table.edition, "是" if table.open else "")
    Console().print(listing)


def _print_rows(table: Table, rows: list[Code]) -> None:
    for row in rows:
        typer.echo("\t".join([table.name, *(getattr(row, column) or "" for column in table.columns)]))


def _print_changes(table: Table, found: Changes) -> None:
    typer.echo(
        f"{table.label}（{table.name}，{table.edition}版）：文件{len(found.rows)}行，"
        f"新增{len(found.added)}，变更{len(found.renamed)}，消失{len(found.gone)}"
    )
    for row in found.added:
        typer.echo(f"+ {_shown(table, row)}")
    for before, after in found.renamed:
        typer.echo(f"~ {_shown(table, before)} → {_shown(table, after)}")
    for row in found.gone:
        typer.echo(f"- {_shown(table, row)}")
    for note in found.notes:
        typer.echo(f"注意：{note}", err=True)


def _shown(table: Table, row: Code) -> str:
    return " ".join(value for column in table.columns if (value := getattr(row, column)))


app.command("place")(plainly(code_placing.place))
