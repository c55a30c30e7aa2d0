"""Weights: the rule that all documents share."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from simulators.single_window.elements import Row


def weight(row: Row, name: str) -> Decimal:
    """The number in that element; 0 when it is empty or no number."""
    try:
        return Decimal(row.get(name) or "0")
    except InvalidOperation:
        return Decimal(0)


def net_over_gross(
    where: str, row: Row, gross_label: str, net_label: str, gross: str, net: str
) -> Iterator[str]:
    """净重 ≤ 毛重, where both are given."""
    if row.get(gross) and row.get(net) and weight(row, net) > weight(row, gross):
        yield f"{where}的{net_label}[{row[net]}]大于{gross_label}[{row[gross]}]"
