"""Goods codes against the tariff that is loaded; without one nothing is said.

An edition of an earlier year only warns: codes and units change every January, so an old list must refuse nothing that
customs takes. An edition of this year refuses, but not a change of what customs approved: it may be older than the edition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from customs import clock
from customs.codes import table
from customs.codes.editions import is_old
from customs.codes.tariff import Tariff, in_use
from customs.documents.findings import Findings
from customs.documents.kinds import Rule
from customs.documents.life import FILED
from customs.documents.normal_form import Document
from customs.documents.row_rules import DECLARE, each_row

Tell = Callable[..., None]
_UNITS = (("statutory_unit", "unit"), ("second_statutory_unit", "second_unit"))


def in_tariff(*sections: str) -> Rule:
    """The code is there on the day and its statutory units are those of the tariff."""

    def apply(document: Document, findings: Findings) -> None:
        tariff = in_use()
        if tariff is None:
            return
        filed = document["head"].get("declaration_type", FILED) == FILED
        refuses = filed and not is_old(tariff.edition, clock.today())
        tell = findings.problem if refuses else findings.warning
        for section, number, row in each_row(document, sections):
            if "hs_code" in row:
                _compare(tariff, section, number, row, tell)

    source = "Three implementers ask the tariff (H); the list is the one published in 2018-2020 (M)"
    says = "商品编码 stands in the loaded tariff on the day and its statutory units fit; an old edition only warns"
    return Rule("in_tariff", says, source, DECLARE, apply)


def _compare(tariff: Tariff, section: str, number: int, row: Mapping[str, Any], tell: Tell) -> None:
    code = row["hs_code"]
    known = tariff.codes.get(code)
    if known is None:
        tell(section, number, "hs_code", "not_in_tariff", value=code, edition=tariff.edition)
        return
    if "statutory_unit" not in row:
        return
    for name, of_tariff in _UNITS:
        expected, given = getattr(known, of_tariff), row.get(name)
        if given != expected:
            found = {
                "value": _named(given),
                "edition": tariff.edition,
                "goods_code": code,
                "expected": _named(expected),
            }
            tell(section, number, name, "statutory_unit_differs", **found)


def _named(unit: str | None) -> str:
    return f"{unit} {table('units').label_of(unit)}" if unit else "空"
