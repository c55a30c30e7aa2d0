"""What the hand-made SAS101, SAS111, SAS20x and SAS21x messages of contracts/examples/messages mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

FORM_SEQ_NO, FORM_NO = "202600000000000201", "SB3105260000001"
BILL_SEQ_NO, BILL_NO = "202600000000000301", "X3105E260116000001"
_FORM = {"kind": "business_form", "seq_no": FORM_SEQ_NO, "customs_no": FORM_NO, "unknown": ()}
_BILL = {"kind": "stock_bill", "seq_no": BILL_SEQ_NO, "customs_no": BILL_NO, "unknown": ()}

# message type, code, outcome, further facts
RECEIPTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "SAS201-approved": (
        "SAS201",
        "1",
        "approved",
        {
            **_FORM,
            "change_count": 0,
            "declaration_type": "1",
            "internal_no": None,
            "authority_at": datetime(2026, 1, 16, 1, 6, 10, tzinfo=UTC),
            "reasons": (),
        },
    ),
    "SAS201-short": ("SAS201", "1", "approved", {**_FORM, "change_count": 1, "declaration_type": "2"}),
    "SAS201-stored": ("SAS201", "Y", "stored", {**_FORM, "customs_no": None}),
    "SAS201-manual-review": ("SAS201", "2", "manual_review", _FORM),
    "SAS201-returned": (
        "SAS201",
        "3",
        "returned",
        {**_FORM, "reasons": ("表体第1项底账商品序号不存在", "有效期超过允许的期限")},
    ),
    "SAS201-concluded": ("SAS201", "1", "concluded", {**_FORM, "change_count": 1, "declaration_type": "3"}),
    # Sent again without its result part: the head's 审批标志 speaks.
    "SAS201-sent-again": (
        "SAS201",
        "1",
        "approved",
        {**_FORM, "authority_at": datetime(2026, 1, 20, tzinfo=UTC)},
    ),
    "SAS202-paused": (
        "SAS202",
        "2",
        "paused",
        {**_FORM, "authority_at": datetime(2026, 2, 1, tzinfo=UTC)},
    ),
    "SAS202-resumed": ("SAS202", "1", "resumed", _FORM),
    "SAS202-unclear": ("SAS202", "N", "other", _FORM),
    "SAS203-synchronised": (
        "SAS203",
        "1",
        "synchronised",
        {**_FORM, "authority_at": datetime(2026, 2, 5, tzinfo=UTC)},
    ),
    "SAS211-approved": (
        "SAS211",
        "1",
        "approved",
        {**_BILL, "change_count": 0, "declaration_type": "1", "internal_no": None, "reasons": ()},
    ),
    "SAS211-stored": ("SAS211", "Y", "stored", {**_BILL, "customs_no": None}),
    "SAS211-returned": (
        "SAS211",
        "3",
        "returned",
        {**_BILL, "reasons": ("表体第2项申报数量超过申报表余量",)},
    ),
    "SAS211-voided": ("SAS211", "1", "voided", {**_BILL, "declaration_type": "3"}),
    "SAS212-changed": ("SAS212", "1", "changed", {**_BILL, "change_count": 1}),
    "SAS212-voided": ("SAS212", "2", "voided", _BILL),
    "SAS213-gathered": (
        "SAS213",
        "1",
        "synchronised",
        {**_BILL, "authority_at": datetime(2026, 2, 10, 1, 0, 1, tzinfo=UTC)},
    ),
}
UPLOADS = {"SAS101-upload", "SAS101-upload-slim", "SAS111-upload", "SAS111-upload-slim"}
FULL_UPLOADS = {"SAS101-upload", "SAS111-upload"}
"""These hold every element of their catalogue at least once and pass the check of a declaration."""
