"""Amounts are exact: 总价 = 数量 × 单价 to 2 decimals, 单价 = 总价 ÷ 数量 to 4, half-even, and never a binary float."""

from __future__ import annotations

import ast
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents.amounts import agree, plain, price_of, total_of, within_rounding

TREE = Path(__file__).resolve().parents[3]
quantities = st.decimals("0.00001", "99999999999999.99999", places=5)
prices = st.decimals("0.0001", "999999999999999.9999", places=4)
totals = st.decimals("0.01", "99999999999999999.99", places=2)


def half_even(exact: Fraction, places: int) -> Decimal:
    """Rounded by integers alone, another way than the code under test."""
    scaled = exact * 10**places
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2):
        whole += 1
    # Built from its digits: arithmetic would round to the 28 digits of the usual context.
    return Decimal(f"{whole}E-{places}")


@given(quantities, prices)
def test_total_is_the_exact_product_rounded_once(quantity: Decimal, price: Decimal) -> None:
    assert total_of(quantity, price) == half_even(Fraction(quantity) * Fraction(price), 2)


@given(totals, quantities)
def test_price_is_the_exact_quotient_rounded_once(total: Decimal, quantity: Decimal) -> None:
    assert price_of(total, quantity) == half_even(Fraction(total) / Fraction(quantity), 4)


@given(quantities, prices)
def test_computed_either_way_they_agree(quantity: Decimal, price: Decimal) -> None:
    total = total_of(quantity, price)
    assert agree(quantity, price, total)
    if total:
        assert agree(quantity, price_of(total, quantity), total)


@given(quantities, prices, st.sampled_from([Decimal("0.01"), Decimal("-0.01"), Decimal(1)]))
def test_a_cent_off_is_seen(quantity: Decimal, price: Decimal, off: Decimal) -> None:
    total = total_of(quantity, price) + off
    if total > 0 and price_of(total, quantity) != price:
        assert not agree(quantity, price, total)


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [("1", "0.005", "0.00"), ("1", "0.015", "0.02"), ("3", "0.335", "1.00"), ("2.5", "0.01", "0.02")],
)
def test_half_goes_to_the_even_neighbour(quantity: str, price: str, total: str) -> None:
    assert str(total_of(Decimal(quantity), Decimal(price))) == total


@given(quantities, prices, st.integers(0, 4))
def test_a_price_rounded_to_fewer_decimals_still_explains_its_total(
    quantity: Decimal, price: Decimal, places: int
) -> None:
    rounded = half_even(Fraction(price), places)
    assert within_rounding(quantity, rounded, total_of(quantity, price))


@pytest.mark.parametrize(
    ("quantity", "price", "total", "explained"),
    [
        ("3", "0.33", "1.00", True),
        ("3", "0.3300", "1.00", False),
        ("1200", "8.5", "10260.00", True),
        ("1200", "8.5", "10260.01", False),
        ("1200", "8.50", "10206.01", False),
        ("2", "100", "2000.00", False),
    ],
)
def test_how_much_the_decimals_of_the_price_explain(
    quantity: str, price: str, total: str, explained: bool
) -> None:
    assert within_rounding(Decimal(quantity), Decimal(price), Decimal(total)) == explained


@given(st.decimals("-99999999.99999", "99999999.99999", places=5))
def test_plain_keeps_the_value_and_shows_no_exponent(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text and not text.endswith(".")
    assert number.quantize(Decimal("0.00001"), ROUND_HALF_EVEN) == Decimal(text)


def test_no_binary_float_where_amounts_pass() -> None:
    """No float literal and no call of float() in contracts and entry; durations live elsewhere."""
    found = []
    for path in [
        *(TREE / "contracts").rglob("*.py"),
        *(TREE / "customs").rglob("*.py"),
        *(TREE / "services/entry").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            if literal or call:
                found.append(f"{path.relative_to(TREE)}:{getattr(node, 'lineno', 0)}")
    assert found == []
