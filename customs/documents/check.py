"""The check: from what a client sent to the normal form and everything that is wrong with it, all at once.

Pure and thread-safe; knows no kind by name. Structure, values and needs come from the catalogue, the rest from its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import orjson

from contracts.characters import wide_fault, without_unseen
from contracts.problems import Problem
from customs.codes import Code, Table, table
from customs.codes.loader import on_place
from customs.documents.fields import FieldSpec
from customs.documents.findings import Findings, shown
from customs.documents.kinds import Kind, Profile
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.documents.told import reader_of_told
from customs.documents.values import Reader, UnfitError, reader, refused, width

SystemFields = Literal["refuse", "keep", "told"]
CODE_ENDED = "code_ended"
"""A warning of the check: the code was valid until an edition put in place later. Who declares anew must not use it."""
_NEAR = 3
_PURPOSES = {Profile.SAVE: "保存", Profile.DECLARE: "申报"}


@dataclass(frozen=True, slots=True)
class Checked:
    """Outcome of a check. `document` holds what was valid, in normal form, in the order of the catalogue."""

    document: JsonObject
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Nothing must be put right; there may be warnings."""
        return not self.problems


def check(
    kind: Kind,
    body: bytes | bytearray | str | Mapping[str, Any],
    profile: Profile,
    *,
    system_fields: SystemFields = "refuse",
) -> Checked:
    """Check a document as a client sent it: JSON text, or the object it holds.

    `system_fields` "keep" is for documents that come out of a message or of our own storage: numbers and marks that
    only the authority sets are then checked like others instead of being refused. "told" is for what a receipt tells:
    the same, in the lengths of customs' own schema.
    """
    findings = Findings(kind)
    given = body if isinstance(body, Mapping) else _parsed(body, findings)
    if given is None:
        return Checked({}, findings.problems(), ())
    document: dict[str, Any] = {}
    known = {section.name for section in kind.sections}
    for name in given:
        if name not in known:
            findings.unknown_section(str(name))
    for section in kind.sections:
        reading = _SectionReading.of(section, profile, system_fields)
        clean = reading.read(given.get(section.name), findings)
        if clean is not None:
            document[section.name] = clean
    for rule in kind.rules:
        if profile in rule.profiles:
            rule.apply(document, findings)
    return Checked(document, findings.problems(), findings.warnings())


def _parsed(body: bytes | bytearray | str, findings: Findings) -> Mapping[str, Any] | None:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        findings.whole("invalid_json", detail=f"第{error.lineno}行第{error.colno}列无法解析")
        return None
    if isinstance(given, dict):
        return given
    findings.whole("wrong_type", field="单证", expected="JSON对象")
    return None


