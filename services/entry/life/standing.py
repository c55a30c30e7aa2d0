"""The next version of a document's row, standing as the fold says; with the versions that were sent, where it goes back to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from backbone.beside import beside_loop
from backbone.postgres import Connection, Record
from customs.documents import JsonObject
from customs.documents.changing import without_removed
from customs.documents.life import Purpose
from services.entry.document import histories
from services.entry.document.histories import Sending
from services.entry.document.opening import with_content
from services.entry.document.store import Document, stored_document
from services.entry.fold.folding import GRANTED, Standing
from services.entry.life import rounds_store


@dataclass(slots=True)
class Versions:
    """What was sent of documents that are locked, read once."""

    connection: Connection
    _read: dict[Sending, Record] = field(default_factory=dict)

    async def read(self, told: Iterable[tuple[Document, Standing]]) -> None:
        """Those that customs agreed to, of all these documents at once."""
        newly = {
            (row.document_id, standing.approved_attempt_no)
            for row, standing in told
            if standing.approved_attempt_no is not None
            and standing.approved_attempt_no != row.approved_attempt_no
        }
        self._read |= await histories.snapshots(self.connection, newly)

    async def next(self, document: Document, told: Standing, now: datetime) -> Document:
        """The row, standing as the fold says."""
        purpose, round_state, reopened = await self._round_of(document, told)
        row = replace(
            document,
            version=document.version + 1,
            state=told.state,
            round_purpose=purpose,
            round_state=round_state,
            approved_attempt_no=told.approved_attempt_no,
            seq_no=told.seq_no,
            customs_no=told.customs_no,
            entry_seq_no=told.entry_seq_no,
            change_count=told.change_count,
            deadline_at=told.deadline_at,
            needs_operator=told.needs_operator,
            notes=told.notes,
            authority=dict(told.authority),
            updated_at=now,
        )
        if reopened is not None:
            return with_content(row, row.of_kind, await self._sent(row, reopened))
        newly = told.approved_attempt_no != document.approved_attempt_no
        edits = purpose is not None and row.of_kind.life.rounds[Purpose(purpose)].edits
        if edits:
            return await self._edited(row)
        if newly and told.approved_attempt_no is not None:
            return with_content(row, row.of_kind, await self._sent(row, told.approved_attempt_no))
        return row

    async def _round_of(
        self, document: Document, told: Standing
    ) -> tuple[str | None, str | None, int | None]:
        """Purpose and state of the open round; and the attempt, where a round given up here turns out to be at customs."""
        last = next((each for each in told.rounds if each.round_no == document.round_no), None)
        if last is None:
            return document.round_purpose, document.round_state, None
        if last.state == GRANTED:
            return None, None, None
        if document.round_purpose is not None:
            return document.round_purpose, last.state, None
        given_up = await rounds_store.is_withdrawn(self.connection, document.document_id, last.round_no)
        if given_up and document.of_kind.life.states[last.state].editable:
            return None, None, None
        return last.purpose.value, last.state, last.attempt_no

    async def _edited(self, row: Document) -> Document:
        """A clerk works on a change. What customs approved meanwhile becomes its base if nothing was edited; else it is said."""
        base = await rounds_store.base_of(self.connection, row.document_id, row.round_no)
        approved = row.approved_attempt_no
        if approved is None or base is None or base == approved:
            return row
        if row.content == orjson.dumps(await self._sent(row, base)):
            await rounds_store.rebase(self.connection, row.document_id, row.round_no, approved)
            return with_content(row, row.of_kind, await self._sent(row, approved))
        note = f"变更以第{base}次申报的版本为底稿，而海关其后通过了第{approved}次申报的版本，请用版本比较核对后再申报"
        return replace(row, notes=(*row.notes, note))

    async def _sent(self, row: Document, attempt_no: int) -> JsonObject:
        """As `versions.sent`. An attempt that the fold names is there."""
        sending = (row.document_id, attempt_no)
        if sending not in self._read:
            self._read |= await histories.snapshots(self.connection, [sending])
        record = self._read[sending]
        return await beside_loop(len(row.content), _complete, row, record)


def _complete(row: Document, record: Record) -> JsonObject:
    return without_removed(row.of_kind, stored_document(row.of_kind, record))
