"""From elements to plain values: leaves by name, rows of the catalogue, and what nobody knows kept with its place."""

from __future__ import annotations

from lxml import etree
from pydantic import JsonValue

from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.singlewindow.dialect import Dialect, SectionElements, local, sections_by_element
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.messages import UnknownElement
from customs.singlewindow.safe_xml import MAX_DEPTH

MAX_UNKNOWN = 1_000
_MAX_NAME = 80
# Wider white space belongs to the value; the check judges it.
_XML_SPACE = " \t\r\n"


class Unknown:
    """Collects elements no catalogue names, bounded in number."""

    def __init__(self) -> None:
        self._kept: list[UnknownElement] = []
        self._left_out = 0

    def keep(self, element: etree._Element, path: str, depth: int = 0) -> None:
        """Every leaf of the element, with its path; an empty leaf tells nothing."""
        if depth > MAX_DEPTH:
            raise UnreadableError("too_deep", limit=MAX_DEPTH)
        for child in element:
            self.keep(child, f"{path}/{local(child.tag)[:_MAX_NAME]}", depth + 1)
        if value := text_of(element):
            if len(self._kept) < MAX_UNKNOWN:
                self._kept.append(UnknownElement(path, value))
            else:
                self._left_out += 1

    def all(self) -> tuple[UnknownElement, ...]:
        """What was kept; where there was more, the last one says how much."""
        if self._left_out:
            return (*self._kept, UnknownElement("…", f"另有{self._left_out}个未知元素未列出"))
        return tuple(self._kept)


def text_of(element: etree._Element | None) -> str:
    """The text without white space around it; "" for no element."""
    return (element.text or "").strip(_XML_SPACE) if element is not None else ""


def child(parent: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of this local name."""
    if parent is not None:
        for element in parent:
            if local(element.tag) == name:
                return element
    return None


def leaves(
    parent: etree._Element | None, names: dict[str, str], path: str, unknown: Unknown
) -> dict[str, str]:
    """Texts of the children that `names` (element → our name) knows, without empty ones; the rest goes to `unknown`."""
    found: dict[str, str] = {}
    if parent is None:
        return found
    for element in parent:
        tag = local(element.tag)
        name = names.get(tag)
        if name is None or len(element) or name in found:
            unknown.keep(element, f"{path}/{tag[:_MAX_NAME]}")
        elif text := text_of(element):
            found[name] = text
    return found


class DocumentReader:
    """Takes the sections of a message one by one and gives the document in the catalogue's shape.

    Values stand as they were written. A whole number becomes an int where that keeps every character; anything else
    stays text, for the check to judge.
    """

    def __init__(
        self, kind: Kind | None, dialect: Dialect, unknown: Unknown, *, keep_empty: bool = False
    ) -> None:
        self._plans = sections_by_element(kind, dialect) if kind else {}
        self._by_spelling = {
            name: plan for plan in self._plans.values() for name in (plan.element, *plan.also)
        }
        self._unknown = unknown
        self._keep_empty = keep_empty
        self._rows: dict[str, list[JsonValue]] = {}

    def take(self, element: etree._Element, path: str) -> bool:
        """Read the element if it is a section of this kind; False if it is not."""
        tag = local(element.tag)
        plan = self._by_spelling.get(tag)
        if plan is None:
            return False
        rows = self._rows.setdefault(plan.section.name, [])
        if rows and not plan.section.many:
            self._unknown.keep(element, f"{path}/{tag}[2]")
        else:
            rows.append(self._row(element, plan, f"{path}/{tag}[{len(rows) + 1}]"))
        return True

    def document(self) -> JsonObject:
        """All that was read, in the authority's order of sections; lists only where there were rows."""
        made: JsonObject = {}
        for plan in self._plans.values():
            rows = self._rows.get(plan.section.name)
            if rows is not None:
                made[plan.section.name] = rows if plan.section.many else rows[0]
        return made

    def _row(self, element: etree._Element, plan: SectionElements, path: str) -> JsonObject:
        row: JsonObject = {}
        fields = plan.read_as
        for leaf in element:
            tag = leaf.tag
            known = fields.get(tag) or fields.get(local(tag))
            if known is None or len(leaf) or known[0] in row:
                self._unknown.keep(leaf, f"{path}/{local(tag)[:_MAX_NAME]}")
                continue
            name, whole = known
            text = leaf.text
            text = text.strip(_XML_SPACE) if text else ""
            if text:
                row[name] = int(text) if whole and _is_plain_integer(text) else text
            elif self._keep_empty:
                row[name] = ""
        return {name: row[name] for name in plan.order if name in row}


def _is_plain_integer(text: str) -> bool:
    return len(text) <= 19 and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")
