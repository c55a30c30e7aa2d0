"""Cases that Python and the page must answer alike: conditions between fields, values of fields, amounts, lengths."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from customs.documents import KINDS, FieldSpec
from customs.documents.amounts import agree, plain, price_of, total_of
from customs.documents.conditions import Condition, as_json, holds
from customs.documents.fields import fields_of
from customs.documents.values import UnfitError, reader, width
from tools.canonical import JsonObject

PATH = "portal/src/generated/vectors.json"
_MOST_OF_ONE = 24
_TRICKY = ("", "0", "1", "01", "-1", "1.5", "1.50", "1.", ".5", "1e3", "12345678901234567890", "0.00001")
_DECIMALS = (*_TRICKY, "-0.5", "1.123456", "99999999999999.99999", "999999999999999999.9", "1 000", "+1")
_WORDS = ("", "A", "a", "12", "ABC-1", "中", "NO", "2901960AB1", "8542319000", "20260131", "20260230", "7F")
_CODES_OF_COMPANIES = ("91610131MA6U12345T", "91610131MA6U12345B", "91610131MA6U1234IT", "9161013")
_LONG = ("X" * 64, "中" * 32, "中" * 33, "X" * 513, "中" * 256 + "X")


def text() -> str:
    """The file, a case a line."""
    lines: dict[str, list[Any]] = {
        "conditions": list(_conditions()),
        "values": list(_values()),
        "amounts": list(_amounts()),
        "widths": [[each, width(each)] for each in ("", "abc", "中文", "a中b", "é", "𠮷", "Ａ")],
    }
    parts = [
        f'"{name}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]"
        for name, cases in lines.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def declared_conditions() -> dict[str, tuple[Condition, str]]:
    """Every condition of every kind once, by its JSON, with a section it is asked in."""
    found: dict[str, tuple[Condition, str]] = {}
    for kind in KINDS.values():
        places = [(c, s.name) for s, f in kind.fields() for c in (f.needed_if, f.shown_if) if c]
        places += [(s.shown_if, "head") for s in kind.sections if s.shown_if]
        places += [(force.condition, "head") for rule in kind.rules for force in rule.forces]
        for condition, section in places:
            found.setdefault(json.dumps(as_json(condition)) + section, (condition, section))
    return found


def candidates(condition: Condition) -> dict[str, list[str | None]]:
    """For each field it speaks of: nothing, values that fulfil it, one that does not."""
    found: dict[str, list[str | None]] = {}

    def walk(part: Condition) -> None:
        if part.field:
            values = found.setdefault(part.field, [None, "~"])
            of_it = (
                ["LX", "H12345678901", "T1234W000001", "E12345678901"] if part.op == "like" else part.values
            )
            values += [value for value in of_it if value not in values]
        for inner in part.of:
            walk(inner)

    walk(condition)
    return found


def assignments(condition: Condition) -> Iterator[dict[str, str]]:
    """Values of the fields it speaks of, all combinations or a fixed choice of many."""
    options = candidates(condition)
    every = list(itertools.product(*options.values()))
    if len(every) > _MOST_OF_ONE:
        seeded = random.Random(json.dumps(as_json(condition)))  # noqa: S311
        chosen = seeded.sample(every, _MOST_OF_ONE - 1)
        every = [*chosen, tuple(values[-1] for values in options.values())]
    for values in every:
        yield {name: value for name, value in zip(options, values, strict=True) if value is not None}


def split(given: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The row and the head that an assignment means."""
    head = {name[5:]: value for name, value in given.items() if name.startswith("head.")}
    return {name: value for name, value in given.items() if not name.startswith("head.")}, head


def _conditions() -> Iterator[JsonObject]:
    for condition, section in declared_conditions().values():
        for given in assignments(condition):
            row, head = split(given)
            if section == "head":
                head = row
            answer = holds(condition, section, row, head)
            yield {
                "if": as_json(condition),
                "section": section,
                "row": {**row},
                "head": {**head},
                "holds": answer,
            }


def _values() -> Iterator[list[JsonValue]]:
    """`[kind, section, field, value, normal form or null, problem code or ""]`, for a field of each shape."""
    shapes: set[tuple[object, ...]] = set()
    for kind in KINDS.values():
        for section in kind.sections:
            for spec in fields_of(section.model).values():
                shape = (
                    spec.type,
                    spec.max_length,
                    spec.exact,
                    spec.form,
                    spec.digits,
                    spec.sign,
                    spec.table,
                )
                if spec.type == "datetime" or shape in shapes:
                    continue
                shapes.add(shape)
                for value in _tried(spec):
                    yield [kind.name, section.name, spec.name, value, *_answer(spec, value)]


def _tried(spec: FieldSpec) -> tuple[str, ...]:
    if spec.type == "decimal":
        return _DECIMALS
    if spec.type == "integer":
        return ("", "0", "1", "007", "-1", "1.5", "x", "12345678901234567890")
    if spec.form == "uscc":
        return ("", *_CODES_OF_COMPANIES)
    return (*_WORDS, *_LONG[:3]) if spec.max_length < 512 else (*_WORDS[:6], *_LONG)


def _answer(spec: FieldSpec, value: str) -> tuple[JsonValue, str]:
    given: object = value
    if spec.type == "integer":
        # The page holds text while it is typed; what is no whole number is never sent.
        plain_number = value.isascii() and value.lstrip("-").isdigit()
        given = int(value) if plain_number else value
    try:
        normal = reader(spec)(given)
    except UnfitError as unfit:
        return None, unfit.code
    return normal, ""


def _amounts() -> Iterator[JsonObject]:
    """总价 and 单价 by half-even rounding."""
    chosen = random.Random(20261130)  # noqa: S311
    pairs = [
        ("3", "0.335"),
        ("3", "0.345"),
        ("1", "0.005"),
        ("1", "0.015"),
        ("7", "1.25"),
        ("0.00001", "0.0001"),
    ]
    pairs += [
        (
            f"{chosen.randrange(1, 10**9)}.{chosen.randrange(10**5):05}",
            f"{chosen.randrange(10**7)}.{chosen.randrange(1, 10**4):04}",
        )
        for _ in range(40)
    ]
    for quantity, price in pairs:
        exact = Decimal(quantity), Decimal(price)
        total = total_of(*exact)
        price_back = price_of(total, exact[0])
        yield {
            "quantity": quantity,
            "price": price,
            "total": plain(total),
            "price_of_total": plain(price_back),
            "agree": agree(*exact, total),
            "agree_a_cent_more": agree(*exact, total + Decimal("0.01")),
        }
