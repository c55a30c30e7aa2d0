"""What is learnt of a declared document: per 料号 what the clerk typed for it, to be offered again.

Pure, and knows no kind by name: a section that declares 料号, 商品编码 and 规格型号 tells of goods. 申报要素 have no public
source, so what was declared before is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from customs.documents.kinds import Kind
from customs.documents.life import APPROVED
from customs.documents.sections import Section
from customs.master.records import GOODS

Standing = Literal["declared", "approved", "returned"]
"""What became of the sending that told it."""
FIELDS = tuple(name for name in GOODS.fields if name not in ("material_no", "elements", "remark"))
_TELLS_OF_GOODS = frozenset({"material_no", "hs_code", "specification"})
_RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a document says of its goods. `principal`: code of the firm in whose name it is declared, "" for none."""

    principal: str
    goods: Mapping[str, Mapping[str, str]]
    """By 料号, the fields of a goods record; of several rows the last."""


def lesson_of(kind: Kind, document: Mapping[str, Any]) -> Lesson:
    """What is to be remembered of a document that was declared."""
    found: dict[str, dict[str, str]] = {}
    for section, row in _rows(kind, document):
        material = row.get("material_no")
        if isinstance(material, str) and material:
            kept = {name: row.get(name) for name in FIELDS if name in section.fields}
            found[material] = {
                name: value for name, value in kept.items() if isinstance(value, str) and value
            }
    return Lesson(principal_of(kind, document), {material: kept for material, kept in found.items() if kept})


def principal_of(kind: Kind, document: Mapping[str, Any]) -> str:
    """Code of the firm in whose name it is declared, "" while it names none."""
    head = document.get("head")
    code = head.get(f"{kind.principal}_code") if kind.principal and isinstance(head, Mapping) else None
    return code if isinstance(code, str) else ""


def standing_of(kind: Kind, state: str) -> Standing | None:
    """What a state says of the sending it came from; None: nothing yet."""
    if state == _RETURNED:
        return "returned"
    approvals = {step.state for step in kind.life.course.values() if step.rank >= APPROVED}
    return "approved" if state in approvals else None


def _rows(kind: Kind, document: Mapping[str, Any]) -> Iterator[tuple[Section, Mapping[str, Any]]]:
    for section in kind.sections:
        rows = document.get(section.name)
        if section.many and isinstance(rows, list) and section.fields.keys() >= _TELLS_OF_GOODS:
            yield from ((section, row) for row in rows if isinstance(row, Mapping))
