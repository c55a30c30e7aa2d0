"""Rules that goods rows of every kind obey, written to pass 10,000 rows in a moment.

Each function makes the Rule for the goods sections it is given; field names are those all kinds share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from customs.documents.amounts import agree, plain, total_of
from customs.documents.findings import Findings
from customs.documents.kinds import Profile, Rule

Row = Mapping[str, Any]
Document = Mapping[str, Any]

BOTH = frozenset(Profile)
DECLARE = frozenset({Profile.DECLARE})
_SECOND_UNIT = "填写了法定第二计量单位时必填"
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


def needs(document: Document, findings: Findings, *names: str, when: str) -> None:
    """These fields of the head are there."""
    for name in names:
        if name not in document["head"]:
            findings.problem("head", None, name, "required_when", when=when)


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
                findings.problem(section, number, "total_price", "total_differs", **found)

    source = "The authority's own script for amounts, shared by its entry pages (H)"
    return Rule("totals", "总价 = 数量 × 单价 by half-even rounding", source, DECLARE, apply)


def second_quantity(*sections: str) -> Rule:
    """第二法定数量 beside its unit."""

    def apply(document: Document, findings: Findings) -> None:
        for section, number, row in each_row(document, sections):
            if "second_statutory_unit" not in row:
                continue
            given = row.get("second_statutory_quantity")
            if given is None:
                findings.problem(
                    section, number, "second_statutory_quantity", "required_when", when=_SECOND_UNIT
                )
            elif not Decimal(given):
                findings.problem(section, number, "second_statutory_quantity", "not_positive")

    says = "第二法定数量 when there is a second unit, and above 0"
    return Rule("second_quantity", says, "Two implementers (H)", DECLARE, apply)


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
