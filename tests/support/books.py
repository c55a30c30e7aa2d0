"""A clerk whose 核注清单 move a book, and what the book's tables say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson

from backbone import postgres
from contracts.events.receipts import Outcome
from customs.documents.amounts import plain
from customs.ledger.balances import Balance
from customs.ledger.lines import Line
from services.entry.ledger import basing
from tests.support.entry_service import Entry
from tests.support.feeding import Feeding, sample

BOOK = "T3105W000001"
TRUCK = {
    "vehicle_no": "粤B12345",
    "vehicle_weight": "9000",
    "gate_pass_type": "2",
    "applicant_contact": "示例联系人 13800000000",
}


@dataclass(frozen=True, slots=True)
class Goods:
    """One row: 备案序号 or, where customs is to give one, None."""

    line_no: int | None
    quantity: str
    material_no: str = "SKIN-0050"
    unit: str = "011"


def listing(name: str, rows: Sequence[Goods], **head: Any) -> dict[str, Any]:
    """A 核注清单 like the sample `name` (export, import) with these rows."""
    document = sample("inventory", name, **head)
    (like, *_) = document["goods"]
    document["goods"] = []
    for number, goods in enumerate(rows, start=1):
        row = {
            **like,
            "line_no": number,
            "material_no": goods.material_no,
            "quantity": goods.quantity,
            "unit": goods.unit,
            "unit_price": "2",
            "total_price": plain(Decimal(goods.quantity) * 2),
        }
        row.pop("book_line_no", None)
        if goods.line_no is not None:
            row["book_line_no"] = goods.line_no
        for unit, quantity in (
            ("statutory_unit", "statutory_quantity"),
            ("second_statutory_unit", "second_statutory_quantity"),
        ):
            if row.get(unit) == row["unit"]:
                row[quantity] = goods.quantity
        document["goods"].append(row)
    return document


_NO_GOODS: Mapping[str, str] = {}


class Books(Feeding):
    """One book of one tenant."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry)
        self.book_no = BOOK

    async def follow(self, mode: str, *, valid_until: date | None = None, book_no: str = BOOK) -> None:
        async with postgres.transaction(self.entry.worker_pool) as connection:
            await connection.execute(
                "INSERT INTO ledgers (tenant_id, book_no, check_mode, valid_until, changed_by) VALUES ($1, $2, $3, $4, '{}') "
                "ON CONFLICT (tenant_id, book_no) DO UPDATE SET check_mode = excluded.check_mode, valid_until = excluded.valid_until",
                self.entry.tenant_id,
                book_no,
                mode,
                valid_until,
            )

    async def open(
        self,
        key: str,
        came: str,
        went: str = "0",
        *,
        on: date = date(2026, 1, 1),
        mark: str = "I",
        book_no: str = BOOK,
        goods: Mapping[str, str] = _NO_GOODS,
    ) -> None:
        """An opening of one line, imported now. `goods`: what it says of the line."""
        async with postgres.transaction(self.entry.worker_pool) as connection:
            await connection.execute(
                "INSERT INTO ledger_openings (tenant_id, book_no, mark, line_key, cut_over, quantity_in, quantity_out, import_id, "
                "imported_by, material_no, hs_code, name, unit) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9, $10, $11, $12)",
                self.entry.tenant_id,
                book_no,
                mark,
                key,
                on,
                Decimal(came),
                Decimal(went),
                uuid4(),
                *(goods.get(name) for name in ("material_no", "hs_code", "name", "unit")),
            )
            await basing.rebase(connection, self.entry.tenant_id, [Line(book_no, mark, key)])

    async def out(self, *rows: Goods) -> str:
        """A draft of goods that go out."""
        return await self.saved("inventory", listing("export", rows))

    async def coming(self, *rows: Goods) -> str:
        """A draft of goods that come in."""
        return await self.saved("inventory", listing("import", rows))

    async def declared(self, document_id: str) -> list[dict[str, Any]]:
        """Declared and taken; answers the warnings about its book."""
        answer = await self.declare("inventory", document_id)
        assert answer.status_code == 202, answer.text
        return [w for w in answer.json().get("warnings", ()) if w["code"].startswith("ledger_")]

    async def again(self, document_id: str, *rows: Goods) -> None:
        """The draft with other rows."""
        seen = await self.entry.client.get(f"/v1/inventories/{document_id}")
        document = listing("export", rows, internal_no=seen.json()["document"]["head"]["internal_no"])
        saved = await self.entry.client.put(
            f"/v1/inventories/{document_id}",
            content=orjson.dumps(document),
            headers={"if-match": seen.headers["etag"]},
        )
        assert saved.status_code == 200, saved.text

    async def posted(
        self, document_id: str, at: datetime | None = None, *book_rows: Mapping[str, str], **more: Any
    ) -> None:
        """INV211, with rows of the book where there are any."""
        body = {
            "head": {"material_mark": "I", "book_no": BOOK},
            "book_rows": [dict(row) for row in book_rows],
        }
        await self.answered(
            "inventory",
            document_id,
            "deducted",
            message_type="INV211",
            authority_at=at or datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1),
            body=body,
            **more,
        )

    async def numbered(self, document_id: str, numbers: Mapping[int, int], **more: Any) -> None:
        """A full INV201 that tells which 备案序号 customs gave the rows."""
        goods = [{"line_no": row, "book_line_no": number} for row, number in numbers.items()]
        await self.answered("inventory", document_id, "pre_deducted", body={"goods": goods}, **more)

    async def truck(self, document_id: str, *parts: str) -> str:
        """A 核放单 of everything, or of these quantities of its first rows, declared and approved."""
        wish: dict[str, Any] = {"head": TRUCK}
        if parts:
            wish["rows"] = [
                {"line_no": number, "quantity": part} for number, part in enumerate(parts, start=1)
            ]
        made = await self.post(f"inventories/{document_id}/gate-passes", wish)
        assert made.status_code == 201, made.text
        pass_id = str(made.json()["id"])
        await self.approve("gate_pass", pass_id)
        return pass_id

    async def gate(self, pass_id: str, outcome: Outcome = "gate_passed", **more: Any) -> None:
        """What the gate says of a 核放单."""
        await self.answered(
            "gate_pass", pass_id, outcome, message_type="SAS223", declaration_type=None, **more
        )

    async def lines(self) -> dict[str, Balance]:
        """Of the book, by line key; lines on which nothing stands are left out."""
        rows = await self.entry.worker_pool.fetch(
            "SELECT * FROM ledger_lines WHERE tenant_id = $1 AND book_no = $2", self.entry.tenant_id, BOOK
        )
        return {row["line_key"]: Balance(**{name: row[name] for name in Balance.__slots__}) for row in rows}

    async def movements(self, document_id: str) -> list[tuple[int, str, str, str]]:
        """Row, account, kind of cause, quantity; in their order."""
        rows = await self.entry.worker_pool.fetch(
            "SELECT row_no, account, cause, quantity FROM ledger_postings WHERE document_id = $1 ORDER BY at, account, row_no",
            UUID(document_id),
        )
        return [
            (row["row_no"], row["account"], row["cause"].split("/")[0], plain(row["quantity"]))
            for row in rows
        ]


def book_row(line_no: int, came: str, went: str, **more: str) -> dict[str, str]:
    """A row of customs' own book, as a receipt's body tells it."""
    return {"line_no": str(line_no), "increased_quantity": came, "reduced_quantity": went, **more}


__all__ = ["BOOK", "Books", "Goods", "book_row", "listing"]
