"""Deliveries as events: what others are told of a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.events.submission import DeliveryUnknown, MessageDelivered, MessageRefused, MessageTaken
from services.submission.domain import MAX_TRIES, Delivery

_REFUSED = f"导入客户端{MAX_TRIES}次退回文件，报文未到达单一窗口；请检查该卡的导入客户端后重新申报"
_REFUSED_LATE = "文件曾经下落不明，现在导入客户端的FailBox中；请到单一窗口核对，确认未收到后重新申报"
_UNKNOWN = "文件不在导入客户端的任何目录，也没有回执，无法确定单一窗口是否收到；请到单一窗口核对后处理"


def delivered(delivery: Delivery, at: datetime) -> MessageDelivered:
    return MessageDelivered(**_facts(delivery, at))


def taken(delivery: Delivery, at: datetime) -> MessageTaken:
    return MessageTaken(**_facts(delivery, at))


def refused(delivery: Delivery, at: datetime) -> MessageRefused:
    reason = _REFUSED if delivery.try_no >= MAX_TRIES else _REFUSED_LATE
    return MessageRefused(**_facts(delivery, at), reason=reason)


def unknown(delivery: Delivery, at: datetime) -> DeliveryUnknown:
    return DeliveryUnknown(**_facts(delivery, at), reason=_UNKNOWN)


def _facts(delivery: Delivery, at: datetime) -> dict[str, Any]:
    return {
        "tenant_id": delivery.tenant_id,
        "document_id": delivery.document_id,
        "kind": delivery.kind,
        "enterprise_id": delivery.enterprise_id,
        "internal_no": delivery.internal_no,
        "attempt_id": delivery.attempt_id,
        "attempt_no": delivery.attempt_no,
        "mailbox": delivery.mailbox,
        "message_type": delivery.message_type,
        "message_id": delivery.message_id,
        "stem": delivery.stem,
        "file_name": delivery.file_name,
        "sha256": delivery.sha256,
        "message_sha256": delivery.message_sha256,
        "try_no": delivery.try_no,
        "occurred_at": at,
    }
