"""归并: what is asked and answered when goods rows are put together into the rows of a 报关单. How is the kind's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from customs.documents.findings import Findings
from customs.documents.normal_form import JsonObject

Numbering = Literal["keep", "close", "anew"]


@dataclass(frozen=True, slots=True)
class MergeOrder:
    """What a clerk decided. `apart`: 商品序号 of goods rows that are merged with no other."""

    numbering: Numbering = "keep"
    """keep: numbers typed into the rows stand, gaps are refused; close: the grouping they make stands and is numbered
    1..n; anew: what was typed is forgotten."""
    apart: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One row of the 报关单 and the 商品序号 of the goods rows that feed it."""

    line_no: int
    goods: Sequence[int]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the documents that a too large one may be split into: the 商品序号 of its goods rows."""

    entry_lines: int
    goods: Sequence[int]


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows ready to be saved, or () with problems in the findings. `parts`: a proposal when there are too many rows."""

    goods: Sequence[JsonObject] = ()
    declaration_rows: Sequence[JsonObject] = ()
    lines: Sequence[EntryLine] = ()
    parts: Sequence[Part] = ()


Merge = Callable[[Mapping[str, Any], MergeOrder, Findings], Merged]
"""Of (document in normal form, order, where problems and warnings go)."""
