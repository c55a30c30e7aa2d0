"""保证金、保函: what secures business of a book or a 申报表, and until when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import IfMatchMissing, NotFound, StaleVersion
from contracts.answers.ledger import GuaranteeAnswer
from customs.documents.amounts import plain
from services.entry.document.free_text import FreeText
from services.entry.ledger.books import as_date


class Guarantee(BaseModel):
    """What a clerk writes of it; the number stands in the path."""

    model_config = ConfigDict(extra="forbid", strict=True)

    book_no: FreeText | None = Field(None, min_length=1, max_length=64, title="账册编号")
    form_no: FreeText | None = Field(None, min_length=1, max_length=64, title="申报表编号")
    amount: str | None = Field(
        None,
        pattern=r"^(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$",
        title="金额",
        description="Decimal as a string",
    )
    currency: str | None = Field(None, pattern=r"^[A-Z0-9]{3}$", title="币制")
    valid_until: date = Field(title="有效期", description="yyyyMMdd or yyyy-MM-dd")
    remark: FreeText = Field("", max_length=500, title="备注")

    _read_date = field_validator("valid_until", mode="before")(as_date)


async def listed(connection: Connection) -> list[GuaranteeAnswer]:
    """Those that end first come first; at most 1,000."""
    rows = await connection.fetch("SELECT * FROM guarantees ORDER BY valid_until, guarantee_no LIMIT 1000")
    return [_told(row) for row in rows]


async def one(connection: Connection, number: str) -> GuaranteeAnswer:
    """Raises NotFound."""
    row = await connection.fetchrow("SELECT * FROM guarantees WHERE guarantee_no = $1", number)
    if row is None:
        raise NotFound()
    return _told(row)


def _told(row: Record) -> GuaranteeAnswer:
    return GuaranteeAnswer(
        guarantee_no=row["guarantee_no"],
        book_no=row["book_no"],
        form_no=row["form_no"],
        amount=None if row["amount"] is None else plain(row["amount"]),
        currency=row["currency"],
        valid_until=row["valid_until"],
        remark=row["remark"],
        version=row["version"],
        updated_at=row["updated_at"],
    )


async def put(
    connection: Connection, caller: Principal, number: str, given: Guarantee, seen: int | None
) -> None:
    """Write a new one, or change the version that was seen. Raises IfMatchMissing, StaleVersion."""
    done = await connection.fetchval(
        "INSERT INTO guarantees (tenant_id, guarantee_no, book_no, form_no, amount, currency, valid_until, remark, changed_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, guarantee_no) DO NOTHING RETURNING version"
        if seen is None
        else "UPDATE guarantees SET book_no = $3, form_no = $4, amount = $5, currency = $6, valid_until = $7, remark = $8, "
        "changed_by = $9, version = version + 1, updated_at = now() WHERE tenant_id = $1 AND guarantee_no = $2 AND version = $10 "
        "RETURNING version",
        caller.tenant_id,
        number,
        given.book_no,
        given.form_no,
        None if given.amount is None else Decimal(given.amount),
        given.currency,
        given.valid_until,
        given.remark,
        {"id": caller.id, "name": caller.name},
        *([] if seen is None else [seen]),
    )
    if done is None:
        raise StaleVersion() if seen is not None else IfMatchMissing()


async def remove(connection: Connection, number: str, seen: int) -> None:
    """Raises NotFound, StaleVersion."""
    await one(connection, number)
    gone = await connection.fetchval(
        "DELETE FROM guarantees WHERE guarantee_no = $1 AND version = $2 RETURNING true", number, seen
    )
    if gone is None:
        raise StaleVersion()
