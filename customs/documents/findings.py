"""Collecting what is wrong with a document: one problem per place, bounded in number."""

from __future__ import annotations

from typing import Protocol

from contracts.problems import Problem, problem
from customs.documents.conditions import Condition
from customs.documents.sections import Section

MAX_LISTED = 1_000
_MAX_SHOWN = 40
_MAX_NAME = 80


def shown(value: object) -> str:
    """A value as a message may quote it: one line, bounded."""
    text = str(value)
    text = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else "?" for c in text)


def _token(name: str) -> str:
    name = name.encode("utf-8", "replace").decode("utf-8")[:_MAX_NAME]
    return name.replace("~", "~0").replace("/", "~1")


class Sectioned(Protocol):
    """What a rule may ask of the kind whose document it looks at."""

    def section(self, name: str) -> Section:
        """The section of this name. Raises KeyError."""

    def words_of(self, part: Section, condition: Condition) -> str:
        """The condition as a clerk reads it. Raises KeyError for a field there is not."""


class Findings:
    """Problems and warnings of one document. The first problem at a pointer stands; later ones there are consequences."""

    def __init__(self, kind: Sectioned) -> None:
        self.kind = kind
        self._problems = _Listing()
        self._warnings = _Listing()

    def problem(self, section: str, row: int | None, field: str | None, code: str, **values: object) -> None:
        """Something that must be put right. `row` counts from 0; `field` None: the row or section itself."""
        self._add(self._problems, self.kind.section(section), row, field, code, values)

    def warning(self, section: str, row: int | None, field: str | None, code: str, **values: object) -> None:
        """Something to look at; it stops nothing."""
        self._add(self._warnings, self.kind.section(section), row, field, code, values)

    def whole(self, code: str, **values: object) -> None:
        """A problem with the body as a whole."""
        self._problems.add("", code, values)

    def unknown_section(self, name: str) -> None:
        """A member of the document that is no section."""
        self._problems.add(f"/{_token(name)}", "unknown_field", {"field": f"「{shown(name)}」"})

    def problems(self) -> tuple[Problem, ...]:
        """All problems, at most MAX_LISTED and then one that counts the rest."""
        return self._problems.result()

    def warnings(self) -> tuple[Problem, ...]:
        """All warnings, bounded in the same way."""
        return self._warnings.result()

    @staticmethod
    def _add(
        listing: _Listing,
        section: Section,
        row: int | None,
        field: str | None,
        code: str,
        values: dict[str, object],
    ) -> None:
        listing.add(pointer_of(section, row, field), code, {"field": place_of(section, row, field), **values})


def pointer_of(section: Section, row: int | None, field: str | None) -> str:
    """JSON pointer of a section, row or field."""
    pointer = f"/{section.name}"
    if row is not None:
        pointer += f"/{row}"
    return pointer if field is None else f"{pointer}/{_token(field)}"


def place_of(section: Section, row: int | None, field: str | None) -> str:
    """The same place as a clerk reads it: 表体第3行「申报数量」."""
    where = section.row_label.format(row + 1) if row is not None else section.label
    if field is None:
        return where
    spec = section.fields.get(field)
    label = f"「{spec.label if spec else shown(field)}」"
    return label if section.required else where + label


class _Listing:
    def __init__(self) -> None:
        self.places: set[str] = set()
        self._listed: list[Problem] = []

    def add(self, pointer: str, code: str, values: dict[str, object]) -> None:
        if pointer in self.places:
            return
        self.places.add(pointer)
        if len(self._listed) < MAX_LISTED:
            self._listed.append(problem(code, pointer, **values))

    def result(self) -> tuple[Problem, ...]:
        hidden = len(self.places) - len(self._listed)
        if hidden and "" not in self.places:
            return (*self._listed, problem("too_many_problems", "", count=hidden))
        return tuple(self._listed)
