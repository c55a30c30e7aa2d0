"""What a person may ask of a kept file."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import Refusal
from services.receipts import domain, store
from services.receipts.store import RawFile


class ReceiptAlreadyTold(Refusal):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "receipt_already_told"
    title: ClassVar[str] = "该回执已匹配，无需重试"
    hint: ClassVar[str] = "请在对应单证的时间线中查看"


async def retry(connection: Connection, caller: Principal, raw: RawFile) -> UUID:
    """Have a file understood again, and note who asked. Raises ReceiptAlreadyTold."""
    if raw.state in domain.TOLD:
        raise ReceiptAlreadyTold()
    retry_id = new_id()
    await connection.execute(
        "INSERT INTO retries (retry_id, raw_id, tenant_id, asked_by, asked_by_name) VALUES ($1, $2, $3, $4, $5)",
        retry_id,
        raw.raw_id,
        raw.tenant_id,
        caller.id,
        caller.name,
    )
    await store.enqueue(connection, raw, f"asked/{retry_id}")
    return retry_id
