"""From a published code table to ours: which column is what, and what would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from customs.codes import Code, Table
from customs.sheets.plain_table import Cell, Row, UnreadableTableError

_HEADING_ROWS = 5
# The bonded documents use the older numeric codes of countries and currencies; the letters stand in the column 代码.
_OLD_CODE = "原报关代码"
_CODE_HEADINGS = ("code", "customs_code", "代码", "国标码")
_NAME_HEADINGS = ("name", "中文名称", "名称")


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import would do, by code. `notes` are Chinese remarks on the file itself."""

    rows: tuple[Code, ...]
    added: tuple[Code, ...]
    renamed: tuple[tuple[Code, Code], ...]
    """Before and after; other columns than the name count too."""
    gone: tuple[Code, ...]
    notes: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether the table would differ afterwards."""
        return bool(self.added or self.renamed or self.gone)


def changes(table: Table, published: Sequence[Row]) -> Changes:
    """Compare a published table with ours. Raises UnreadableTableError when its columns cannot be told."""
    notes: list[str] = []
    found: dict[str, Code] = {}
    for row in _codes(table, published, notes):
        known = found.get(row.code)
        if known is None:
            found[row.code] = row
        elif known != row:
            # Small areas share a number; what our table calls them together stands.
            found[row.code] = table.get(row.code) or known
            notes.append(
                f"代码{row.code}出现多次（{known.name}、{row.name}），保留「{found[row.code].name}」"
            )
    if not found:
        raise UnreadableTableError("表格中没有任何代码")
    rows = tuple(found[code] for code in sorted(found))
    return Changes(
        rows=rows,
        added=tuple(row for row in rows if row.code not in table.codes),
        renamed=tuple(
            (table.rows[row.code], row)
            for row in rows
            if row.code in table.codes and _words(table.rows[row.code]) != _words(row)
        ),
        gone=tuple(row for row in table.holding() if row.code not in found),
        notes=tuple(notes),
    )


def _words(row: Code) -> tuple[str, str | None, str | None]:
    return row.name, row.alpha, row.full_name


def _codes(table: Table, published: Sequence[Row], notes: list[str]) -> Iterable[Code]:
    start, columns = _headings(table, published)
    widths = {len(code) for code in table.codes}
    fixed = widths.pop() if len(widths) == 1 else 0
    for number, row in enumerate(published[start:], start + 1):
        given = {name: row[column] if column < len(row) else Cell("") for name, column in columns.items()}
        code, name = given["code"], given["name"].text
        if not code.text and not name:
            continue
        if not code.text or not name:
            notes.append(f"第{number}行缺少代码或名称，略过")
            continue
        text = code.text.zfill(fixed) if code.number else code.text
        yield Code(
            text,
            name,
            given["alpha"].text or None if "alpha" in given else None,
            given["full_name"].text or None if "full_name" in given else None,
        )


def _headings(table: Table, published: Sequence[Row]) -> tuple[int, dict[str, int]]:
    for number, row in enumerate(published[:_HEADING_ROWS]):
        titles = [cell.text for cell in row]
        columns = {
            name: place for name in table.columns if (place := _place(name, titles, table)) is not None
        }
        if columns.keys() == set(table.columns):
            return number + 1, columns
    raise UnreadableTableError(f"前{_HEADING_ROWS}行中找不到「{table.label}」的列标题（代码、名称等）")


def _place(column: str, titles: list[str], table: Table) -> int | None:
    if column in titles and column not in ("代码",):
        return titles.index(column)
    if column == "code":
        if "alpha" in table.columns:
            return _index(titles, _OLD_CODE)
        exact = next((titles.index(title) for title in _CODE_HEADINGS if title in titles), None)
        return exact if exact is not None else _ending(titles, ("代码",))
    if column == "name":
        exact = next((titles.index(title) for title in _NAME_HEADINGS if title in titles), None)
        return exact if exact is not None else _ending(titles, ("名称", "简称"))
    if column == "alpha":
        return _index(titles, "代码")
    return _ending(titles, ("全称",))


def _index(titles: list[str], title: str) -> int | None:
    return titles.index(title) if title in titles else None


def _ending(titles: list[str], endings: tuple[str, ...]) -> int | None:
    fitting = [n for n, title in enumerate(titles) if title.endswith(endings) and not title.startswith("原")]
    return fitting[0] if fitting else None
