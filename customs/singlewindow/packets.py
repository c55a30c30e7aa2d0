"""Joining the packets of a split receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from customs.documents.normal_form import JsonObject
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.forms import FORMS
from customs.singlewindow.messages import Packet, Receipt
from customs.singlewindow.receipt_forms import EXTRA_PARTS
from customs.singlewindow.receipts import assemble

MAX_PACKETS = 10_000


def join_packets(receipts: Sequence[Receipt]) -> Receipt:
    """The whole receipt out of its packets, in any order; a packet that came twice counts once.

    The result part and the head come from the first packet that has them, rows follow in the order of packets, the
    envelope is the first packet's. Raises UnreadableError packets_differ or packets_missing.
    """
    parts: dict[int, Receipt] = {}
    for receipt in receipts:
        if receipt.packet is None:
            raise UnreadableError("packets_differ", detail="没有分包信息")
        parts.setdefault(receipt.packet.number, receipt)
    if not parts:
        raise UnreadableError("packets_differ", detail="没有分包")
    ordered = [parts[number] for number in sorted(parts)]
    packet = _same_group([ordered[0], *receipts])
    if packet.total > MAX_PACKETS:
        raise UnreadableError("packets_differ", detail=f"总包数{packet.total}超过{MAX_PACKETS}")
    missing = [str(number) for number in range(1, packet.total + 1) if number not in parts]
    if missing:
        raise UnreadableError("packets_missing", missing="、".join(missing[:20]), total=packet.total)
    if len(ordered) == 1:
        return ordered[0]
    first = ordered[0]
    whole = assemble(
        FORMS[first.message_type],
        result=_first_result(ordered),
        notes=[reason for part in ordered for reason in part.reasons],
        document=_document(ordered),
        extra={name: [row for part in ordered for row in _rows(part.body.get(name))] for name in EXTRA_PARTS},
        envelope=first.envelope,
        packet=Packet(packet.pocket_id, 1, 1, packet.unstructured),
        unknown=tuple(one for part in ordered for one in part.unknown),
    )
    return replace(whole, repairs=tuple(dict.fromkeys(one for part in ordered for one in part.repairs)))


def _same_group(receipts: list[Receipt]) -> Packet:
    first = receipts[0]
    assert first.packet is not None
    group = (first.message_type, first.packet.pocket_id, first.packet.total)
    for part in receipts:
        assert part.packet is not None
        if (part.message_type, part.packet.pocket_id, part.packet.total) != group:
            raise UnreadableError("packets_differ", detail="报文类型、分包标识或总包数不一致")
        if not 1 <= part.packet.number <= part.packet.total:
            raise UnreadableError(
                "packets_differ", detail=f"包号{part.packet.number}不在1至{part.packet.total}之间"
            )
    return first.packet


def _first_result(ordered: list[Receipt]) -> dict[str, str]:
    for part in ordered:
        result = part.body.get("result")
        if isinstance(result, dict):
            return {name: str(value) for name, value in result.items()}
    return {}


def _document(ordered: list[Receipt]) -> JsonObject:
    joined: JsonObject = {}
    for part in ordered:
        document = part.body.get("document")
        for name, value in document.items() if isinstance(document, dict) else ():
            if isinstance(value, list):
                joined[name] = [*_rows(joined.get(name)), *value]
            else:
                joined.setdefault(name, value)
    return joined


def _rows(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
