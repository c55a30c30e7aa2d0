"""What a new 出入库单 starts with: declarant, input unit and date, marks and numbers of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from customs.documents.filling import complete_party, head_of, with_rows
from customs.documents.kinds import Party
from customs.documents.normal_form import JsonObject


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with absent values completed; nothing that was typed is touched. `today` is the day in Shanghai."""
    head = head_of(document, enterprise)
    complete_party(head, "area", enterprise)
    head.setdefault("input_date", today.strftime("%Y%m%d"))
    return with_rows(document, head, goods="line_no")
