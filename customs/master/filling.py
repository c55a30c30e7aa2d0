"""Completing a document from master data and what was learnt: what was filled, from where, and what is still to be typed.

Pure, and knows no kind by name: parties are found by the names of their three fields, goods by their 料号, vehicles by plate.
Nothing that was typed is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.answers.master import Completed, Filled, FilledFrom, Prompt
from customs.codes import Code, table
from customs.codes.editions import note_of
from customs.documents.amounts import plain, total_of
from customs.documents.findings import place_of, pointer_of
from customs.documents.kinds import Kind, Party
from customs.documents.sections import Section
from customs.master.learning import principal_of
from customs.master.records import TRUCKS

MAX_TOLD = 5_000
_MOST_DIGITS = 40
_INTO_THE_AREA, _EXEMPT = "I", "3"
_PARTY = ("code", "uscc", "name")
_COMPANY_FIELDS = {"code": "customs_code", "uscc": "uscc", "name": "name"}
# Unit the tariff asks for and the quantity in it; where it is the unit of the row, the entry page copies the quantity.
_STATUTORY = (
    ("statutory_unit", "statutory_quantity"),
    ("second_statutory_unit", "second_statutory_quantity"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A record with what tells it to the clerk."""

    id: str
    label: str
    content: Mapping[str, Any]
    learnt_at: datetime | None = None
    """Of what was learnt from a document: when that was declared, and in how many the 料号 was."""
    times: int | None = None


@dataclass(frozen=True, slots=True)
class StatutoryUnits:
    """What the tariff says of one goods code."""

    code: str
    name: str
    unit: str
    second_unit: str | None


