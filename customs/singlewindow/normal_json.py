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

A request to send receipts again (INV141) is an upload without "kind" and "document", with "preent_no" and "customs_no".

A receipt: "direction": "receipt" and the members of `Receipt`; members that are not told are null. In "envelope" what
is absent is left out. Taken back, "body", "reasons", "envelope" and "packet" are what counts; of the other members those
that the result part can tell fill it where it is silent, so that {"message_type": "SAS223", "direction": "receipt",
"seq_no": …, "code": "1"} is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from customs.documents import KINDS
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.recognising import likely_kind
from customs.documents.sections import Section
from customs.singlewindow.acknowledgement import ACKNOWLEDGEMENT_ELEMENTS, acknowledged, is_old
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.forms import FORMS, kind_told
from customs.singlewindow.messages import (
    ACKNOWLEDGEMENT,
    RESEND_REQUEST,
    Envelope,
    Message,
    Packet,
    Receipt,
    ResendRequest,
    UnknownElement,
    Upload,
)
from customs.singlewindow.receipt_forms import EXTRA_PARTS, ReceiptForm
from customs.singlewindow.receipts import assemble


def as_json(message: Message) -> JsonObject:
    """The message as plain JSON values."""
    return _receipt(message) if isinstance(message, Receipt) else _upload(message)


def _upload(upload: Upload | ResendRequest) -> JsonObject:
    made: JsonObject = {
        "message_type": upload.message_type,
        **({"kind": upload.kind.name} if isinstance(upload, Upload) else {}),
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
        **_business(upload),
        "unknown": [{"path": one.path, "value": one.value} for one in upload.unknown],
    }
    return made


def _business(upload: Upload | ResendRequest) -> JsonObject:
    if isinstance(upload, Upload):
        return {"document": upload.document}
    return {"preent_no": upload.preent_no, "customs_no": upload.customs_no}


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
        **({"repairs": [*receipt.repairs]} if receipt.repairs else {}),
    }


def _envelope(envelope: Envelope) -> JsonObject:
    return {name: value for name in Envelope.__slots__ if (value := getattr(envelope, name))}


def _packet(packet: Packet) -> JsonObject:
    return {name: getattr(packet, name) for name in Packet.__slots__}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Given = TypeVar("Given", bound=_Strict)


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


class _OutgoingJson(_Strict):
    message_type: str
    direction: Literal["upload"] = "upload"
    envelope: _EnvelopeJson = _EnvelopeJson()
    packet: _PacketJson | None = None
    key_name: str = ""
    signature_method: str = ""
    signed: bool = False
    operator_customs_code: str = ""
    sys_id: str = ""
    declare_flag: str = ""
    unknown: list[_UnknownJson] = []


class _UploadJson(_OutgoingJson):
    kind: str | None = None
    document: dict[str, Any]


class _ResendJson(_OutgoingJson):
    preent_no: str = ""
    customs_no: str = ""


class _BodyJson(_Strict):
    result: dict[str, str] = {}
    document: dict[str, Any] = {}
    book_rows: list[dict[str, str]] = []
    attached_documents: list[dict[str, str]] = []
    unknown: list[_UnknownJson] = []


class _ReceiptJson(_Strict):
    message_type: str
    kind: str | None = None
    direction: Literal["receipt"]
    envelope: _EnvelopeJson = _EnvelopeJson()
    packet: _PacketJson | None = None
    message_id: str | None = None
    code: str | None = None
    outcome: str | None = None
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    internal_no: str | None = None
    declaration_type: str | None = None
    existing_seq_no: str | None = None
    reasons: list[str] = []
    authority_time: str | None = None
    authority_at: str | None = None
    body: _BodyJson = _BodyJson()
    repairs: list[str] = []


NO_KIND = f"认不出是哪种单证，请用--kind指明：{'、'.join(KINDS)}"
_FILLED_BY = {"result": "code", "time": "authority_time"}
"""Names of a result part → members of the JSON, where they differ."""


