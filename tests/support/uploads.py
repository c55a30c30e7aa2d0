"""A document as the upload that carries it, with a route that stands for any."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.events.event import Route
from customs.documents import Kind
from customs.singlewindow import compose

ROUTE = Route(
    mailbox="example",
    card_no="8930000012345",
    sender_id="DXPENT0000012345",
    receiver_id="DXPEDCSAS0000001",
    sys_id="Z8",
    operator_customs_code="3105W60ABC",
)
AT = datetime(2026, 1, 15, 17, 5, 9, tzinfo=UTC)


def composed(kind: Kind, document: Mapping[str, Any], **more: Any) -> bytes:
    """The declared upload; `more` as for `compose`."""
    facts: dict[str, Any] = {
        "route": ROUTE,
        "declare_flag": "1",
        "message_id": "BG1",
        "send_time": AT,
        "file_name": "BG1.zip",
    }
    return compose(kind, document, **{**facts, **more})
