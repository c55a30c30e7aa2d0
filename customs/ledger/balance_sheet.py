"""The columns of a 平衡表: as page data, in Excel and on paper."""

from __future__ import annotations

from typing import NamedTuple


class SheetColumn(NamedTuple):
    """One column. `numeric`: a quantity, null where it is unknown."""

    name: str
    label: str
    numeric: bool


COLUMNS = (
    SheetColumn("mark_label", "料件成品", False),
    SheetColumn("line_no", "备案序号", False),
    SheetColumn("material_no", "商品料号", False),
    SheetColumn("hs_code", "商品编码", False),
    SheetColumn("name", "商品名称", False),
    SheetColumn("unit_name", "计量单位", False),
    SheetColumn("opening", "期初余量", True),
    SheetColumn("came", "本期入", True),
    SheetColumn("went", "本期出", True),
    SheetColumn("adjusted", "海关调整", True),
    SheetColumn("closing", "期末余量", True),
    SheetColumn("pre_in", "预增", True),
    SheetColumn("pre_out", "预减", True),
)
"""海关调整: what customs' own figures or a new opening changed beyond what was posted here."""
