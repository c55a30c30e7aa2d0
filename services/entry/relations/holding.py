"""What a document holds of those it leans on, while a change of it is under way: the more of what is valid and what was sent.

A working copy holds nothing: a clerk who lowers a quantity in it gives nothing back before customs agreed.
"""

from __future__ import annotations

from collections.abc import Sequence

from backbone.postgres import Connection
from customs.documents import JsonObject
from customs.documents.balances import HOLDS_NOTHING, most_of
from services.entry.document import store
from services.entry.document.store import Document
from services.entry.document.versions import approved_document

__all__ = ["HOLDS_NOTHING", "held_by", "holders"]


async def held_by(connection: Connection, row: Document) -> JsonObject:
    """The content that counts for others."""
    if row.round_purpose is None or row.approved_attempt_no is None:
        return row.document
    valid = await approved_document(connection, row)
    if row.round_state in HOLDS_NOTHING:
        return valid
    return most_of(row.of_kind, valid, row.document)


async def holders(connection: Connection, on_kind: str, number: str, of: Document) -> Sequence[JsonObject]:
    """What other documents of the same kind as `of` hold of the document of this number."""
    found = await store.leaning_on(connection, on_kind, [number], of.kind, without=HOLDS_NOTHING)
    return [await held_by(connection, row) for _, row in found if row.document_id != of.document_id]
