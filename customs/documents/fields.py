"""How one field of a document is declared: the metadata every catalogue class carries in `Annotated`.

A field is written once, in a class of `customs/documents/<kind>/`; model, JSON Schema, XML element names, form, print
labels and error texts all come from that one line. The builders below (`text`, `code`, `decimal` …) make the metadata.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, Unpack, get_args

from pydantic import BaseModel, ConfigDict
from pydantic_core import core_schema

from customs.documents.conditions import Condition, as_json

FieldType = Literal["text", "code", "decimal", "integer", "date", "datetime"]
Need = Literal["save", "declare", "when", "optional", "system"]
Form = Literal["any", "key", "mark", "digits", "word", "book", "uscc", "party"]
"""What the characters must be: digits only; digits, capitals and underscore; 统一社会信用代码; `party` is a word or NO;
`book` is a word or begins with NULL in either case.

`any` is free text. A `key` is a number the user gives out himself: any characters that are seen, none of full width. A
`mark` was given by others, e.g. a 料号 or a plate: any characters that are seen.
"""
Sign = Literal["any", "positive", "not_negative"]
Confidence = Literal["H", "M", "L"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """Everything known about one field. Lengths are in bytes of the authority: a Chinese character counts 2."""

    name: str
    label: str
    up: str | None
    """Element in the import dialect (what we upload); None: the authority alone tells it."""
    down: str | None
    """Element in the customs dialect (receipts); None: not known there."""
    type: FieldType
    max_length: int
    need: Need = "optional"
    exact: bool = False
    """The value has exactly `max_length` characters."""
    form: Form = "any"
    digits: tuple[int, int] | None = None
    """Total digits and decimals."""
    sign: Sign = "any"
    table: str | None = None
    when: str | None = None
    """Chinese explanation of a conditional need; with `needed_if` it is written by the kind from that."""
    needed_if: Condition | None = None
    """When it must be there; a rule built by `needed` asks for it, and the page marks it."""
    shown_if: Condition | None = None
    """When the field is of use; the page hides it otherwise, unless it has a value."""
    advised_length: int | None = None
    """The Single Window's own page takes no more than this; the message schema does."""
    changeable: bool = False
    """A 变更 may touch it."""
    on_copy: Literal["keep", "clear"] = "keep"
    copy_as: str | None = None
    """The value a copy starts with."""
    on_reverse: Literal["keep", "flip", "clear"] = "keep"
    """In a copy into the other direction: I becomes E and E becomes I, or what belongs to this direction goes."""
    note: str = ""
    """Chinese help for the form."""
    also: tuple[str, ...] = ()
    """Other spellings of the element, in either dialect, that reading takes."""
    source: str = ""
    confidence: Confidence = "H"

    @property
    def is_free(self) -> bool:
        """Free text: what nobody sees is taken out of it instead of refused."""
        return self.type == "text" and self.form == "any"

    @property
    def is_spelt(self) -> bool:
        """Only certain characters may stand in it."""
        return self.form not in ("any", "key", "mark")

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        json_schema: dict[str, Any] = handler(schema)
        json_schema.update(_schema_facts(self))
        return json_schema


class Options(TypedDict, total=False):
    """What a builder takes of a `FieldSpec` beside what it asks for by itself: the same names and types."""

    down: str | None
    exact: bool
    form: Form
    sign: Sign
    when: str | None
    needed_if: Condition | None
    shown_if: Condition | None
    advised_length: int | None
    changeable: bool
    on_copy: Literal["keep", "clear"]
    copy_as: str | None
    on_reverse: Literal["keep", "flip", "clear"]
    note: str
    also: tuple[str, ...]
    source: str
    confidence: Confidence


DECIMAL_PATTERN = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
_FORM_PATTERNS: dict[Form, str] = {
    "digits": "^[0-9]*$",
    "word": "^[0-9A-Z_]*$",
    "book": "^([Nn][Uu][Ll][Ll])?[0-9A-Z_]*$",
    "uscc": "^[0-9A-HJ-NPQRTUWXY]*$",
    "party": "^[0-9A-Z_]*$",
}


def _schema_facts(spec: FieldSpec) -> dict[str, Any]:
    facts: dict[str, Any] = {"title": spec.label, "x-type": spec.type, "x-need": spec.need}
    if spec.type == "decimal":
        facts["pattern"] = f"^({DECIMAL_PATTERN})?$"
    elif spec.type != "integer":
        facts["maxLength"] = spec.max_length
        if spec.form in _FORM_PATTERNS:
            facts["pattern"] = _FORM_PATTERNS[spec.form]
    if spec.digits:
        facts["x-digits"] = list(spec.digits)
    for name, value in (("x-table", spec.table), ("x-when", spec.when), ("description", spec.note)):
        if value:
            facts[name] = value
    for name, condition in (("x-needed-if", spec.needed_if), ("x-shown-if", spec.shown_if)):
        if condition:
            facts[name] = as_json(condition)
    for name, value in (("x-upload-element", spec.up), ("x-receipt-element", spec.down)):
        if value:
            facts[name] = value
    return facts


