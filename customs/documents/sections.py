"""The sections of a document: one object or a list of rows, with the fields that its class declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from customs.documents.conditions import Condition
from customs.documents.fields import FieldSpec, Part, fields_of


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document. `many`: a list of rows; otherwise one object."""

    name: str
    label: str
    row_label: str
    """What a clerk calls one row, e.g. 表体第3行 is `row_label.format(3)`; "" for a single object."""
    up: str | None
    down: str | None
    many: bool
    max_rows: int
    required: bool
    model: type[Part]
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    row_key: tuple[str, ...] = ("line_no",)
    """The fields that tell rows apart, so that two versions can be compared row by row."""
    rows_may_change: bool = False
    """Whether a 变更 may add and delete rows; otherwise only their changeable fields."""
    shown_if: Condition | None = None
    """When there may be such rows, by fields of the head; None: always."""

    @property
    def by_up(self) -> dict[str, FieldSpec]:
        """Fields by element name of the import dialect."""
        return {spec.up: spec for spec in self.fields.values() if spec.up}

    @property
    def by_down(self) -> dict[str, FieldSpec]:
        """Fields by element name of the customs dialect."""
        return {spec.down: spec for spec in self.fields.values() if spec.down}


def section(
    name: str,
    label: str,
    model: type[Part],
    *,
    up: str | None,
    down: str | None,
    row_label: str = "",
    max_rows: int = 1,
    required: bool = False,
    row_key: str | tuple[str, ...] = "line_no",
    rows_may_change: bool = False,
    shown_if: Condition | None = None,
) -> Section:
    """A section with the fields its model declares; it has many rows when it has a row label."""
    fields = MappingProxyType(fields_of(model))
    many = bool(row_label)
    key = (row_key,) if isinstance(row_key, str) else row_key
    if many and not fields.keys() >= {*key}:
        raise TypeError(f"{model.__name__} has no field {', '.join(key)}")
    return Section(
        name,
        label,
        row_label,
        up,
        down,
        many,
        max_rows,
        required,
        model,
        fields,
        key,
        rows_may_change,
        shown_if,
    )