def from_json(value: object, kind: Kind | None = None) -> Message:
    """The message that the JSON of `as_json` describes, or a bare document without any envelope.

    `kind` is that of a bare document; it is told by the names in it otherwise. Raises UnreadableError: not_message_json with the place, unknown_message.
    """
    if not isinstance(value, Mapping):
        raise UnreadableError("not_message_json", detail="应为JSON对象")
    if "message_type" not in value:
        return _bare(value, kind)
    if value.get("direction") == "receipt":
        return _receipt_from(_validated(_ReceiptJson, value))
    message_type = str(value["message_type"])
    if message_type == RESEND_REQUEST:
        asked = _validated(_ResendJson, value)
        return ResendRequest(preent_no=asked.preent_no, customs_no=asked.customs_no, **_around(asked))
    given = _validated(_UploadJson, value)
    told = next((kind for kind in KINDS.values() if kind.upload_type == message_type), None)
    if told is None:
        raise UnreadableError("unknown_message", message_type=message_type[:80])
    return Upload(kind=told, document=_document(told, given.document, "/document"), **_around(given))


def _validated(model: type[Given], value: Mapping[str, Any]) -> Given:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        what = {"extra_forbidden": "不应有此项", "missing": "缺少此项"}.get(first["type"], "类型不正确")
        raise UnreadableError("not_message_json", detail=f"/{place} {what}") from None


def _around(given: _OutgoingJson) -> dict[str, Any]:
    return {
        "envelope": Envelope(**given.envelope.model_dump()),
        "declare_flag": given.declare_flag,
        "operator_customs_code": given.operator_customs_code,
        "sys_id": given.sys_id,
        "packet": _packet_from(given.packet),
        "key_name": given.key_name,
        "signature_method": given.signature_method,
        "signed": given.signed,
        "unknown": _unknown_from(given.unknown),
    }


def _packet_from(given: _PacketJson | None) -> Packet | None:
    return Packet(**given.model_dump()) if given else None


def _unknown_from(given: list[_UnknownJson]) -> tuple[UnknownElement, ...]:
    return tuple(UnknownElement(one.path, one.value) for one in given)


def _receipt_from(given: _ReceiptJson) -> Receipt:
    if given.message_type == ACKNOWLEDGEMENT:
        return _completed(given, [*ACKNOWLEDGEMENT_ELEMENTS.values()], _acknowledgement(given))
    form = FORMS.get(given.message_type)
    if form is None:
        raise UnreadableError("unknown_message", message_type=given.message_type[:80])
    return _completed(given, [*form.result.values()], _customs_receipt(given, form))


def _acknowledgement(given: _ReceiptJson) -> Callable[[dict[str, str]], Receipt]:
    def made(result: dict[str, str]) -> Receipt:
        old = is_old(result)
        if given.reasons and not old:
            result.setdefault("text", given.reasons[0])
        return acknowledged(result, _unknown_from(given.body.unknown), old=old)

    return made


def _customs_receipt(given: _ReceiptJson, form: ReceiptForm) -> Callable[[dict[str, str]], Receipt]:
    def made(result: dict[str, str]) -> Receipt:
        in_result = {result[name] for name in form.reason_fields if name in result}
        return assemble(
            form,
            result=result,
            notes=[reason for reason in given.reasons if reason not in in_result],
            document=_told_document(form, result, given.body.document),
            extra={part: [{**row} for row in getattr(given.body, part)] for part in EXTRA_PARTS},
            envelope=Envelope(**given.envelope.model_dump()),
            packet=_packet_from(given.packet),
            unknown=_unknown_from(given.body.unknown),
        )

    return made


def _told_document(form: ReceiptForm, result: Mapping[str, str], given: Mapping[str, Any]) -> JsonObject:
    kind = kind_told(form.message_type, result)
    if kind is None:
        if given:
            detail = f"/body/document {form.message_type}不含单证内容"
            raise UnreadableError("not_message_json", detail=detail)
        return {}
    document = _document(kind, given, "/body/document")
    return {name: part for name, part in document.items() if part}


def _completed(given: _ReceiptJson, names: list[str], made: Callable[[dict[str, str]], Receipt]) -> Receipt:
    """The receipt, its result part completed by the members beside the body that are not told without them."""
    result = dict(given.body.result)
    receipt = made(dict(result))
    for name in names:
        member = _FILLED_BY.get(name, name)
        value = getattr(given, member, None)
        if name not in result and value not in (None, "") and value != getattr(receipt, member):
            result[name] = str(value)
    ordered = {name: result[name] for name in [*names, *result] if name in result}
    whole = receipt if result == given.body.result else made(ordered)
    return replace(whole, repairs=tuple(given.repairs)) if given.repairs else whole


def _bare(value: Mapping[str, Any], kind: Kind | None) -> Upload:
    kind = kind or likely_kind(value, KINDS.values())
    if kind is None:
        raise UnreadableError("not_message_json", detail=NO_KIND)
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
