"""Rules that goods rows of every kind obey, written to pass 10,000 rows in a moment.

Each function makes the Rule for the goods sections it is given; field names are those all kinds share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from customs.documents.amounts import agree, plain, total_of, within_rounding
from customs.documents.condition_words import named
from customs.documents.conditions import Condition, holds, not_
from customs.documents.findings import Findings
from customs.documents.kinds import Force, Profile, Rule
from customs.documents.normal_form import Document

Row = Mapping[str, Any]

BOTH = frozenset(Profile)
DECLARE = frozenset({Profile.DECLARE})
_GONE = "2"


def each_row(document: Document, sections: tuple[str, ...]) -> Iterator[tuple[str, int, Row]]:
    """Section, place from 0 and row."""
    for section in sections:
        for number, row in enumerate(document[section]):
            yield section, number, row


def rows_required(document: Document, findings: Findings, section: str, why: str) -> None:
    """At least one row that is not there only to be deleted."""
    if not any(row.get("change_mark") != _GONE for row in document[section]):
        findings.problem(section, None, None, "rows_required", why=why)


def needed(name: str, says: str, source: str, profiles: frozenset[Profile], *fields: tuple[str, str]) -> Rule:
    """These fields (section, name) are there while their `needed_if` holds."""

    def apply(document: Document, findings: Findings) -> None:
        head = document["head"]
        for section, field in fields:
            spec = findings.kind.section(section).fields[field]
            assert spec.needed_if is not None, field
            for number, row in _rows_of(document, section):
                if field not in row and holds(spec.needed_if, section, row, head):
                    findings.problem(section, number, field, "required_when", when=spec.when)

    return Rule(name, says, source, profiles, apply, needs=fields)


def _rows_of(document: Document, section: str) -> Iterator[tuple[int | None, Row]]:
    part = document.get(section)
    if isinstance(part, Mapping):
        yield None, part
    else:
        yield from enumerate(part or ())


def forced(
    name: str, says: str, source: str, profiles: frozenset[Profile], condition: Condition, **values: str
) -> Rule:
    """While the condition holds, these fields of the head have these values."""

    def apply(document: Document, findings: Findings) -> None:
        head = document["head"]
        if not holds(condition, "head", head, head):
            return
        part = findings.kind.section("head")
        why = findings.kind.words_of(part, condition)
        for field, value in values.items():
            expected = named(part.fields[field], value)
            if field not in head:
                findings.problem("head", None, field, "required_when", when=f"{why}，应为{expected}")
            elif head[field] != value:
                findings.problem("head", None, field, "must_be", expected=expected, why=why)

    forces = tuple(Force(condition, field, value) for field, value in values.items())
    return Rule(name, says, source, profiles, apply, forces=forces)


def empty_unless_shown(document: Document, findings: Findings, *names: str) -> None:
    """These fields of the head are empty while their `shown_if` does not hold."""
    head, part = document["head"], findings.kind.section("head")
    for name in names:
        condition = part.fields[name].shown_if
        assert condition is not None, name
        if name in head and not holds(condition, "head", head, head):
            why = findings.kind.words_of(part, not_(condition))
            findings.problem("head", None, name, "must_be_empty", why=why)


def none_unless_shown(document: Document, findings: Findings, *sections: str) -> None:
    """These sections have no rows while their `shown_if`, all of whose fields are known, does not hold."""
    head, kind = document["head"], findings.kind
    for name in sections:
        condition = kind.section(name).shown_if
        assert condition is not None, name
        if document[name] and condition.fields() <= head.keys() and not holds(condition, name, head, head):
            why = kind.words_of(kind.section("head"), not_(condition))
            findings.problem(name, None, None, "section_not_allowed", why=why)


def together(first: Rule, *more: Rule | Callable[[Document, Findings], None]) -> Rule:
    """One rule under the name of the first that asks what all of them ask."""
    rules = [each for each in more if isinstance(each, Rule)]
    applied = [each.apply if isinstance(each, Rule) else each for each in (first, *more)]

    def apply(document: Document, findings: Findings) -> None:
        for each in applied:
            each(document, findings)

    needs = first.needs + tuple(need for rule in rules for need in rule.needs)
    forces = first.forces + tuple(force for rule in rules for force in rule.forces)
    return replace(first, apply=apply, needs=needs, forces=forces)


def totals(*sections: str) -> Rule:
    """总价 = 数量 × 单价."""

    def apply(document: Document, findings: Findings) -> None:
        for section, number, row in each_row(document, sections):
            try:
                quantity, price, total = row["quantity"], row["unit_price"], row["total_price"]
            except KeyError:
                continue
            exact = Decimal(quantity), Decimal(price), Decimal(total)
            if not agree(*exact):
                expected = plain(total_of(exact[0], exact[1]))
                found = {"value": total, "quantity": quantity, "price": price, "expected": expected}
                tell = findings.warning if within_rounding(*exact) else findings.problem
                tell(section, number, "total_price", "total_differs", **found)

    says = "总价 = 数量 × 单价 by half-even rounding; a warning as far as the decimals 单价 is written with explain it"
    source = (
        "The authority's own script for amounts (H); that customs refuses what differs is nowhere seen (M)"
    )
    return Rule("totals", says, source, DECLARE, apply)


def listed_once(section: str, name: str, *, what: str) -> Rule:
    """Each number once in a section; `what` is the label of the number. Letters of either case are the same."""

    def apply(document: Document, findings: Findings) -> None:
        first: dict[str, int] = {}
        for number, row in enumerate(document[section]):
            value = row.get(name)
            if value is not None and first.setdefault(value.upper(), number) != number:
                found = {"value": value, "first": first[value.upper()] + 1}
                findings.problem(section, number, name, "listed_twice", **found)

    says = f"No {what} stands twice in one document"
    return Rule(f"{section}_once", says, "One number means one thing (M)", BOTH, apply)


def second_quantity(*sections: str) -> Rule:
    """第二法定数量 beside its unit."""

    def apply(document: Document, findings: Findings) -> None:
        for section, number, row in each_row(document, sections):
            if "second_statutory_unit" not in row:
                continue
            given = row.get("second_statutory_quantity")
            if given is not None and not Decimal(given):
                findings.problem(section, number, "second_statutory_quantity", "not_positive")

    says = "第二法定数量 when there is a second unit, and above 0"
    fields = [(section, "second_statutory_quantity") for section in sections]
    asked = needed("second_quantity", says, "Two implementers (H)", DECLARE, *fields)
    return together(asked, apply)


def equal_units(*sections: str) -> Rule:
    """One unit, one quantity."""

    def apply(document: Document, findings: Findings) -> None:
        for section, number, row in each_row(document, sections):
            unit, quantity = row.get("unit"), row.get("quantity")
            if unit is None or quantity is None:
                continue
            for unit_name, name in (
                ("statutory_unit", "statutory_quantity"),
                ("second_statutory_unit", "second_statutory_quantity"),
            ):
                other = row.get(name)
                if (
                    row.get(unit_name) == unit
                    and other is not None
                    and other != quantity
                    and Decimal(other) != Decimal(quantity)
                ):
                    findings.problem(
                        section, number, name, "quantity_differs", value=other, quantity=quantity
                    )

    source = "The authority's own script for amounts, shared by its entry pages (H)"
    return Rule("same_unit_same_quantity", "Equal units have equal quantities", source, DECLARE, apply)


def weights(*sections: str, in_head: bool = False) -> Rule:
    """净重 ≤ 毛重, in the rows and where asked in the head."""

    def apply(document: Document, findings: Findings) -> None:
        if in_head:
            _weigh("head", None, document["head"], findings)
        for section, number, row in each_row(document, sections):
            _weigh(section, number, row, findings)

    source = "Forms of one platform (M); true in all production messages seen"
    return Rule("weights", "净重 does not exceed 毛重", source, DECLARE, apply)


def _weigh(section: str, number: int | None, row: Row, findings: Findings) -> None:
    net, gross = row.get("net_weight"), row.get("gross_weight")
    if net is not None and gross is not None and net != gross and Decimal(net) > Decimal(gross):
        findings.problem(section, number, "net_weight", "net_exceeds_gross", value=net, gross=gross)


def repeated(rows: list[Any], names: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Rows whose values of all these fields were there before: place, place of the first, values."""
    first: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows):
        values = tuple(row.get(name) for name in names)
        if None not in values and first.setdefault(values, number) != number:
            yield number, first[values], values
