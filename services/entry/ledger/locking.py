"""The locks that a batch of answers needs, taken in one order before any of them is absorbed.

Numbers, then documents, then (when the books are settled) lines. Taken event by event, one batch would hold the 核放单 that
passed and want the 清单 it carried, while another holds that 清单 and wants the number by which passages find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.event import DocumentRef
from contracts.events.receipts import ReceiptReceived
from customs.documents import KINDS
from services.entry.ledger import posting
from services.entry.ledger.posting import Named
from services.entry.ledger.reading import passing
from services.entry.relations import lock_order


async def before(connection: Connection, events: Sequence[Received]) -> dict[UUID, int]:
    """For the events that are about documents. Answers the packed sizes of those that are there, theirs and leaned on."""
    told = [received.event for received in events if isinstance(received.event, DocumentRef)]
    ids = {event.document_id for event in told}
    if not ids:
        return {}
    named = await _named(connection, told)
    await posting.lock_numbers(connection, named)
    return await lock_order.lock(connection, ids | await posting.documents_named(connection, named))


async def _named(connection: Connection, told: Sequence[DocumentRef]) -> set[Named]:
    """The numbers that are given, and those of the goods that pass."""
    numbered = [
        event for event in told if isinstance(event, ReceiptReceived) and event.customs_no is not None
    ]
    carriers = {event.document_id for event in told if passing(KINDS[event.kind])}
    if not (numbered or carriers):
        return set()
    rows = await connection.fetch(
        "SELECT document_id, tenant_id, kind, customs_no FROM documents WHERE document_id = ANY($1::uuid[])",
        list(carriers.union(event.document_id for event in numbered)),
    )
    known = {row["document_id"]: row for row in rows}
    named: set[Named] = set()
    for event in numbered:
        row = known.get(event.document_id)
        if row is None or event.customs_no is None or event.customs_no == row["customs_no"]:
            continue
        if KINDS[row["kind"]].booking is not None:
            named.add((row["tenant_id"], row["kind"], event.customs_no))
    if carriers:
        for row in await connection.fetch(
            "SELECT tenant_id, on_kind, on_no FROM leanings WHERE document_id = ANY($1::uuid[]) AND on_kind = ANY($2::text[])",
            list(carriers),
            [kind.name for kind in KINDS.values() if kind.booking is not None],
        ):
            named.add((row["tenant_id"], row["on_kind"], row["on_no"]))
    return named
