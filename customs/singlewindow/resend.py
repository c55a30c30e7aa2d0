"""INV141 回执补发申请: asking the authority to send the receipts of one document again.

The customs schema of 2017 has the element INV141 with ReceiptDclHead, businessId and etpsPreentNo (M). How the import
dialect writes them is not public: the names stand in customs/documents/spellings.toml (L).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lxml import etree

from customs.documents.spellings import spelt
from customs.singlewindow.dialect import local
from customs.singlewindow.elements import Unknown, leaves
from customs.singlewindow.messages import RESEND_REQUEST, ResendRequest
from customs.singlewindow.writing import envelope_for, leaf, wrapped

if TYPE_CHECKING:
    from contracts.events.event import Route

ROOT = spelt(RESEND_REQUEST, RESEND_REQUEST)
ROOTS = frozenset({RESEND_REQUEST, ROOT})
"""Business elements that reading takes: the customs dialect's and ours."""
HEAD = "ReceiptDclHead"
_NAMES = {"businessId": "customs_no", "etpsPreentNo": "preent_no"}
_WRITTEN = {spelt(RESEND_REQUEST, usual): name for usual, name in _NAMES.items()}
_READ = {**_NAMES, **_WRITTEN}


def compose_resend(
    *,
    seq_no: str,
    customs_no: str | None = None,
    route: Route,
    message_id: str,
    send_time: datetime,
    file_name: str,
) -> bytes:
    """The request for the receipts of the document with this 预录入统一编号, as an upload of this route.

    UTF-8 XML with the empty signature skeleton; `send_time` must be aware.
    """
    return write_resend(
        ResendRequest(
            envelope=envelope_for(
                route, RESEND_REQUEST, message_id=message_id, send_time=send_time, file_name=file_name
            ),
            declare_flag="1",
            operator_customs_code=route.operator_customs_code,
            sys_id=route.sys_id,
            preent_no=seq_no,
            customs_no=customs_no or "",
        )
    )


def write_resend(request: ResendRequest) -> bytes:
    """The XML of a request exactly as it says. A signature it had is not kept."""
    numbers = "".join(leaf(element, getattr(request, name)) for element, name in _WRITTEN.items())
    return wrapped(request, ROOT, f"<{HEAD}>{numbers}</{HEAD}>\n", tells_system=True)


def read_numbers(message: etree._Element, unknown: Unknown) -> dict[str, str]:
    """`preent_no` and `customs_no` of the business element; its own tail is left to the caller."""
    for element in message:
        if local(element.tag) == HEAD:
            return leaves(element, _READ, f"{RESEND_REQUEST}/{HEAD}", unknown)
    return {}
