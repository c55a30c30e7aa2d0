"""Files of a look, kept as what they turn out to be: rows, documents and events in one transaction.

When it fails the files are kept singly, and where that fails too, a file is kept as it came and understood by a job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backbone import compress, log, metrics, outbox, postgres, trace
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from contracts.events import Event
from customs.singlewindow import FAULT_TEXTS
from services.receipts import deciding, store
from services.receipts.inbox import MAX_KEPT_BYTES, Content
from services.receipts.reading import Understood, Unreadable, understand
from services.receipts.store import Mailbox, NewFile, RawFile, Standing

_STORED = Standing("stored")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file with what it says. `place` is where it will go, relative to the mailbox; empty for one that stays at a site."""

    content: Content
    place: str
    packed: bytes | None
    found: Understood | Unreadable


def arrived(content: Content, place: str) -> Arrived:
    """Reads and packs it: work for a thread. Never raises."""
    # A name that is no text is noted in printable form.
    noted = place.encode("utf-8", "backslashreplace").decode()
    if content.data is None:
        text = FAULT_TEXTS["too_large"].format(size=content.found.size, limit=MAX_KEPT_BYTES)
        return Arrived(content, noted, None, Unreadable("too_large", text))
    return Arrived(content, noted, compress.pack(content.data), understand(content.data))


class Keeping:
    """`step` is called between the steps of keeping, so that tests can stop there."""

    def __init__(self, pool: Pool, step: Callable[[str], None]) -> None:
        self._pool = pool
        self._step = step

    async def keep(self, mailbox: Mailbox, files: Sequence[Arrived]) -> int:
        """All of them, once each, whatever is wrong with some; how many were not there before. Raises on outages of the database."""
        # What a file answers is not known yet: each event begins a trace of its own.
        trace.current.set(None)
        try:
            return await self._together(mailbox, files, decided=True)
        except postgres.OUTAGES:
            raise
        except Exception as error:  # noqa: BLE001 - a file that trips us must not hold up the others
            log.get().warning(
                "receipts_kept_singly", mailbox=mailbox.mailbox, count=len(files), exc_info=error
            )
            if len(files) == 1:
                return await self._together(mailbox, files, decided=False)
            return sum([await self.keep(mailbox, [file]) for file in files])

    async def _together(self, mailbox: Mailbox, files: Sequence[Arrived], *, decided: bool) -> int:
        self._step("before store")
        async with postgres.transaction(self._pool) as connection:
            fresh = await self._fresh(connection, mailbox, files)
            answers = {
                number: deciding.answer([raw], file.found, raw.sha256)
                for number, (raw, file) in enumerate(fresh)
                if decided and isinstance(file.found, Understood) and not file.found.receipt.is_split
            }
            decisions = await deciding.decide(connection, mailbox.tenant_id, list(answers.values()))
            standings = dict(zip(answers, (each.standing for each in decisions), strict=True))
            new = [
                NewFile(
                    raw=raw,
                    size=file.content.found.size,
                    place=file.place,
                    content=file.packed,
                    standing=standings.get(number) or _standing(file),
                    read=answers[number].read if number in answers else None,
                    message_type=file.found.message_type if isinstance(file.found, Unreadable) else None,
                )
                for number, (raw, file) in enumerate(fresh)
            ]
            events: list[Event] = [each.event for each in decisions if each.event is not None]
            if new:
                events += await store.keep(connection, new)
                await store.enqueue_all(
                    connection, [each.raw for each in new if each.standing is _STORED], "first"
                )
            await outbox.append(connection, events, tenant_id=mailbox.tenant_id)
            self._step("before commit")
        self._step("after commit")
        metrics.counter("receipt_files_stored_total").inc(len(new))
        deciding.count(list(answers.values()), decisions)
        for each in new:
            if each.standing.state == "unreadable":
                log.get().warning(
                    "receipt_unreadable",
                    mailbox=mailbox.mailbox,
                    raw_id=str(each.raw.raw_id),
                    reason_code=each.standing.reason_code,
                )
        return len(new)

    @staticmethod
    async def _fresh(
        connection: Connection, mailbox: Mailbox, files: Sequence[Arrived]
    ) -> list[tuple[RawFile, Arrived]]:
        at, known = await store.kept_before(connection, mailbox.mailbox, [file.content for file in files])
        return [
            (
                RawFile(
                    raw_id=new_id(),
                    tenant_id=mailbox.tenant_id,
                    enterprise_id=mailbox.enterprise_id,
                    mailbox=mailbox.mailbox,
                    file_name=file.content.found.file_name,
                    sha256=file.content.sha256,
                    arrived_at=at,
                    state="stored",
                    tries=0,
                ),
                file,
            )
            for number, file in enumerate(files)
            if number not in known
        ]


def _standing(file: Arrived) -> Standing:
    """Of one that is no whole answer by itself: packets are joined by jobs, one after another."""
    if isinstance(file.found, Unreadable):
        return Standing("unreadable", reason_code=file.found.code, reason=file.found.text)
    return _STORED
