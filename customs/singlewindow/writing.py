"""What everything we write is made of: leaves, envelope, rows by the catalogue, and the tree around an upload.

The text is canonical XML by construction (no empty-element tags, no CDATA, attributes in order), so that a signature needs
no second pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from customs.documents.kinds import Kind
from customs.singlewindow.dialect import (
    C14N,
    ENVELOPE_ELEMENTS,
    RSA_SHA1,
    SHA1,
    Dialect,
    SectionElements,
    sections_by_element,
)
from customs.singlewindow.messages import Envelope, Outgoing, Packet
from customs.singlewindow.times import as_send_time

if TYPE_CHECKING:
    from contracts.events.event import Route

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Two senders write this dummy; the import client puts the card's own name in its place (H).
DUMMY_KEY_NAME = "aa"
OBJECT_START = '<Object Id="String">'
OBJECT_END = "</Object>"

# Signs of orjson's output that a text needs escaping or cannot be carried by XML 1.0 at all.
_SUSPECT = (b"&", b"<", b">", b"\\r", b"\\u00", b"\\b", b"\\f", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})


class UncomposableError(ValueError):
    """The document has a shape or a character no message can carry; checked documents never do."""


def wrapped(message: Outgoing, root: str, inner: str, *, tells_system: bool) -> bytes:
    """The whole upload around its business part `inner`, with the empty signature skeleton."""
    parts = [
        DECLARATION,
        "<Signature>\n",
        _skeleton(message.key_name or DUMMY_KEY_NAME, message.signature_method or RSA_SHA1),
        OBJECT_START,
        "<Package>\n<EnvelopInfo>",
        envelope_elements(message.envelope),
        "</EnvelopInfo>\n<DataInfo>",
        packet_element(message.packet),
        f"<BussinessData>\n<{root}>\n",
        inner,
        leaf("OperCusRegCode", message.operator_customs_code),
        leaf("SysId", message.sys_id if tells_system else ""),
        f"</{root}>\n",
        leaf("DelcareFlag", message.declare_flag),
        "</BussinessData></DataInfo>\n</Package>",
        OBJECT_END,
        "\n</Signature>\n",
    ]
    return "".join(parts).encode()


def envelope_for(
    route: Route,
    message_type: str,
    *,
    message_id: str,
    send_time: datetime,
    file_name: str,
    business_id: str = "",
) -> Envelope:
    """EnvelopInfo of an upload of this route; `send_time` must be aware and is written as Shanghai time."""
    return Envelope(
        version="1.0",
        business_id=business_id,
        message_id=message_id,
        file_name=file_name,
        message_type=message_type,
        sender_id=route.sender_id,
        receiver_id=route.receiver_id,
        send_time=as_send_time(send_time),
        card_no=route.card_no or "",
    )


def _skeleton(key_name: str, method: str) -> str:
    method = escaped(method).replace('"', "&quot;")
    return (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{method}"></SignatureMethod><Reference URI="String">'
        f'<DigestMethod Algorithm="{SHA1}"></DigestMethod><DigestValue></DigestValue></Reference></SignedInfo>\n'
        f"<SignatureValue></SignatureValue>\n<KeyInfo>{leaf('KeyName', key_name)}</KeyInfo>\n"
    )


def envelope_elements(envelope: Envelope) -> str:
    """The leaves of EnvelopInfo, without empty ones."""
    return "".join(
        leaf(element, getattr(envelope, attribute)) for element, attribute in ENVELOPE_ELEMENTS.items()
    )


def packet_element(packet: Packet | None) -> str:
    """PocketInfo, "" for a message that is not split."""
    if packet is None:
        return ""
    inner = (
        leaf("pocket_id", packet.pocket_id)
        + leaf("total_pocket_qty", str(packet.total))
        + leaf("cur_pocket_no", str(packet.number))
        + leaf("is_unstructured", packet.unstructured)
    )
    return f"<PocketInfo>{inner}</PocketInfo>"


def leaf(element: str, value: str) -> str:
    """One element; "" for no value."""
    return f"<{element}>{escaped(value)}</{element}>" if value else ""


def escaped(value: str | int) -> str:
    """The text of an element in canonical XML. Raises UncomposableError for what XML 1.0 cannot carry."""
    if not isinstance(value, str):
        if type(value) is not int:
            raise UncomposableError(f"a value of type {type(value).__name__} is no text")
        return str(value)
    if (found := _UNCARRIABLE.search(value)) is not None:
        raise UncomposableError(f"character U+{ord(found[0]):04X} cannot be written")
    return value.translate(_ESCAPES)


def section_elements(kind: Kind, dialect: Dialect, document: Mapping[str, Any]) -> Iterable[str]:
    """The rows of a document, one element a line, in the authority's order. Raises UncomposableError."""
    known = {plan.section.name for plan in sections_by_element(kind, dialect).values()}
    if strange := document.keys() - known:
        raise UncomposableError(f"{', '.join(sorted(strange))}: no section of {kind.name} in this message")
    for plan in sections_by_element(kind, dialect).values():
        given = document.get(plan.section.name)
        listed = given if plan.section.many else [given]
        rows: list[Mapping[str, str | int]] = [row for row in listed or [] if row is not None]
        harmless = not _suspect(rows)
        for row in rows:
            template = _template(_Identity(plan), tuple(row))
            if harmless or not _suspect(row):
                yield template % row
            else:
                yield template % {name: escaped(value) for name, value in row.items()}


def _suspect(value: object) -> bool:
    try:
        text = orjson.dumps(value)
    except TypeError as error:
        raise UncomposableError(str(error)) from error
    return any(sign in text for sign in _SUSPECT)


class _Identity:
    """Makes a plan, which holds mappings, usable as a cache key; plans live as long as the process."""

    __slots__ = ("plan",)

    def __init__(self, plan: SectionElements) -> None:
        self.plan = plan

    def __hash__(self) -> int:
        return id(self.plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.plan is self.plan


@lru_cache(maxsize=2048)
def _template(key: _Identity, names: tuple[str, ...]) -> str:
    """`%`-template of a row with exactly these fields, in the authority's order."""
    plan = key.plan
    element_of = {name: element for element, (name, _) in plan.fields.items()}
    strange = [name for name in names if name not in plan.section.fields]
    if strange:
        raise UncomposableError(f"{', '.join(strange)}: no field of {plan.section.name}")
    # Fields that only receipts tell (no element in this dialect) are not uploaded.
    wanted = [name for name in plan.order if name in names and name in element_of]
    leaves = "".join(f"<{element_of[name]}>%({name})s</{element_of[name]}>" for name in wanted)
    return f"<{plan.element}>{leaves}</{plan.element}>\n"
