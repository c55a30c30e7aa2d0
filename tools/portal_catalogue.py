"""What the portal reads instead of typing it: the fields of every kind, its life, and the code tables, as JSON by path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict

from pydantic import JsonValue

from customs.codes import TABLES
from customs.codes.loader import Table
from customs.documents import KINDS, FieldSpec
from customs.documents.kinds import Kind, Section
from services.reference.pinyin import initials
from tools.canonical import JsonObject, text_of
from tools.tree import ROOT

FOLDER = "portal/src/generated"
_OF_NO_USE = frozenset({"up", "down", "also", "confidence", "source"})
"""Names of elements and where a fact comes from: nothing on the page is made of them."""


def _field(spec: FieldSpec) -> JsonObject:
    """Only what differs from an ordinary field: absent is empty, false or "keep"."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(spec).items()
        if name not in _OF_NO_USE and value not in (None, "", False, (), "keep", "any")
    }


def _section(section: Section) -> JsonObject:
    return {
        "name": section.name,
        "label": section.label,
        "row_label": section.row_label,
        "many": section.many,
        "max_rows": section.max_rows,
        "required": section.required,
        "row_key": list(section.row_key),
        "rows_may_change": section.rows_may_change,
        "fields": [_field(spec) for spec in section.fields.values()],
    }


def _official_page(kind: Kind, what: str) -> list[JsonValue]:
    """Words of the official query page with our names, as docs/lists.md has them; none for a kind without such a page."""
    text = (ROOT / "docs/lists.md").read_text(encoding="utf-8")
    _, found, rest = text.partition(f"### {kind.label}: {what}\n")
    rows = (
        re.findall(r"^\| ([^|`]+) \| ((?:`[^`]+`(?:, )?)+) \|$", rest.partition("\n#")[0], re.M)
        if found
        else []
    )
    return [{"label": word, "names": re.findall("`([a-z_]+)`", names)} for word, names in rows]


def _catalogue(kind: Kind) -> JsonObject:
    return {
        "name": kind.name,
        "label": kind.label,
        "url": kind.url,
        "principal": kind.principal,
        "valid_until": kind.valid_until,
        "merges": kind.merge is not None,
        "made_from": [making.source for making in kind.made_from],
        "listed": list(kind.listed),
        "conditions": list(kind.conditions),
        "page_conditions": _official_page(kind, "conditions"),
        "page_columns": _official_page(kind, "columns"),
        "markable": [*sorted(kind.life.markable)],
        "states": [{**asdict(state)} for state in kind.life.states.values()],
        "rounds": [{"purpose": name.value, "label": step.label} for name, step in kind.life.rounds.items()],
        "sections": [_section(section) for section in kind.sections],
    }


def _rows(table: Table) -> list[JsonValue]:
    """`[code, name, pinyin initials]`, and the letters where the table has them."""
    return [
        [row.code, row.name, initials(row.name), *([row.alpha] if row.alpha else [])]
        for row in table.holding()
    ]


def _codes_text(tables: Mapping[str, Table]) -> str:
    """A row a line, so that a difference can be read."""
    parts = []
    for name, table in sorted(tables.items()):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in _rows(table))
        head = f'"label": {json.dumps(table.label, ensure_ascii=False)}, "open": {json.dumps(table.open)}'
        parts.append(f'"{name}": {{{head}, "rows": [\n{rows}\n]}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def files() -> dict[str, str]:
    """Every generated file of the portal by path."""
    made = {f"{FOLDER}/catalogue/{name}.json": text_of(_catalogue(kind)) for name, kind in KINDS.items()}
    made[f"{FOLDER}/kinds.json"] = text_of(
        {name: {"label": kind.label, "url": kind.url} for name, kind in KINDS.items()}
    )
    made[f"{FOLDER}/codes.json"] = _codes_text(TABLES)
    return made
