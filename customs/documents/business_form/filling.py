"""What a new 业务申报表 starts with (one platform's form, M): declarant, input unit, applicant, marks and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from customs.documents.filling import complete_party, head_of, with_rows
from customs.documents.kinds import Party
from customs.documents.normal_form import JsonObject


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with absent values completed; nothing that was typed is touched. `today` is not used by this kind."""
    del today
    head = head_of(document, enterprise)
    complete_party(head, "area", enterprise)
    complete_party(head, "outside", enterprise)
    if head.get("area_name"):
        head.setdefault("applicant", head["area_name"])
    return with_rows(document, head, goods="line_no", consumptions=None)