@dataclass(slots=True)
class _SectionReading:
    """One section, prepared for a profile: readers by field name and what must be there."""

    section: Section
    readers: dict[str, Reader]
    order: tuple[str, ...]
    required: frozenset[str]
    purpose: str
    free: frozenset[str]
    marks: tuple[str, ...]
    advice: list[tuple[str, FieldSpec, frozenset[str] | None]] = field(default_factory=list)

    @staticmethod
    @lru_cache(maxsize=256)
    def _cached(section: _Identity, profile: Profile, system_fields: SystemFields) -> _SectionReading:
        part = section.section
        needed = {"save"} if profile is Profile.SAVE else {"save", "declare"}
        prepared = _SectionReading(
            section=part,
            readers={
                name: refused
                if spec.need == "system" and system_fields == "refuse"
                else (reader_of_told if system_fields == "told" else reader)(spec)
                for name, spec in part.fields.items()
            },
            order=tuple(part.fields),
            required=frozenset(name for name, spec in part.fields.items() if spec.need in needed),
            purpose=_PURPOSES[profile],
            free=frozenset(name for name, spec in part.fields.items() if spec.is_free),
            marks=tuple(name for name, spec in part.fields.items() if spec.form == "mark"),
        )
        for name, spec in part.fields.items():
            listed = table(spec.table) if spec.table else None
            if listed is not None and (listed.open or listed.ended) and spec.need != "system":
                prepared.advice.append((name, spec, listed.codes))
            if spec.advised_length:
                prepared.advice.append((name, spec, None))
        return prepared

    @classmethod
    def of(cls, section: Section, profile: Profile, system_fields: SystemFields) -> _SectionReading:
        return cls._cached(_Identity(section), profile, system_fields)

    def read(self, given: object, findings: Findings) -> JsonObject | list[Any] | None:
        return self._rows(given, findings) if self.section.many else self._single(given, findings)

    def _single(self, given: object, findings: Findings) -> JsonObject | None:
        name = self.section.name
        if given is None or given == "":
            given = {}
        if not isinstance(given, Mapping):
            findings.problem(name, None, None, "wrong_type", expected="JSON对象")
            return {} if self.section.required else None
        if not given and not self.section.required:
            return None
        clean = self._row(given, None, findings)
        return clean if clean or self.section.required else None

    def _rows(self, given: object, findings: Findings) -> list[Any]:
        name = self.section.name
        if given is None or given == "":
            return []
        if not isinstance(given, list):
            findings.problem(name, None, None, "wrong_type", expected="数组")
            return []
        if len(given) > self.section.max_rows:
            findings.problem(name, None, None, "too_many_rows", count=len(given), limit=self.section.max_rows)
            return []
        rows: list[Any] = []
        for number, row in enumerate(given):
            if isinstance(row, Mapping):
                rows.append(self._row(row, number, findings))
            else:
                findings.problem(name, number, None, "wrong_type", expected="JSON对象")
                # An empty row keeps the numbers of the others true.
                rows.append({})
        return rows

    def _row(self, given: Mapping[str, Any], number: int | None, findings: Findings) -> JsonObject:
        name, readers = self.section.name, self.readers
        clean: JsonObject = {}
        for key, value in given.items():
            read = readers.get(key)
            if read is None:
                findings.problem(name, number, str(key), "unknown_field")
                continue
            if value is None or value == "":
                continue
            try:
                normal = read(value)
            except UnfitError as unfit:
                findings.problem(name, number, key, unfit.code, **unfit.values_of_text)
            else:
                if normal != "":
                    clean[key] = normal
                if key in self.free and (removed := without_unseen(value)[1]):
                    findings.warning(name, number, key, "unseen_removed", character=removed)
        for key in self.marks:
            if fault := wide_fault(str(clean.get(key, ""))):
                findings.warning(name, number, key, "wide_in_key", **fault.values)
        if not self.required <= clean.keys():
            for key in self.order:
                if key in self.required and key not in clean:
                    findings.problem(name, number, key, "required", purpose=self.purpose)
        for key, spec, codes in self.advice:
            text = clean.get(key)
            if isinstance(text, str):
                _advise(name, number, spec, text, codes, findings)
        return {key: clean[key] for key in self.order if key in clean}


on_place(_SectionReading._cached.cache_clear)


def _advise(
    section: str,
    row: int | None,
    spec: FieldSpec,
    text: str,
    codes: frozenset[str] | None,
    findings: Findings,
) -> None:
    if codes is not None:
        if text not in codes:
            listed = table(str(spec.table))
            values = {"value": shown(text), "table": listed.label, "edition": listed.edition}
            known = listed.get(text)
            if known is None:
                findings.warning(section, row, spec.name, "code_not_in_table", **values)
            else:
                values |= {"name": known.name, "until": str(known.valid_until), "near": near(listed, known)}
                findings.warning(section, row, spec.name, CODE_ENDED, **values)
    elif spec.advised_length and len(text) * 2 > spec.advised_length:
        length = width(text)
        if length > spec.advised_length:
            findings.warning(
                section, row, spec.name, "long_for_page", length=length, limit=spec.advised_length
            )


def near(listed: Table, ended: Code) -> str:
    """Codes that hold and may have taken its place: those of its name, else those that begin like it."""
    named = [row for row in listed.holding() if row.name == ended.name]
    alike = named or [row for row in listed.holding() if row.code[:-1] == ended.code[:-1]]
    return "、".join(f"{row.code} {row.name}" for row in alike[:_NEAR]) or f"{listed.label}中的有效代码"


class _Identity:
    """Makes a section, which holds mappings, usable as a cache key."""

    __slots__ = ("section",)

    def __init__(self, section: Section) -> None:
        self.section = section

    def __hash__(self) -> int:
        return id(self.section)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.section is self.section