@dataclass(frozen=True)
class Sources:
    """What may be filled in. `hs` answers None for a code its edition does not have; `hs_edition` None: no table is loaded."""

    companies: Mapping[str, Known] = field(default_factory=dict)
    """By customs code, credit code and name."""
    goods: Mapping[str, Known] = field(default_factory=dict)
    """By 料号, those of the customer before those of nobody."""
    learnt: Mapping[str, Sequence[Known]] = field(default_factory=dict)
    """By 料号, what earlier documents said of it, the best first; a record in `goods` goes before."""
    trucks: Mapping[str, Known] = field(default_factory=dict)
    """By plate."""
    template: Known | None = None
    enterprise: Known | None = None
    """Who declares, its `Party` under `party`; None where that is not clear."""
    hs: Callable[[str], StatutoryUnits | None] = lambda _: None
    hs_label: str = ""
    hs_edition: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What the document could be completed from."""

    companies: frozenset[str]
    material_nos: frozenset[str]
    plates: frozenset[str]
    principal: str
    """Code of the firm in whose name it is declared, "" while it names none."""


def wanted(kind: Kind, document: Mapping[str, Any]) -> Wanted:
    """The keys to look up: customs codes, credit codes and names of parties, 料号, plates, and whose goods they are."""
    companies: set[str] = set()
    materials: set[str] = set()
    plates: set[str] = set()
    for section, _, part in _parts(kind, document):
        for prefix in _parties(section):
            companies |= {v for s in _PARTY if isinstance(v := part.get(f"{prefix}_{s}"), str) and v}
        for name, found in (("material_no", materials), ("vehicle_no", plates)):
            value = part.get(name)
            if name in section.fields and isinstance(value, str) and value:
                found.add(value)
    return Wanted(frozenset(companies), frozenset(materials), frozenset(plates), principal_of(kind, document))


def templated(kind: Kind, document: Mapping[str, Any], template: Known | None) -> dict[str, Any]:
    """The document as the template completes it; for `wanted` to see what the template names."""
    return _Filling(kind, document, Sources(template=template), date.min).with_template()


def complete(kind: Kind, document: Mapping[str, Any], sources: Sources, today: date) -> Completed:
    """Fill in from the template, then companies, vehicles, goods, earlier documents, the tariff, and what follows by rule.

    `today` is the day in Shanghai.
    """
    filling = _Filling(kind, document, sources, today)
    filling.with_template()
    for section, number, part in _parts(kind, filling.document):
        filling.parties(section, number, part)
        filling.truck(section, number, part)
        filling.goods(section, number, part)
        filling.statutory(section, number, part)
        filling.total(section, number, part)
        filling.exempt(section, number, part)
    filling.by_itself()
    filling.note_edition()
    return Completed(
        document=filling.document,
        filled=filling.filled,
        filled_count=filling.filled_count,
        prompts=filling.prompts,
        prompt_count=filling.prompt_count,
        notes=list(filling.notes),
    )


def _parts(kind: Kind, document: Mapping[str, Any]) -> Iterator[tuple[Section, int | None, dict[str, Any]]]:
    """Every object of the document with its section and, of rows, its place."""
    for section in kind.sections:
        given = document.get(section.name)
        if section.many and isinstance(given, list):
            for number, row in enumerate(given):
                if isinstance(row, dict):
                    yield section, number, row
        elif not section.many and isinstance(given, dict):
            yield section, None, given


def _parties(section: Section) -> list[str]:
    """Prefixes of the fields that name an enterprise: `owner` of owner_code, owner_name, owner_uscc."""
    return [
        name.removesuffix("_uscc")
        for name, spec in section.fields.items()
        if name.endswith("_uscc")
        and spec.form == "uscc"
        and f"{name.removesuffix('_uscc')}_code" in section.fields
    ]


def _ended(name: str | None, value: Any) -> Code | None:
    """The row of a code that an edition ended."""
    if name is None or not isinstance(value, str) or value in table(name).codes:
        return None
    return table(name).get(value)


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(value) if isinstance(value, str) and len(value) <= _MOST_DIGITS else None
    except InvalidOperation:
        return None
    return (
        found if found is not None and found.is_finite() and abs(found.adjusted()) <= _MOST_DIGITS else None
    )


def _absent(part: Mapping[str, Any], name: str) -> bool:
    return part.get(name) in (None, "")


class _Filling:
    def __init__(self, kind: Kind, document: Mapping[str, Any], sources: Sources, today: date) -> None:
        self.document: dict[str, Any] = {
            name: [dict(r) if isinstance(r, Mapping) else r for r in part]
            if isinstance(part, list)
            else dict(part)
            if isinstance(part, Mapping)
            else part
            for name, part in document.items()
        }
        self.filled: list[Filled] = []
        self.prompts: list[Prompt] = []
        self.filled_count = self.prompt_count = 0
        self.notes: dict[str, None] = {}
        self._kind, self._sources, self._today = kind, sources, today
        self._tariff_used = False
        edition = sources.hs_edition
        self._edition_note = note_of(sources.hs_label, edition, today) if edition is not None else None

    def with_template(self) -> dict[str, Any]:
        template = self._sources.template
        if template is None:
            return self.document
        source = FilledFrom(type="template", id=template.id, label=template.label)
        for section in self._kind.sections:
            given = template.content.get(section.name)
            present = self.document.get(section.name)
            if section.many and isinstance(given, list) and present in (None, "", []):
                self.document[section.name] = rows = [dict(row) for row in given]
                for number, row in enumerate(rows):
                    for name, value in row.items():
                        self._tell(section, number, name, value, source)
            elif not section.many and isinstance(given, Mapping):
                part = present if isinstance(present, dict) else {}
                if present in (None, ""):
                    self.document[section.name] = part
                for name, value in given.items():
                    self._set(section, None, part, name, value, source)
        return self.document

    def parties(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        for prefix in _parties(section):
            names = {each: f"{prefix}_{each}" for each in _PARTY if f"{prefix}_{each}" in section.fields}
            given = next((part[n] for n in names.values() if not _absent(part, n)), None)
            known = self._sources.companies.get(given) if isinstance(given, str) else None
            if known is None or self._contradicts(part, names, known):
                continue
            source = FilledFrom(type="company", id=known.id, label=known.label)
            for each, name in names.items():
                self._set(section, number, part, name, known.content.get(_COMPANY_FIELDS[each]), source)

    @staticmethod
    def _contradicts(part: Mapping[str, Any], names: Mapping[str, str], known: Known) -> bool:
        """Whether one of the codes that were typed is another enterprise's."""
        return any(
            not _absent(part, names[each]) and part[names[each]] != known.content.get(_COMPANY_FIELDS[each])
            for each in ("code", "uscc")
            if each in names and known.content.get(_COMPANY_FIELDS[each])
        )

    def truck(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        plate = part.get("vehicle_no")
        known = self._sources.trucks.get(plate) if isinstance(plate, str) else None
        if known is None or "vehicle_no" not in section.fields:
            return
        source = FilledFrom(type="vehicle", id=known.id, label=known.label)
        for name in TRUCKS.fields:
            if name in section.fields and name != "remark":
                self._set(section, number, part, name, known.content.get(name), source)

    def goods(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        material = part.get("material_no")
        if not isinstance(material, str) or "hs_code" not in section.fields:
            return
        known = self._sources.goods.get(material)
        if known is not None:
            source = FilledFrom(type="goods", id=known.id, label=known.label)
            self._article(section, number, part, known, source)
        for known in self._sources.learnt.get(material, ()):
            source = FilledFrom(
                type="learnt", id=known.id, label=known.label, learnt_at=known.learnt_at, times=known.times
            )
            self._article(section, number, part, known, source)

    def _article(
        self, section: Section, number: int | None, part: dict[str, Any], known: Known, source: FilledFrom
    ) -> None:
        content = dict(known.content)
        elements = content.pop("elements", None)
        content.setdefault("specification", elements)
        if part.get("hs_code") not in (None, "", content.get("hs_code")):
            # Units and elements follow the goods code; those of another code would be wrong.
            for name in ("statutory_unit", "second_statutory_unit", "specification"):
                content.pop(name, None)
        if part.get("currency") not in (None, "", content.get("currency")):
            content.pop("unit_price", None)
        content.pop("remark", None)
        for name, value in content.items():
            self._set(section, number, part, name, value, source)

    def statutory(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        if "hs_code" not in section.fields or "statutory_unit" not in section.fields:
            return
        code = part.get("hs_code")
        if isinstance(code, str) and code:
            self._units(section, number, part, code)
        for unit, quantity in _STATUTORY:
            if quantity not in section.fields or _absent(part, unit) or not _absent(part, quantity):
                continue
            if part[unit] == part.get("unit") and not _absent(part, "quantity"):
                label = place_of(section, number, "quantity")
                source = FilledFrom(type="document", id=pointer_of(section, number, "quantity"), label=label)
                self._set(section, number, part, quantity, part["quantity"], source)
            else:
                name = table("units").label_of(str(part[unit]))
                self._prompt(
                    section, number, quantity, f"{place_of(section, number, quantity)}未填写，单位为{name}"
                )

    def _units(self, section: Section, number: int | None, part: dict[str, Any], code: str) -> None:
        edition = self._sources.hs_edition
        if edition is None:
            return
        units = self._sources.hs(code)
        if units is None:
            place = place_of(section, number, "hs_code")
            label = f"{self._sources.hs_label}（{edition}版）"
            self._prompt(
                section, number, "hs_code", f"{place}[{code[:20]}]不在{label}中，请核对编码并自行填写法定单位"
            )
            return
        shown = edition if self._edition_note else None
        source = FilledFrom(type="hs_code", id=code, label=f"{code} {units.name}", edition=shown)
        values = {"statutory_unit": units.unit, "second_statutory_unit": units.second_unit}
        for name, value in values.items():
            self._tariff_used |= self._set(section, number, part, name, value, source)

    def total(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        if not {"quantity", "unit_price", "total_price"} <= section.fields.keys():
            return
        quantity, price = (_number(part.get(name)) for name in ("quantity", "unit_price"))
        if quantity is not None and price is not None:
            label = "×".join(place_of(section, number, name) for name in ("quantity", "unit_price"))
            source = FilledFrom(type="document", id=pointer_of(section, number, "unit_price"), label=label)
            self._set(section, number, part, "total_price", plain(total_of(quantity, price)), source)

    def exempt(self, section: Section, number: int | None, part: dict[str, Any]) -> None:
        """征免方式 of what enters the area; of what leaves it only the goods' own record or an earlier document tells."""
        head = self.document.get("head")
        entering = isinstance(head, Mapping) and head.get("direction") == _INTO_THE_AREA
        if entering and "levy_mode" in section.fields:
            source = FilledFrom(type="rule", id="entering", label="进区的保税货物为全免")
            self._set(section, number, part, "levy_mode", _EXEMPT, source)

    def by_itself(self) -> None:
        """What the authority's entry page fills in: declarant and input unit, date, 申报类型, numbers and marks of rows."""
        known = self._sources.enterprise
        party = Party("", "", "") if known is None else known.content["party"]
        head = self.document.setdefault("head", {})
        if not isinstance(head, Mapping):
            return
        done = self._kind.fill(self.document, party, self._today)
        page = FilledFrom(type="rule", id="entry_page", label="与单一窗口录入页面相同")
        for section, number, part in _parts(self._kind, self.document):
            after = done.get(section.name)
            row = after if number is None else after[number] if isinstance(after, list) else None
            for name, value in row.items() if isinstance(row, Mapping) else ():
                own = known is not None and value in (party.name, party.customs_code, party.uscc)
                source = (
                    FilledFrom(type="enterprise", id=known.id, label=known.label) if known and own else page
                )
                self._set(section, number, part, name, value, source)

    def note_edition(self) -> None:
        if self._tariff_used and self._edition_note:
            self.notes[self._edition_note] = None

    def _set(
        self,
        section: Section,
        number: int | None,
        part: dict[str, Any],
        name: str,
        value: Any,
        source: FilledFrom,
    ) -> bool:
        spec = section.fields.get(name)
        if spec is None or spec.need == "system" or value in (None, "") or not _absent(part, name):
            return False
        ended = _ended(spec.table, value)
        if ended is not None:
            note = f"「{spec.label}」的代码[{value}]（{ended.name}）有效至{ended.valid_until}，没有填入"
            self.notes[note] = None
            return False
        part[name] = value
        self._tell(section, number, name, value, source)
        return True

    def _tell(self, section: Section, number: int | None, name: str, value: Any, source: FilledFrom) -> None:
        self.filled_count += 1
        if len(self.filled) < MAX_TOLD:
            self.filled.append(
                Filled.model_construct(
                    pointer=pointer_of(section, number, name),
                    place=place_of(section, number, name),
                    value=value,
                    source=source,
                )
            )

    def _prompt(self, section: Section, number: int | None, name: str, message: str) -> None:
        self.prompt_count += 1
        if len(self.prompts) < MAX_TOLD:
            self.prompts.append(Prompt(pointer=pointer_of(section, number, name), message=message))
