"""Which field a column is meant for, by its heading: the customer's own saved choice first, then what the catalogue knows."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from contracts.characters import without_silent
from customs.documents.fields import FieldSpec
from customs.documents.sections import Section

By = Literal["mapping", "label", "name", "element", "synonym"]
_IGNORED = re.compile(r"[\s*△※:：_]+|\((?:必填|选填|条件|必填项)\)|\[(?:必填|选填)\]")
_BRACKETED = re.compile(r"\([^()]*\)$")
_ANY_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>")
_SIGNS = re.compile(r"[./\-—–·,，、'\"’#№|\\]")
_UNITS = re.compile(
    r"(?:kgs?|千克|公斤|g|吨|usd|rmb|cny|us\$|\$|￥|¥|美元|人民币|元|pcs?|ctns?|件|个|箱|cm|mm|代码|code|必填|选填)+$"
)
_PARTS = re.compile(r"[\n\r/|／]+")
_HAN = "\u3400-\u9fff"
_TWO_LANGUAGES = re.compile(rf"(?<=[{_HAN})）])\s*(?=[A-Za-z])|(?<=[A-Za-z.)])\s*(?=[{_HAN}])")
# A weight in a heading of these units would be read as so many kilograms.
_NO_KILOGRAMS = re.compile(
    r"(?:[(\[【</]|(?:weight|wt|[gn]\.?/?w\.?))(?:in)?(?:t|mt|tons?|tonnes?|g|grams?|lbs?|pounds?|oz)[)\]】>]?$"
    r"|(?:公?吨|(?<!千)克|磅|(?<!公)斤|盎司)[)\]】>]?$"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """The field a heading means and how that is known; without a field the column is left out."""

    field: str | None
    by: By | None


def folded(heading: str) -> str:
    """A heading without what does not matter: width, case, blanks, marks of need."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", without_silent(heading)[0])).casefold()


@dataclass(frozen=True)
class ColumnMap:
    """A customer's own choice for one section: heading → field name, or None for a column to leave out."""

    columns: Mapping[str, str | None]
    sheet: str | None = None
    """The sheet's name, where the file has several."""

    @cached_property
    def by_heading(self) -> Mapping[str, str | None]:
        """The same by folded heading."""
        return {folded(heading): target for heading, target in self.columns.items()}


def guess(section: Section, heading: str, chosen: ColumnMap | None = None) -> Guess:
    """What this heading means in this section."""
    wanted = folded(heading)
    if chosen is not None and wanted in chosen.by_heading:
        return Guess(chosen.by_heading[wanted], "mapping")
    known = _known(section.name, _Identity(section))
    found = known.get(wanted) or _roughly(section, heading) or _by_parts(section, heading)
    if found is None or (str(found.field).endswith("weight") and _NO_KILOGRAMS.search(wanted)):
        return Guess(None, None)
    return found


def _roughly(section: Section, heading: str) -> Guess | None:
    """Without brackets, signs and units: 净重（KG）, N/W, 单价(美元)."""
    bare = _bare(folded(heading))
    known = _known_bare(section.name, _Identity(section))
    return known.get(bare) or known.get(_UNITS.sub("", bare))


def _by_parts(section: Section, heading: str) -> Guess | None:
    """A heading in two languages or of two words for one thing, where all its parts mean the same field."""
    for between in (_PARTS, _TWO_LANGUAGES):
        parts = [
            part for part in between.split(heading) if folded(part) and not _UNITS.fullmatch(folded(part))
        ]
        found = {_of_part(section, part) for part in parts}
        if len(parts) > 1 and len(found) == 1 and (field := found.pop()) is not None:
            return Guess(field, "synonym")
    return None


def _of_part(section: Section, part: str) -> str | None:
    known = _known(section.name, _Identity(section)).get(folded(part)) or _roughly(section, part)
    return None if known is None else known.field


def _bare(name: str) -> str:
    return _SIGNS.sub("", _ANY_BRACKETS.sub("", name))


@cache
def _known_bare(_: str, identity: _Identity) -> dict[str, Guess]:
    """The known names likewise bared; what two fields then share is neither's."""
    found: dict[str, Guess | None] = {}
    for name, claim in _known(_, identity).items():
        bare = _bare(name)
        if found.setdefault(bare, Guess(claim.field, "synonym")) != Guess(claim.field, "synonym"):
            found[bare] = None
    return {name: claim for name, claim in found.items() if name and claim is not None}


def guesses(section: Section, headings: Sequence[str], chosen: ColumnMap | None = None) -> list[Guess]:
    """Of a whole heading row."""
    return [guess(section, heading, chosen) if heading else Guess(None, None) for heading in headings]


@cache
def _synonyms() -> Mapping[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))


@cache
def _known(_: str, identity: _Identity) -> dict[str, Guess]:
    """Every name of a field; of two fields with one name the surer claim stands, of two equal claims neither."""
    found: dict[str, Guess] = {}
    specs = [spec for spec in identity.section.fields.values() if spec.need != "system"]
    for claims in (_by_label, _by_name, _by_element, _by_short_label, _by_synonym):
        round_: dict[str, Guess | None] = {}
        for spec in specs:
            for name, by in claims(spec):
                key = folded(name)
                same = key not in round_ or round_[key] == Guess(spec.name, by)
                round_[key] = Guess(spec.name, by) if same else None
        for key, claim in round_.items():
            if claim is not None and key and key not in found:
                found[key] = claim
    return found


def _by_label(spec: FieldSpec) -> list[tuple[str, By]]:
    return [(spec.label, "label")]


def _by_name(spec: FieldSpec) -> list[tuple[str, By]]:
    return [(spec.name, "name")]


def _by_element(spec: FieldSpec) -> list[tuple[str, By]]:
    return [(name, "element") for name in (spec.up, spec.down, *spec.also) if name]


def _by_short_label(spec: FieldSpec) -> list[tuple[str, By]]:
    short = _BRACKETED.sub("", unicodedata.normalize("NFKC", spec.label))
    return [(short, "synonym")]


def _by_synonym(spec: FieldSpec) -> list[tuple[str, By]]:
    return [(name, "synonym") for name in _synonyms().get(spec.name, ())]


class _Identity:
    """Makes a section, which holds mappings, usable as a cache key."""

    __slots__ = ("section",)

    def __init__(self, section: Section) -> None:
        self.section = section

    def __hash__(self) -> int:
        return id(self.section)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.section is self.section
