"""Reading any message: which one it is, then its parts. Matched on local names, in any order, with what is missing left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypedDict

from lxml import etree

from customs.documents import KINDS
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.spellings import spellings
from customs.singlewindow.acknowledgement import OLD_ROOT, read_acknowledgement, read_old_acknowledgement
from customs.singlewindow.dialect import ENVELOPE_ELEMENTS, NOT_READ, local
from customs.singlewindow.elements import DocumentReader, Unknown, child, leaves, text_of
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.forms import FORMS, MESSAGE_TYPES
from customs.singlewindow.messages import (
    ACKNOWLEDGEMENT,
    Envelope,
    Message,
    Packet,
    Receipt,
    ResendRequest,
    UnknownElement,
    Upload,
)
from customs.singlewindow.receipt_forms import ReceiptForm
from customs.singlewindow.receipts import read_customs_receipt
from customs.singlewindow.resend import HEAD, ROOTS, read_numbers
from customs.singlewindow.safe_xml import parse, parse_mending

_UPLOADS = {root: kind for kind in KINDS.values() for root in spellings(kind.upload_type, kind.up_root)}
_ENVELOPE = dict(ENVELOPE_ELEMENTS)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_PACKET = {
    "pocket_id": "pocket_id",
    "total_pocket_qty": "total",
    "cur_pocket_no": "number",
    "is_unstructured": "unstructured",
}


class _Around(TypedDict):
    envelope: Envelope
    declare_flag: str
    operator_customs_code: str
    sys_id: str
    packet: Packet | None
    key_name: str
    signature_method: str
    signed: bool
    unknown: tuple[UnknownElement, ...]


def read(data: bytes, *, keep_empty: bool = False) -> Message:
    """The message in `data`. `keep_empty` keeps empty elements of an upload's document as "".

    In an answer of the authority what is certain is mended and told (`Receipt.repairs`); an upload is right or is none.

    Raises UnreadableError; its code is unsupported_message for a type that exists but is not built yet.
    """
    root, repairs = parse_mending(data)
    message = _read(root, keep_empty)
    if not repairs:
        return message
    return (
        replace(message, repairs=repairs) if isinstance(message, Receipt) else _read(parse(data), keep_empty)
    )


def _read(root: etree._Element, keep_empty: bool) -> Message:
    name = local(root.tag)
    if name == ACKNOWLEDGEMENT:
        return read_acknowledgement(root)
    if name == OLD_ROOT:
        return read_old_acknowledgement(root)
    if name not in ("Signature", "Package"):
        raise UnreadableError("unknown_root", root=name)
    package = root if name == "Package" else child(child(root, "Object"), "Package")
    if package is None:
        raise UnreadableError("missing_element", element="Object/Package")
    return _Package(root, package, keep_empty).message()


def read_upload(data: bytes, *, keep_empty: bool = False) -> Upload:
    """The upload in `data`; raises UnreadableError, also for a receipt."""
    message = read(data, keep_empty=keep_empty)
    if isinstance(message, Upload):
        return message
    raise UnreadableError("unexpected_receipt", message_type=message.message_type)


def read_receipt(data: bytes) -> Receipt:
    """The receipt in `data`; raises UnreadableError, also for an upload."""
    message = read(data)
    if isinstance(message, Receipt):
        return message
    raise UnreadableError("unexpected_upload", message_type=message.message_type)


class _Package:
    """Package with its envelope, and the signature around it where there is one."""

    def __init__(self, root: etree._Element, package: etree._Element, keep_empty: bool) -> None:
        self._root = root
        self._keep_empty = keep_empty
        self._unknown = Unknown()
        self._envelope = Envelope(
            **leaves(child(package, "EnvelopInfo"), _ENVELOPE, "EnvelopInfo", self._unknown)
        )
        data_info = child(package, "DataInfo")
        self._packet = _packet(child(data_info, "PocketInfo"), self._unknown)
        business = child(data_info, "BussinessData")
        if business is None:
            raise self._unsupported() or UnreadableError("missing_element", element="DataInfo/BussinessData")
        self._business = business

    def message(self) -> Message:
        for element in self._business:
            name = local(element.tag)
            if name in _UPLOADS:
                return self._upload(_UPLOADS[name], element)
            if name in ROOTS:
                return self._resend_request(element)
            if name in FORMS:
                return self._receipt(FORMS[name], element)
        raise self._unsupported() or UnreadableError("no_message_type")

    def _unsupported(self) -> UnreadableError | None:
        """The refusal that names the type, from the envelope or else from the business element."""
        found = [self._envelope.message_type]
        business = getattr(self, "_business", None)
        if business is not None:
            names = [local(element.tag) for element in business]
            found += [name for name in names if name != "DelcareFlag"]
        told = [name for name in found if name]
        known = next((name for name in told if name in MESSAGE_TYPES), None)
        if known is None:
            return UnreadableError("unknown_message", message_type=told[0][:80]) if told else None
        if known in NOT_READ:
            return UnreadableError("unsupported_message", message_type=known, label=NOT_READ[known])
        return UnreadableError("missing_element", element=f"BussinessData/{known}")

    def _upload(self, kind: Kind, message: etree._Element) -> Upload:
        reader = DocumentReader(kind, "up", self._unknown, keep_empty=self._keep_empty)
        rest = [element for element in message if not reader.take(element, kind.up_root)]
        around = self._around(message, rest)
        return Upload(kind=kind, document=_shaped(kind, reader.document()), **around)

    def _resend_request(self, message: etree._Element) -> ResendRequest:
        numbers = read_numbers(message, self._unknown)
        rest = [element for element in message if local(element.tag) != HEAD]
        return ResendRequest(**numbers, **self._around(message, rest))

    def _around(self, message: etree._Element, rest: list[etree._Element]) -> _Around:
        """What every upload has; `rest` are the children of its business element that are no part of the document."""
        tail: dict[str, str] = {}
        for element in rest:
            name = local(element.tag)
            if name in ("OperCusRegCode", "SysId") and name not in tail and not len(element):
                tail[name] = text_of(element)
            else:
                self._unknown.keep(element, f"{local(message.tag)}/{name[:80]}")
        flag: str | None = None
        for element in self._business:
            if element is message:
                continue
            if local(element.tag) == "DelcareFlag" and flag is None:
                flag = text_of(element)
            else:
                self._unknown.keep(element, f"BussinessData/{local(element.tag)[:80]}")
        signed_info = child(self._root, "SignedInfo")
        method = child(signed_info, "SignatureMethod")
        return {
            "envelope": self._envelope,
            "declare_flag": flag or "",
            "operator_customs_code": tail.get("OperCusRegCode", ""),
            "sys_id": tail.get("SysId", ""),
            "packet": self._packet,
            "key_name": text_of(child(child(self._root, "KeyInfo"), "KeyName")),
            "signature_method": (method.get("Algorithm") or "") if method is not None else "",
            "signed": bool(text_of(child(self._root, "SignatureValue"))),
            "unknown": self._unknown.all(),
        }

    def _receipt(self, form: ReceiptForm, message: etree._Element) -> Receipt:
        for element in self._business:
            if element is not message:
                self._unknown.keep(element, f"BussinessData/{local(element.tag)[:80]}")
        return read_customs_receipt(form, message, self._envelope, self._packet, self._unknown)


def _packet(element: etree._Element | None, unknown: Unknown) -> Packet | None:
    found = leaves(element, _PACKET, "PocketInfo", unknown)
    total, number = found.get("total", ""), found.get("number", "")
    if not (_COUNT.fullmatch(total) and _COUNT.fullmatch(number)):
        return None
    return Packet(found.get("pocket_id", ""), int(total), int(number), found.get("unstructured", ""))


def _shaped(kind: Kind, document: JsonObject) -> JsonObject:
    """The shape the check gives: every list is there, a single section only where it is required or has something."""
    shaped: JsonObject = {}
    for section in kind.sections:
        found = document.get(section.name)
        if section.many:
            shaped[section.name] = found or []
        elif found or section.required:
            shaped[section.name] = found or {}
    return shaped
