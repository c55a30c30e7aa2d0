"""What a receipt type looks like, as data: a document kind describes its receipts with this and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.events.receipts import Outcome

Texts = Mapping[str, str]

_HDE_RESULT: Mapping[str, str] = MappingProxyType(
    {
        # Holds the 18-digit 预录入统一编号 and not the enterprise's number, whatever its name says (2024, H).
        "etpsPreentNo": "seq_no",
        "businessId": "customs_no",
        "tmsCnt": "change_count",
        "typecd": "declaration_type",
        "manageResult": "result",
        "manageDate": "time",
        "rmk": "remark",
    }
)
"""HdeApprResult, the result part of most customs receipts (H)."""

STORED_PACKET: Mapping[str, str] = MappingProxyType(
    {
        "resutType": "archive",
        "etpsPreentNo": "seq_no",
        "pocketId": "pocket_id",
        "totalPocketQty": "total_packets",
        "curPocketNo": "packet_no",
        "bizNo": "customs_no",
        "manageResult": "result",
        "manageDate": "time",
        "rmk": "remark",
    }
)
"""MsgReceResult of the x00 receipts; resutType is the authority's spelling (schema of 2017, M)."""


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """A row outside of the catalogue: element → field, the member of the body it goes to, and other spellings read."""

    names: Mapping[str, str]
    into: str
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def read_as(self) -> dict[str, str]:
        """Every spelling that is read."""
        return {**self.also, **self.names}


BOOK_ROWS, ATTACHED = "book_rows", "attached_documents"
EXTRA_PARTS = (BOOK_ROWS, ATTACHED)
"""Members of a body that hold such rows."""


# The archives' own attachments spell two elements in full (schema of 2017, M).
_IN_FULL = MappingProxyType({"acmpFormTypecd": "form_type", "acmpFormNo": "form_no"})


def attached(elements: Mapping[str, str]) -> ExtraRow:
    """随附单证 told in a receipt: the facts alone; how the file itself travels is not public."""
    return ExtraRow(elements, ATTACHED, _IN_FULL)


@dataclass(frozen=True, slots=True)
class ReceiptForm:
    """One receipt type. `result` maps elements of the result part to our names: seq_no, customs_no, result, time …"""

    message_type: str
    label: str
    """What a clerk calls it: 核放单过卡回执."""
    decide: Callable[[Texts, Texts], tuple[str, Outcome]]
    """From the result part and the head (by our names) to the authority's code and what it means."""
    result_element: str | None = None
    result: Mapping[str, str] = field(default_factory=dict)
    reason_fields: tuple[str, ...] = ()
    """Names of the result part that hold a reason."""
    extra_rows: Mapping[str, ExtraRow] = field(default_factory=dict)
    """Rows outside the catalogue, by element."""
    head_time: tuple[str, ...] = ()
    """Fields of the head that tell the time where there is no result part, the best first."""


def hde_receipt(
    message_type: str,
    label: str,
    decide: Callable[[Texts, Texts], tuple[str, Outcome]],
    *,
    extra_rows: Mapping[str, ExtraRow] = MappingProxyType({}),
    head_time: tuple[str, ...] = (),
) -> ReceiptForm:
    """A receipt with HdeApprResult, as most have it."""
    return ReceiptForm(
        message_type,
        label,
        decide,
        "HdeApprResult",
        _HDE_RESULT,
        reason_fields=("remark",),
        extra_rows=extra_rows,
        head_time=head_time,
    )
