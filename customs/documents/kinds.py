"""What a document kind is: its sections, rules, life and limits, put together by the folder of the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from customs.documents.booking import Booking, Citing
from customs.documents.condition_words import said
from customs.documents.conditions import Condition
from customs.documents.fields import FieldSpec
from customs.documents.findings import Findings
from customs.documents.leaning import Leaning
from customs.documents.life import Life
from customs.documents.making import Making
from customs.documents.merging import Merge
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section


class Profile(StrEnum):
    """How much must be right: enough to keep a draft, or everything customs asks."""

    SAVE = "save"
    DECLARE = "declare"


@dataclass(frozen=True, slots=True)
class Party:
    """An enterprise with its 三码."""

    name: str
    customs_code: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Force:
    """While the condition holds, a field of the head has this value and no other."""

    condition: Condition
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between fields. `apply` sees the normalised document and reports what it finds."""

    name: str
    says: str
    source: str
    profiles: frozenset[Profile]
    apply: Callable[[Mapping[str, Any], Findings], None]
    needs: tuple[tuple[str, str], ...] = ()
    """Section and name of the fields whose `needed_if` it asks for."""
    forces: tuple[Force, ...] = ()


def nothing_more(approved: Mapping[str, Any], section: str, row: Mapping[str, Any]) -> frozenset[str]:
    """For kinds whose changeable fields are the same in every row."""
    del approved, section, row
    return frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """A document kind. Adding one is a catalogue folder that builds this and a line in KINDS."""

    name: str
    label: str
    url: str
    upload_type: str
    up_root: str
    """The business element of the upload."""
    catalogue_version: int
    model: type[BaseModel]
    sections: tuple[Section, ...]
    """In the authority's order."""
    rules: tuple[Rule, ...]
    listed: tuple[str, ...]
    """Fields of the head that a list shows, in the order of the authority's query page."""
    conditions: tuple[str, ...]
    """Those of them a list can be asked for by value."""
    fill: Callable[[Mapping[str, Any], Party, date], JsonObject]
    """What a clerk need not type: completes a new document for the enterprise that declares it."""
    life: Life
    tells_system: bool = True
    """Whether the upload carries SysId; the three SAS documents do not (five senders, H)."""
    may_change: Callable[[Mapping[str, Any], str, Mapping[str, Any]], frozenset[str]] = nothing_more
    """Fields a 变更 may touch in one row beyond those marked `changeable`: of (approved document, section, row)."""
    handle: str | None = None
    """A field of the head that names the thing the document is about, one live document each; e.g. a plate."""
    principal: str | None = None
    """The firm in whose name a document is declared: the prefix of its code, credit code and name in the head."""
    leaning: Leaning | None = None
    """What its documents lean on; None: they stand alone."""
    made_from: tuple[Making, ...] = ()
    """From which kinds its documents can be made, and how."""
    merge: Merge | None = None
    """归并 of its goods into the rows of a 报关单, where it has one."""
    booking: Booking | None = None
    """How its documents move a 账册; None: they move none."""
    cites: Citing | None = None
    """Where its rows name lines of a 账册 that they do not move; a kind with a booking says it there."""
    valid_until: str | None = None
    """The field of the head that says until when an approved document may be used; None: it does not run out."""
    web_entry_fields: tuple[str, ...] = ()
    """Elements of the head that the authority's web entry signs, in its order; none: not public."""
    is_waited_for: bool = False
    """Whether somebody stands and waits for it, as a driver at the gate does: it goes before others."""
    upcasts: Mapping[int, Callable[[JsonObject], JsonObject]] = field(default_factory=dict)
    """Catalogue version → how a document of it becomes one of the next; one for every version before today's."""
    variant_of: str | None = None
    """Code name of the kind this one is a rarely used form of."""
    _by_name: dict[str, Section] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        explained = tuple(self._explained(part) for part in self.sections)
        object.__setattr__(self, "sections", explained)
        self._by_name.update({part.name: part for part in self.sections})
        if list(self._by_name) != [*self.model.model_fields]:
            raise TypeError(f"{self.name}: sections and model fields differ in names or order")
        if unknown := set(self.listed) - set(self.section("head").fields) | set(self.conditions) - set(
            self.listed
        ):
            raise TypeError(f"{self.name}: not fields of the list: {', '.join(sorted(unknown))}")
        if missing := set(range(1, self.catalogue_version)) - self.upcasts.keys():
            raise TypeError(f"{self.name}: no upcast from catalogue version {min(missing)}")
        if self.principal and f"{self.principal}_code" not in self.section("head").fields:
            raise TypeError(f"{self.name}: no party {self.principal}")

    def __hash__(self) -> int:
        return hash(self.name)

    def _explained(self, part: Section) -> Section:
        """The section with `when` written out where a field says when it is needed."""
        fields = {
            name: replace(spec, when=self.words_of(part, spec.needed_if) + "时必填")
            if spec.needed_if
            else spec
            for name, spec in part.fields.items()
        }
        return replace(part, fields=MappingProxyType(fields))

    def words_of(self, part: Section, condition: Condition) -> str:
        """The condition as a clerk reads it. Raises KeyError for a field there is not."""
        head = self.sections[0].fields

        def spec_of(name: str) -> FieldSpec:
            return head[name[5:]] if name.startswith("head.") else part.fields[name]

        return said(condition, spec_of)

    @property
    def citing(self) -> Citing | None:
        """Where its rows name lines of a 账册."""
        return self.cites if self.booking is None else self.booking.citing

    def section(self, name: str) -> Section:
        """The section of this name. Raises KeyError."""
        return self._by_name[name]

    def fields(self) -> Iterator[tuple[Section, FieldSpec]]:
        """Every field with its section, in the authority's order."""
        for part in self.sections:
            for spec in part.fields.values():
                yield part, spec
