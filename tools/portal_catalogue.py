"""What the portal reads instead of typing it: the fields of every kind, its life, and the code tables, as JSON by path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as dataclass_fields

from pydantic import JsonValue

from backbone.parameters import Parameter
from customs.codes import TABLES
from customs.codes.loader import Table
from customs.documents import KINDS, FieldSpec
from customs.documents.conditions import as_json
from customs.documents.copies import reversible
from customs.documents.explaining import explained
from customs.documents.kinds import Kind, Profile
from customs.documents.sections import Section
from services.query import columns, conditions
from services.reference.pinyin import initials
from tools import portal_vectors
from tools.canonical import JsonObject, text_of
from tools.tree import ROOT

FOLDER = "portal/src/generated"
_OF_NO_USE = frozenset({"up", "down", "also", "confidence", "source"})
"""Names of elements and where a fact comes from: nothing on the page is made of them."""


def _field(kind: Kind, section: Section, spec: FieldSpec) -> JsonObject:
    """Only what differs from an ordinary field: absent is empty, false or "keep"."""
    facts: JsonObject = {}
    for field in dataclass_fields(spec):
        value = getattr(spec, field.name)
        if field.name not in _OF_NO_USE and value not in (None, "", False, (), "keep", "any"):
            facts[field.name] = value
    for name in ("needed_if", "shown_if"):
        if name in facts:
            facts[name] = as_json(getattr(spec, name))
    if spec.digits:
        facts["digits"] = list(spec.digits)
    if any((section.name, spec.name) in rule.needs and Profile.SAVE in rule.profiles for rule in kind.rules):
        facts["needed_at"] = "save"
    if words := explained(kind, section, spec.name):
        facts["explained"] = [words.means, words.found, words.example]
    return facts


def _section(kind: Kind, section: Section) -> JsonObject:
    facts: JsonObject = {
        "name": section.name,
        "label": section.label,
        "row_label": section.row_label,
        "many": section.many,
        "max_rows": section.max_rows,
        "required": section.required,
        "row_key": list(section.row_key),
        "rows_may_change": section.rows_may_change,
        "fields": [_field(kind, section, spec) for spec in section.fields.values()],
    }
    if section.shown_if:
        facts["shown_if"] = as_json(section.shown_if)
    return facts


def _forces(kind: Kind) -> list[JsonValue]:
    """`[condition, field of the head, value]`: what the page sets by itself."""
    return [[as_json(f.condition), f.field, f.value] for rule in kind.rules for f in rule.forces]


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


def _parameter(parameter: Parameter) -> JsonObject:
    """A condition of the list: whether it is one of few, a yes or no, a day or a text."""
    schema = parameter.schema.get("items", parameter.schema)
    assert isinstance(schema, Mapping)
    among: JsonObject = {"among": [str(each) for each in schema["enum"]]} if "enum" in schema else {}
    form = "flag" if schema.get("type") == "boolean" else str(schema.get("format", "text"))
    if parameter.name.endswith(("_from", "_to")):
        form = "day"
    return {"name": parameter.name, "label": parameter.label, "form": form, "many": parameter.many, **among}


def _catalogue(kind: Kind) -> JsonObject:
    return {
        "name": kind.name,
        "label": kind.label,
        "url": kind.url,
        "principal": kind.principal,
        "valid_until": kind.valid_until,
        "merges": kind.merge is not None,
        "made_from": [making.source for making in kind.made_from],
        "makes": [
            target.name for target in KINDS.values() if any(by.source == kind.name for by in target.made_from)
        ],
        "listed": list(kind.listed),
        "conditions": list(kind.conditions),
        "columns": {name: columns.heading(kind, name) for name in columns.of_kind(kind.name)},
        "parameters": [_parameter(each) for each in conditions.narrowing(kind)],
        "page_conditions": _official_page(kind, "conditions"),
        "page_columns": _official_page(kind, "columns"),
        "markable": [*sorted(kind.life.markable)],
        "states": [{**asdict(state)} for state in kind.life.states.values()],
        "rounds": [{"purpose": name.value, "label": step.label} for name, step in kind.life.rounds.items()],
        "reversible": reversible(kind),
        "forces": _forces(kind),
        "sections": [_section(kind, section) for section in kind.sections],
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
    made[portal_vectors.PATH] = portal_vectors.text()
    return made
