"""Rows that sum up the others: 合计, 总计, 小计. They are no goods, wherever in the row the word stands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from customs.sheets.headings import folded
from customs.sheets.reading import Cell

_OF_WHAT = r"(?:数量|总数|件数|金额|总额|总价|价值|毛重|净重|重量|行数|项数|[0-9]+[行项条笔])"
_FIGURES = (
    r"(?:[0-9.,，、;；¥￥$()+-]|美元|人民币|欧元|日元|港币|usd|rmb|cny|eur|千克|公斤|kgs?|吨|pcs|ctns?"
    r"|[元圆整件个台套箱只托支米行项条笔])*"
)
_TOTAL = re.compile(
    r"(?:以上|本页|本单|本批|本票|全部|分类|项目)?(?:总?合[计計]|[总總][计計]|小[计計]|共[计計]|(?:grand|sub)?-?totals?)"
    rf"(?:{_OF_WHAT}|{_FIGURES})*"
)
_CODES = ("material_no", "hs_code")


def totals_cell(cells: Mapping[int, Cell], columns: Mapping[str, int]) -> int | None:
    """The column in which a row says that it is a sum; None for goods, which have a 料号 or a 商品编码 of their own."""
    saying = [column for column, cell in sorted(cells.items()) if _says_total(cell)]
    if not saying:
        return None
    held = [columns[name] for name in _CODES if name in columns]
    return None if any(column in cells and column not in saying for column in held) else saying[0]


def _says_total(cell: Cell) -> bool:
    return cell.kind == "text" and len(cell.text) <= 60 and _TOTAL.fullmatch(folded(cell.text)) is not None
