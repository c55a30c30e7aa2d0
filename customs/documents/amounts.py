"""Exact arithmetic of 申报 amounts: 总价 = 数量 × 单价 to 2 decimals, 单价 = 总价 ÷ 数量 to 4, half-even.

Rounding and digits: the entry page's own script (H). No binary float is ever involved.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

# 19 digits times 19 digits is exact in 40; a quotient is rounded once, far beyond the decimals kept.
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_CENT = Decimal("0.01")
_PRICE_STEP = Decimal("0.0001")


def total_of(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """总价 with 2 decimals."""
    return _EXACT.quantize(_EXACT.multiply(quantity, unit_price), _CENT)


def price_of(total: Decimal, quantity: Decimal) -> Decimal:
    """单价 with 4 decimals. Raises decimal.DivisionByZero for quantity 0."""
    return _EXACT.quantize(_EXACT.divide(total, quantity), _PRICE_STEP)


def agree(quantity: Decimal, unit_price: Decimal, total: Decimal) -> bool:
    """Whether the three fit, whichever of 单价 and 总价 was computed from the other."""
    if total_of(quantity, unit_price) == total:
        return True
    return quantity != 0 and price_of(total, quantity) == unit_price


def within_rounding(quantity: Decimal, unit_price: Decimal, total: Decimal) -> bool:
    """Whether a 单价 that was rounded to the decimals it is written with explains the total: 0.33 may be a third."""
    exponent = unit_price.as_tuple().exponent
    assert isinstance(exponent, int)
    half_a_step = _EXACT.scaleb(Decimal(5), min(exponent, 0) - 1)
    differs = abs(_EXACT.subtract(total, _EXACT.multiply(quantity, unit_price)))
    return differs <= _EXACT.add(_EXACT.multiply(quantity, half_a_step), _CENT / 2)


def plain(number: Decimal) -> str:
    """The number without exponent and without needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
