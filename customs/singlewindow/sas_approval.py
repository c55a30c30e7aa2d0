"""审核回执 of the documents of the area (SAS201, SAS211, SAS221 …): one set of result codes for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.events.receipts import Outcome
from customs.singlewindow.receipt_forms import Texts

# Receipt parsers of three implementers (H for the 核放单, M for the others).
RESULTS: Mapping[str, Outcome] = MappingProxyType(
    {"1": "approved", "2": "manual_review", "3": "returned", "Y": "stored", "Z": "store_failed"}
)


def reviewed(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """Code and meaning. A receipt sent again may lack the result part; then 审批标志 of the head says the same."""
    code = result.get("result") or head.get("approval_mark", "")
    return code, RESULTS.get(code, "other")


def round_of(result: Texts, head: Texts) -> str:
    """申报类型 of the declaration that is answered, "" where the receipt does not tell."""
    return result.get("declaration_type") or head.get("declaration_type", "")
