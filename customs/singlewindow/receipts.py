"""Reading a customs receipt by its form, and putting one together out of parts already read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree
from pydantic import JsonValue

from customs.documents.normal_form import JsonObject
from customs.singlewindow.dialect import local
from customs.singlewindow.elements import DocumentReader, Unknown, leaves, text_of
from customs.singlewindow.forms import kind_told, owner
from customs.singlewindow.messages import Envelope, Packet, Receipt, UnknownElement
from customs.singlewindow.receipt_forms import EXTRA_PARTS, ReceiptForm
from customs.singlewindow.times import as_utc

_REFUSALS = frozenset({"returned", "store_failed", "declaration_failed", "refused"})


def read_customs_receipt(
    form: ReceiptForm,
    message: etree._Element,
    envelope: Envelope,
    packet: Packet | None,
    unknown: Unknown,
) -> Receipt:
    """The receipt in the business element `message`, whose type is the form's."""
    reader = DocumentReader(owner(form.message_type), "down", unknown)
    result: dict[str, str] = {}
    notes: list[str] = []
    extra: dict[str, list[JsonValue]] = {}
    for element in message:
        name = local(element.tag)
        path = f"{form.message_type}/{name[:80]}"
        if name == form.result_element and not result:
            result = leaves(element, dict(form.result), path, unknown)
        elif name == "CheckInfo":
            notes += _notes(element, path, unknown)
        elif name in form.extra_rows:
            kind = form.extra_rows[name]
            rows = extra.setdefault(kind.into, [])
            rows.append({**leaves(element, kind.read_as, f"{path}[{len(rows) + 1}]", unknown)})
        elif not reader.take(element, form.message_type):
            unknown.keep(element, path)
    return assemble(
        form,
        result=result,
        notes=notes,
        document=reader.document(),
        extra=extra,
        envelope=envelope,
        packet=packet,
        unknown=unknown.all(),
    )


def _notes(element: etree._Element, path: str, unknown: Unknown) -> list[str]:
    if not len(element):
        return [text] if (text := text_of(element)) else []
    found = []
    for leaf in element:
        if local(leaf.tag) == "note" and not len(leaf):
            found += [text] if (text := text_of(leaf)) else []
        else:
            unknown.keep(leaf, f"{path}/{local(leaf.tag)[:80]}")
    return found


def assemble(
    form: ReceiptForm,
    *,
    result: Mapping[str, str],
    notes: Sequence[str],
    document: JsonObject,
    extra: Mapping[str, Sequence[JsonValue]],
    envelope: Envelope,
    packet: Packet | None,
    unknown: tuple[UnknownElement, ...],
) -> Receipt:
    """The receipt out of its parts. Numbers come from the result part, else from the head."""
    head = _texts(document.get("head"))
    kind = kind_told(form.message_type, result)
    code, outcome = form.decide(result, head)
    time = next((head[name] for name in form.head_time if name in head), "")
    time = result.get("time") or time or envelope.send_time
    reasons = [*notes]
    if outcome in _REFUSALS or not notes:
        reasons += [result[name] for name in form.reason_fields if name in result]
    body: JsonObject = {}
    if result:
        body["result"] = {**result}
    if document:
        body["document"] = document
    body |= {part: [*extra[part]] for part in EXTRA_PARTS if extra.get(part)}
    if unknown:
        body["unknown"] = [{"path": one.path, "value": one.value} for one in unknown]
    return Receipt(
        message_type=form.message_type,
        kind=kind.name if kind else None,
        code=code,
        outcome=outcome,
        message_id=envelope.message_id or None,
        seq_no=result.get("seq_no") or head.get("seq_no"),
        customs_no=result.get("customs_no") or head.get("customs_no"),
        entry_seq_no=result.get("entry_seq_no"),
        change_count=_whole(result.get("change_count") or head.get("change_count")),
        internal_no=head.get("internal_no"),
        declaration_type=result.get("declaration_type") or head.get("declaration_type"),
        reasons=tuple(dict.fromkeys(reasons)),
        authority_time=time or None,
        authority_at=as_utc(time),
        packet=packet,
        envelope=envelope,
        body=body,
        unknown=unknown,
    )


def _texts(part: Any) -> dict[str, str]:
    return {name: str(value) for name, value in part.items()} if isinstance(part, dict) else {}


def _whole(text: str | None) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None
