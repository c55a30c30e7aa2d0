"""What the entry page fills in by itself when a 核注清单 is made (page script, 2020, H): declarant, input unit, dates, marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from customs.documents.filling import head_of, with_rows
from customs.documents.kinds import Party
from customs.documents.normal_form import JsonObject

_ORDINARY = "0"


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with absent values completed; nothing that was typed is touched.

    A party is completed only while its code is absent or is this enterprise's. Goods are numbered 1..n where none of them
    has a number yet. `today` is the day in Shanghai.
    """
    head = head_of(document, enterprise)
    head.setdefault("input_date", today.strftime("%Y%m%d"))
    head.setdefault("inventory_type", _ORDINARY)
    return with_rows(document, head, goods="line_no", second_goods="line_no")
