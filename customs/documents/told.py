"""Reading what customs itself told of a document: its schema of 2017 allows longer values than anybody declares.

What is declared keeps the narrower lengths of the catalogue; those stand in uploads that were taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from customs.documents.fields import FieldSpec
from customs.documents.values import Reader, reader

LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "putrecNo": 64,
        "rltPutrecNo": 64,
        "invtPreentNo": 64,
        "supvModecd": 6,
        "trspModecd": 6,
        "lvyrlfModecd": 6,
        "dclcusTypecd": 25,
        "vrfdedModecd": 4,
        "sasStockNo": 64,
    }
)
"""By element of a receipt (customs schema of 2017, M)."""
DIGITS: Mapping[str, tuple[int, int]] = MappingProxyType({"dclUprcAmt": (25, 5), "dclTotalAmt": (25, 5)})
"""Of amounts: all digits, and those after the point."""


def reader_of_told(spec: FieldSpec) -> Reader:
    """The reader of a field as a receipt may hold it."""
    if spec.type == "date":
        return _date(spec)
    element = spec.down or ""
    if element in DIGITS and spec.digits is not None:
        return reader(replace(spec, digits=DIGITS[element]))
    if element in LENGTHS and spec.type in ("text", "code"):
        # A code of a later table, or of more characters, is what customs says it is.
        length = max(LENGTHS[element], spec.max_length)
        return reader(replace(spec, type="text", table=None, max_length=length, exact=False, form="any"))
    return reader(spec)


def _date(spec: FieldSpec) -> Reader:
    """Receipts write a day as yyyy-MM-dd, perhaps with a time behind it."""
    read = reader(spec)

    def told(value: object) -> str | int:
        if isinstance(value, str) and value[4:5] in ("-", "/") and value[7:8] == value[4:5]:
            value = value[:10].replace(value[4], "")
        return read(value)

    return told
