"""What other services tell about an attempt, as facts of the fold and as lines of the timeline."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from backbone.cloudevents import Received
from contracts.events.entry import Fact
from contracts.events.event import AttemptRef, DocumentRef
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned, SigningFailed
from contracts.events.submission import (
    Delivery,
    DeliveryUnknown,
    MessageDelivered,
    MessageRefused,
    MessageTaken,
)
from customs.documents import KINDS
from services.entry.fold.told import Told

_DELIVERIES: dict[type[Delivery], tuple[str, str, str]] = {
    MessageDelivered: ("delivered", "delivered", "报文已放入导入客户端的发件箱"),
    MessageTaken: ("taken", "taken", "导入客户端已取走报文"),
    MessageRefused: ("transport_refused", "refused", "导入客户端三次未能发送报文"),
    DeliveryUnknown: ("delivery_unknown", "delivery_unknown", "报文去向不明，需人工核对单一窗口"),
}
_OUTCOME_TEXTS = {
    "acknowledged": "单一窗口已接收",
    "refused": "单一窗口拒绝接收",
    "stored": "海关入库成功",
    "store_failed": "海关入库失败",
    "manual_review": "海关转人工审核",
    "returned": "海关退单",
    "pre_deducted": "海关审核通过，已预核扣",
    "approved": "海关审核通过，未核扣",
    "deducted": "已核扣",
    "written_off": "已核销",
    "deleted": "海关已同意删除",
    "declaration_generated": "报关单已生成",
    "declaration_failed": "报关单生成失败",
    "paused": "海关已暂停",
    "resumed": "海关已恢复",
    "concluded": "海关已同意结案",
    "voided": "海关已同意作废",
    "changed": "海关修改了单证",
    "synchronised": "海关同步了单证数据",
    "gate_passed": "货物已过卡",
    "gate_passed_first": "货物已过第一道卡口",
    "gate_passed_second": "货物已过第二道卡口",
    "gate_not_passed": "货物未过卡",
    "gate_refused": "卡口拒绝过卡",
    "gate_released": "查验处置完毕，卡口放行",
    "other": "收到回执",
}


def fact_of(received: Received) -> tuple[Told, Fact]:
    """The fact an event tells. Raises TypeError for an event that tells none."""
    event = received.event
    if isinstance(event, ReceiptReceived):
        return _receipt(received, event)
    if isinstance(event, DocumentSigned):
        told, fact = _step(
            received, event, "signed", "signed", "报文已生成并封存", event.signed_at, event.message_id
        )
        return told, fact.model_copy(update={"raw_id": str(event.attempt_id)})
    if isinstance(event, SigningFailed):
        key = f"signing_failed/{event.attempt_id}"
        told = Told(key, "signing_failed", event.attempt_no, event.failed_at, reasons=(event.reason,))
        return told, _line(received, event, told, "signing_failed", f"报文未能生成：{event.reason}")
    for kind, (outcome, line, text) in _DELIVERIES.items():
        if isinstance(event, kind):
            return _step(received, event, outcome, line, text, event.occurred_at, event.message_id)
    raise TypeError(f"{received.type} tells no fact")


def _step(
    received: Received,
    event: DocumentSigned | Delivery,
    outcome: str,
    line: str,
    text: str,
    at: datetime,
    message_id: str,
) -> tuple[Told, Fact]:
    try_no = event.try_no if isinstance(event, Delivery) else 1
    reason = event.reason if isinstance(event, MessageRefused | DeliveryUnknown) else None
    told = Told(
        key=f"{outcome}/{event.attempt_id}/{try_no}",
        outcome=outcome,
        attempt_no=event.attempt_no,
        occurred_at=at,
        message_id=message_id,
        reasons=(reason,) if reason else (),
    )
    if try_no > 1:
        text = f"{text}（第{try_no}次）"
    return told, _line(received, event, told, line, text, message_type=event.message_type)


def _receipt(received: Received, event: ReceiptReceived) -> tuple[Told, Fact]:
    told = Told(
        key=f"receipt/{event.receipt_id}",
        outcome=event.outcome,
        attempt_no=None,
        occurred_at=event.received_at,
        authority_at=event.authority_at,
        message_id=event.message_id or "",
        seq_no=event.seq_no,
        customs_no=event.customs_no,
        entry_seq_no=event.entry_seq_no,
        change_count=event.change_count,
        declaration_type=event.declaration_type,
        existing_seq_no=event.existing_seq_no,
        reasons=tuple(event.reasons),
        authority=_told_about_head(event),
    )
    text = _worded(event)
    fact = _line(received, event, told, "receipt", text, message_type=event.message_type)
    return told, fact.model_copy(update={"raw_id": str(event.raw_id), "code": event.code})


def _worded(event: ReceiptReceived) -> str:
    """In the words of the kind, and of the round it answers: an approved 变更 is not the approval of the document."""
    life = KINDS[event.kind].life
    text = _OUTCOME_TEXTS.get(event.outcome, _OUTCOME_TEXTS["other"])
    if event.outcome == "approved":
        text = f"海关审核{life.states[life.course['approved'].state].label}"
    if event.outcome in life.happenings:
        return text
    labels = {r.declaration_type: r.label for r in life.rounds.values()}
    label = labels.get(event.declaration_type or "")
    return f"{label}：{text}" if label else text


def _told_about_head(event: ReceiptReceived) -> dict[str, Any]:
    """The fields of the head that only the authority sets, or that a person notes when it does not tell."""
    head = event.body.get("head")
    if not isinstance(head, dict):
        return {}
    kind = KINDS[event.kind]
    system = {name for name, spec in kind.section("head").fields.items() if spec.need == "system"}
    system |= kind.life.markable
    return {name: value for name, value in head.items() if name in system and value not in (None, "")}


def _line(
    received: Received,
    event: DocumentRef,
    told: Told,
    type: str,
    text: str,
    *,
    message_type: str | None = None,
) -> Fact:
    return Fact(
        fact_id=told.key,
        type=type,
        attempt_no=event.attempt_no if isinstance(event, AttemptRef) else None,
        occurred_at=told.occurred_at,
        authority_at=told.authority_at,
        message_type=message_type,
        message_id=told.message_id or None,
        text=text,
        reasons=list(told.reasons),
    )


def stored(told: Told) -> dict[str, Any]:
    """For the `told` column."""
    return {name: value for name, value in asdict(told).items() if value not in (None, (), {}, "")}


def restored(row: dict[str, Any]) -> Told:
    """The inverse of `stored`."""
    given = dict(row)
    for name in ("occurred_at", "authority_at"):
        if given.get(name):
            given[name] = datetime.fromisoformat(given[name])
    return Told(
        **{
            "attempt_no": None,
            **given,
            "reasons": tuple(given.get("reasons", ())),
            "authority": given.get("authority", {}),
        }
    )
