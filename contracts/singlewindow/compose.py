"""Writing uploads: a document in normal form and its route become the XML the import client takes.

Tree, names and order: uploads of four independent senders (H). Absent fields are left out: missing and empty elements
are alike to the authority (M). The text is canonical XML by construction (no empty-element tags, no CDATA, attributes
in order), so that a signature needs no second pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from contracts.documents.kinds import JsonObject, Kind, Section
from contracts.singlewindow.dialect import (
    C14N,
    ENVELOPE_ELEMENTS,
    RSA_SHA1,
    SHA1,
    SectionElements,
    sections_by_element,
)
from contracts.singlewindow.messages import DeclareFlag, Envelope, Packet, Upload
from contracts.singlewindow.times import as_send_time

if TYPE_CHECKING:
    from contracts.events.event import Route

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


def compose(
    kind: Kind,
    document: Mapping[str, Any],
    *,
    route: Route,
    declare_flag: DeclareFlag,
    message_id: str,
    send_time: datetime,
    file_name: str,
    seq_no: str | None = None,
    customs_no: str | None = None,
    change_count: int | None = None,
    business_id: str = "",
) -> bytes:
    """The upload of a document: UTF-8 XML with the empty signature skeleton, one row a line.

    `send_time` must be aware and is written as Shanghai time; numbers that are given are written into the head and into
    every row that has such an element, over what the document says. Raises UncomposableError.
    """
    return write(
        Upload(
            kind=kind,
            document=_numbered(
                kind, document, {"seq_no": seq_no, "customs_no": customs_no, "change_count": change_count}
            ),
            envelope=Envelope(
                version="1.0",
                business_id=business_id,
                message_id=message_id,
                file_name=file_name,
                message_type=kind.upload_type,
                sender_id=route.sender_id,
                receiver_id=route.receiver_id,
                send_time=as_send_time(send_time),
                card_no=route.card_no or "",
            ),
            declare_flag=declare_flag,
            operator_customs_code=route.operator_customs_code,
            sys_id=route.sys_id,
        )
    )


def write(upload: Upload) -> bytes:
    """The XML of an upload exactly as it says: envelope, document, flag. A signature it had is not kept."""
    skeleton = _skeleton(upload.key_name or DUMMY_KEY_NAME, upload.signature_method or RSA_SHA1)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<Signature>\n',
        skeleton,
        OBJECT_START,
        "<Package>\n<EnvelopInfo>",
        _envelope(upload.envelope),
        "</EnvelopInfo>\n<DataInfo>",
        _packet(upload.packet),
        f"<BussinessData>\n<{upload.kind.up_root}>\n",
        *_sections(upload.kind, upload.document),
        _leaf("OperCusRegCode", upload.operator_customs_code),
        _leaf("SysId", upload.sys_id),
        f"</{upload.kind.up_root}>\n",
        _leaf("DelcareFlag", upload.declare_flag),
        "</BussinessData></DataInfo>\n</Package>",
        OBJECT_END,
        "\n</Signature>\n",
    ]
    return "".join(parts).encode()


def _skeleton(key_name: str, method: str) -> str:
    method = escaped(method).replace('"', "&quot;")
    return (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{method}"></SignatureMethod><Reference URI="String">'
        f'<DigestMethod Algorithm="{SHA1}"></DigestMethod><DigestValue></DigestValue></Reference></SignedInfo>\n'
        f"<SignatureValue></SignatureValue>\n<KeyInfo>{_leaf('KeyName', key_name)}</KeyInfo>\n"
    )


def _envelope(envelope: Envelope) -> str:
    return "".join(
        _leaf(element, getattr(envelope, attribute)) for element, attribute in ENVELOPE_ELEMENTS.items()
    )


def _packet(packet: Packet | None) -> str:
    if packet is None:
        return ""
    inner = (
        _leaf("pocket_id", packet.pocket_id)
        + _leaf("total_pocket_qty", str(packet.total))
        + _leaf("cur_pocket_no", str(packet.number))
        + _leaf("is_unstructured", packet.unstructured)
    )
    return f"<PocketInfo>{inner}</PocketInfo>"


def _leaf(element: str, value: str) -> str:
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


def _sections(kind: Kind, document: Mapping[str, Any]) -> Iterable[str]:
    known = {plan.section.name for plan in sections_by_element(kind, "up").values()}
    if strange := document.keys() - known:
        raise UncomposableError(f"{', '.join(sorted(strange))}: no section of {kind.upload_type}")
    for plan in sections_by_element(kind, "up").values():
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


def _numbered(kind: Kind, document: Mapping[str, Any], numbers: Mapping[str, str | int | None]) -> JsonObject:
    known = {name: value for name, value in numbers.items() if value is not None}
    if not known:
        return dict(document)
    filled: JsonObject = dict(document)
    for section in kind.sections:
        given = document.get(section.name)
        added = {name: value for name, value in known.items() if _is_ours(section, name)}
        if not added:
            continue
        if section.many:
            filled[section.name] = [{**row, **added} for row in given or []]
        elif given is not None or section.required:
            filled[section.name] = {**(given or {}), **added}
    return filled


def _is_ours(section: Section, name: str) -> bool:
    spec = section.fields.get(name)
    return spec is not None and spec.need == "system" and spec.up is not None
