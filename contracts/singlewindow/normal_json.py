"""The JSON of a message, as `message read` prints it and `message write` takes it. Stable: names are only ever added.

An upload:

    {"message_type": "INV101", "kind": "inventory", "direction": "upload",
     "envelope": {"version", "business_id", "message_id", "file_name", "message_type", "sender_id", "receiver_id",
                  "send_time", "card_no"},
     "packet": {"pocket_id", "total", "number", "unstructured"} or absent,
     "key_name", "signature_method", "signed": of the signature skeleton; absent where there is none,
     "operator_customs_code", "sys_id", "declare_flag": as they stand ("" when absent),
     "document": the document in catalogue names, values verbatim, "" for an element that was there and empty,
     "unknown": [{"path", "value"}] elements that no catalogue names}

A receipt: "direction": "receipt" and the members of `Receipt`; members that are not told are null. In "envelope" what
is absent is left out. Only an upload can be written back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.documents import KINDS
from contracts.documents.kinds import JsonObject, Kind, Section
from contracts.singlewindow.faults import UnreadableError
from contracts.singlewindow.messages import Envelope, Message, Packet, Receipt, UnknownElement, Upload


def as_json(message: Message) -> JsonObject:
    """The message as plain JSON values."""
    return _receipt(message) if isinstance(message, Receipt) else _upload(message)


def _upload(upload: Upload) -> JsonObject:
    made: JsonObject = {
        "message_type": upload.message_type,
        "kind": upload.kind.name,
        "direction": "upload",
        "envelope": _envelope(upload.envelope),
    }
    if upload.packet is not None:
        made["packet"] = _packet(upload.packet)
    if upload.key_name:
        made["key_name"] = upload.key_name
    if upload.signature_method:
        made["signature_method"] = upload.signature_method
        made["signed"] = upload.signed
    made |= {
        "operator_customs_code": upload.operator_customs_code,
        "sys_id": upload.sys_id,
        "declare_flag": upload.declare_flag,
        "document": upload.document,
        "unknown": [{"path": one.path, "value": one.value} for one in upload.unknown],
    }
    return made


def _receipt(receipt: Receipt) -> JsonObject:
    at = receipt.authority_at
    return {
        "message_type": receipt.message_type,
        "kind": receipt.kind,
        "direction": "receipt",
        "envelope": _envelope(receipt.envelope),
        "packet": _packet(receipt.packet) if receipt.packet else None,
        "message_id": receipt.message_id,
        "code": receipt.code,
        "outcome": receipt.outcome,
        "seq_no": receipt.seq_no,
        "customs_no": receipt.customs_no,
        "entry_seq_no": receipt.entry_seq_no,
        "change_count": receipt.change_count,
        "internal_no": receipt.internal_no,
        "declaration_type": receipt.declaration_type,
        "existing_seq_no": receipt.existing_seq_no,
        "reasons": [*receipt.reasons],
        "authority_time": receipt.authority_time,
        "authority_at": at.isoformat() if at else None,
        "body": receipt.body,
    }


def _envelope(envelope: Envelope) -> JsonObject:
    return {name: value for name in Envelope.__slots__ if (value := getattr(envelope, name))}


def _packet(packet: Packet) -> JsonObject:
    return {name: getattr(packet, name) for name in Packet.__slots__}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _EnvelopeJson(_Strict):
    version: str = ""
    business_id: str = ""
    message_id: str = ""
    file_name: str = ""
    message_type: str = ""
    sender_id: str = ""
    receiver_id: str = ""
    send_time: str = ""
    card_no: str = ""


class _PacketJson(_Strict):
    pocket_id: str
    total: int
    number: int
    unstructured: str = ""


class _UnknownJson(_Strict):
    path: str
    value: str


class _UploadJson(_Strict):
    message_type: str
    kind: str | None = None
    direction: Literal["upload"] = "upload"
    envelope: _EnvelopeJson = _EnvelopeJson()
    packet: _PacketJson | None = None
    key_name: str = ""
    signature_method: str = ""
    signed: bool = False
    operator_customs_code: str = ""
    sys_id: str = ""
    declare_flag: str = ""
    document: dict[str, Any]
    unknown: list[_UnknownJson] = []


def from_json(value: object) -> Upload:
    """The upload that the JSON of `as_json` describes, or a bare document without any envelope.

    Raises UnreadableError: not_message_json with the place, unknown_message, receipt_not_writable.
    """
    if not isinstance(value, Mapping):
        raise UnreadableError("not_message_json", detail="应为JSON对象")
    if "message_type" not in value:
        return _bare(value)
    if value.get("direction") == "receipt":
        raise UnreadableError("receipt_not_writable", message_type=str(value["message_type"])[:80])
    try:
        given = _UploadJson.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        what = {"extra_forbidden": "不应有此项", "missing": "缺少此项"}.get(first["type"], "类型不正确")
        raise UnreadableError("not_message_json", detail=f"/{place} {what}") from None
    kind = next((kind for kind in KINDS.values() if kind.upload_type == given.message_type), None)
    if kind is None:
        raise UnreadableError("unknown_message", message_type=given.message_type[:80])
    return Upload(
        kind=kind,
        document=_document(kind, given.document, "/document"),
        envelope=Envelope(**given.envelope.model_dump()),
        declare_flag=given.declare_flag,
        operator_customs_code=given.operator_customs_code,
        sys_id=given.sys_id,
        packet=Packet(**given.packet.model_dump()) if given.packet else None,
        key_name=given.key_name,
        signature_method=given.signature_method,
        signed=given.signed,
        unknown=tuple(UnknownElement(one.path, one.value) for one in given.unknown),
    )


def _bare(value: Mapping[str, Any]) -> Upload:
    fitting = [kind for kind in KINDS.values() if value and value.keys() <= {s.name for s in kind.sections}]
    if len(fitting) != 1:
        raise UnreadableError("not_message_json", detail="既没有message_type，也不是某一种单证的内容")
    kind = fitting[0]
    return Upload(
        kind=kind,
        document=_document(kind, value, ""),
        envelope=Envelope(version="1.0", message_type=kind.upload_type),
        declare_flag="",
    )


def _document(kind: Kind, given: Mapping[str, Any], pointer: str) -> JsonObject:
    """The sections in the authority's order with their types made sure of; null is dropped."""
    known = {section.name for section in kind.sections}
    for name in given:
        if name not in known:
            raise UnreadableError("not_message_json", detail=f"{pointer}/{name} 不是{kind.label}的部分")
    document: JsonObject = {}
    for section in kind.sections:
        value = given.get(section.name)
        where = f"{pointer}/{section.name}"
        if section.many:
            rows = [] if value is None else value
            if not isinstance(rows, list):
                raise UnreadableError("not_message_json", detail=f"{where} 应为数组")
            document[section.name] = [_row(section, row, f"{where}/{n}") for n, row in enumerate(rows)]
        elif value is not None or section.required:
            document[section.name] = _row(section, {} if value is None else value, where)
    return document


def _row(section: Section, given: object, where: str) -> JsonObject:
    if not isinstance(given, Mapping):
        raise UnreadableError("not_message_json", detail=f"{where} 应为对象")
    row: JsonObject = {}
    for name, value in given.items():
        if name not in section.fields:
            raise UnreadableError("not_message_json", detail=f"{where}/{name} 不是本单证的字段")
        if value is None:
            continue
        if not isinstance(value, str) and (not isinstance(value, int) or isinstance(value, bool)):
            raise UnreadableError("not_message_json", detail=f"{where}/{name} 应为字符串或整数")
        row[name] = value
    return row