class Part(BaseModel):
    """A piece of a document: head or row. Only names of the catalogue are allowed; every field may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from and how sure they are; declared once per file, used by its fields."""

    text: str
    confidence: Confidence = "H"


@dataclass(frozen=True, slots=True)
class Fields:
    """Builders of field metadata that share a source. `down` defaults to `up` with a small first letter."""

    source: Source
    receipts: bool = True
    """False: the part is not told in receipts, so its fields get no `down` unless one is given."""

    def text(
        self, label: str, up: str | None, length: int, need: Need = "optional", **more: Unpack[Options]
    ) -> FieldSpec:
        """Free text of at most `length` bytes."""
        return self._spec("text", label, up, length, need, more)

    def exact(
        self, label: str, up: str | None, length: int, need: Need = "optional", **more: Unpack[Options]
    ) -> FieldSpec:
        """Text of exactly `length` characters, by default digits and capitals."""
        return self._spec("text", label, up, length, need, {"form": "word", "exact": True, **more})

    def uscc(self, label: str, up: str | None, need: Need = "optional", **more: Unpack[Options]) -> FieldSpec:
        """统一社会信用代码: 18 characters with a check digit (GB 32100)."""
        return self._spec("text", label, up, 18, need, {"form": "uscc", "exact": True, **more})

    def code(
        self,
        label: str,
        up: str | None,
        length: int,
        table: str,
        need: Need = "optional",
        **more: Unpack[Options],
    ) -> FieldSpec:
        """A code out of a table of `customs/codes`."""
        return self._spec("code", label, up, length, need, {"form": "word", **more}, table=table)

    def digits_code(
        self,
        label: str,
        up: str | None,
        length: int,
        table: str,
        need: Need = "optional",
        **more: Unpack[Options],
    ) -> FieldSpec:
        """A code of exactly this many digits, e.g. unit, country, currency."""
        digits: Options = {"form": "digits", "exact": True, **more}
        return self.code(label, up, length, table, need, **digits)

    def decimal(
        self,
        label: str,
        up: str | None,
        total: int,
        decimals: int,
        need: Need = "optional",
        **more: Unpack[Options],
    ) -> FieldSpec:
        """Decimal number, a string in JSON; by default not negative."""
        facts: Options = {"sign": "not_negative", **more}
        return self._spec("decimal", label, up, total + 2, need, facts, digits=(total, decimals))

    def integer(
        self, label: str, up: str | None, digits: int, need: Need = "optional", **more: Unpack[Options]
    ) -> FieldSpec:
        """Whole number, an int in JSON; by default at least 1."""
        facts: Options = {"sign": "positive", **more}
        return self._spec("integer", label, up, digits, need, facts, digits=(digits, 0))

    def date(self, label: str, up: str | None, need: Need = "optional", **more: Unpack[Options]) -> FieldSpec:
        """Calendar date as the authority writes it: yyyyMMdd."""
        return self._spec("date", label, up, 8, need, {"form": "digits", "exact": True, **more})

    def datetime(
        self, label: str, up: str | None, need: Need = "system", **more: Unpack[Options]
    ) -> FieldSpec:
        """Point in time, verbatim as the authority wrote it (several forms are seen), Asia/Shanghai."""
        return self._spec("datetime", label, up, 32, need, more)

    def _spec(
        self,
        kind: FieldType,
        label: str,
        up: str | None,
        length: int,
        need: Need,
        more: Options,
        *,
        table: str | None = None,
        digits: tuple[int, int] | None = None,
    ) -> FieldSpec:
        facts: Options = {"source": self.source.text, "confidence": self.source.confidence, **more}
        if "down" not in facts:
            facts["down"] = up[0].lower() + up[1:] if up and self.receipts else None
        if need == "system":
            facts.setdefault("on_copy", "clear")
        return FieldSpec(
            "", label, up, type=kind, max_length=length, need=need, table=table, digits=digits, **facts
        )


def fields_of(model: type[BaseModel]) -> dict[str, FieldSpec]:
    """The declared fields of a part, by name, in the order of the class. Raises TypeError for one without metadata."""
    found: dict[str, FieldSpec] = {}
    for name, info in model.model_fields.items():
        specs = [item for item in info.metadata if isinstance(item, FieldSpec)]
        if len(specs) != 1:
            raise TypeError(f"{model.__name__}.{name} needs exactly one FieldSpec")
        spec = replace(specs[0], name=name)
        if (int in get_args(info.annotation)) != (spec.type == "integer"):
            raise TypeError(f"{model.__name__}.{name} is annotated unlike its type {spec.type}")
        found[name] = spec
    return found
