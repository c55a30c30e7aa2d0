"""What a kept file says, read again for a person: in catalogue names, so that a document can be taken over from it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from backbone.postgres import Connection
from contracts.answers.receipts import ReceiptNumbers, ReceiptTold
from customs.documents import KINDS
from customs.singlewindow import Receipt
from customs.singlewindow.receipt_forms import ATTACHED
from services.receipts import store
from services.receipts.reading import (
    MAX_JOINED_BYTES,
    TOO_LARGE_TOGETHER,
    Understood,
    Unreadable,
    understand,
    understand_joined,
)

_NOT_KEPT = Unreadable("too_large", "文件过大，不能识别，可以下载原文")


async def receipt_in(connection: Connection, raw_id: UUID) -> Understood | Unreadable:
    """The receipt in this file; with the other packets of a split one when all are there."""
    parts = await _parts(connection, raw_id) or [raw_id]
    if len(parts) > 1 and await store.bytes_of(connection, parts) > MAX_JOINED_BYTES:
        return TOO_LARGE_TOGETHER
    contents = []
    for part in parts:
        loaded = await store.load(connection, part)
        if loaded is None or loaded[1] is None:
            return _NOT_KEPT
        contents.append(loaded[1])
    if len(contents) == 1:
        return await asyncio.to_thread(understand, contents[0])
    return await asyncio.to_thread(understand_joined, contents)


async def _parts(connection: Connection, raw_id: UUID) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT raw_id, total FROM packets WHERE packet_group = "
        "(SELECT packet_group FROM packets WHERE raw_id = $1) ORDER BY number",
        raw_id,
    )
    return [row["raw_id"] for row in rows] if rows and len(rows) == rows[0]["total"] else []


def told(receipt: Receipt) -> ReceiptTold:
    """Its facts without the rows."""
    document = receipt.body.get("document")
    sections = document if isinstance(document, dict) else {}
    head = sections.get("head")
    attached = receipt.body.get(ATTACHED)
    return ReceiptTold(
        attached_documents=[row for row in attached if isinstance(row, dict)]
        if isinstance(attached, list)
        else [],
        message_type=receipt.message_type,
        kind=receipt.kind,
        kind_label=KINDS[receipt.kind].label if receipt.kind else None,
        code=receipt.code,
        outcome=receipt.outcome,
        numbers=ReceiptNumbers(
            seq_no=receipt.seq_no,
            customs_no=receipt.customs_no,
            entry_seq_no=receipt.entry_seq_no,
            internal_no=receipt.internal_no,
            change_count=receipt.change_count,
        ),
        declaration_type=receipt.declaration_type,
        authority_time=receipt.authority_time,
        reasons=[*receipt.reasons],
        head=head if isinstance(head, dict) else None,
        rows={name: len(rows) for name, rows in sections.items() if isinstance(rows, list)},
    )
