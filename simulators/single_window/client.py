"""The loop over the folders: look, take, answer. One thread; every step can be killed and taken up again."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import structlog

from simulators.single_window.clock import SHANGHAI, Clock, to_micros
from simulators.single_window.intake import Decision, Intake
from simulators.single_window.ledger import Due, Ledger
from simulators.single_window.mailbox import Found, Mailbox, discover
from simulators.single_window.parcel import NotTakeableError, file_sha256, open_parcel

SETTLE = timedelta(milliseconds=300)
FILES_A_TURN = 50
DELIVERIES_A_TURN = 500
SLOW_PARTS = 4
SLOW_PAUSE_MS = 250

log = structlog.get_logger("single_window")


@dataclass
class _SlowFile:
    """An InBox file that grows while one looks at it."""

    due: Due
    path: Path
    written: int
    next_at: datetime


class FolderClient:
    """Works the mailboxes under `exchange`. `turn` does one round; `run` repeats it until `stop` is set."""

    def __init__(
        self,
        exchange: Path,
        ledger: Ledger,
        intake: Intake,
        clock: Clock,
        *,
        poll: float = 0.1,
        speed: float = 1.0,
    ) -> None:
        self._exchange = exchange
        self._ledger = ledger
        self._intake = intake
        self._clock = clock
        self._poll = poll
        self._speed = speed
        self._mailboxes: dict[str, Mailbox] = {}
        self._doubtful: dict[Path, tuple[tuple[int, int, int], datetime]] = {}
        self._slow: dict[int, _SlowFile] = {}
        self._complained: Counter[str] = Counter()
        self._unmoved: dict[tuple[str, str], tuple[int, int, str]] = {}
        self._moved: list[int] = []
        self.paused = Event()
        self._recover()

    @property
    def mailboxes(self) -> list[str]:
        """Names of the mailboxes seen."""
        return sorted(self._mailboxes)

    def run(self, stop: Event) -> None:
        """Turn after turn; waits `poll` seconds only when a turn found nothing to do."""
        while not stop.is_set():
            try:
                busy = self.turn()
            except (OSError, sqlite3.OperationalError) as error:
                # A full disk or a vanished folder passes; the ledger holds what is still to be done.
                log.warning("turn_failed", error=str(error))
                busy = False
            if not busy:
                stop.wait(self._poll)

    def turn(self) -> bool:
        """Look into every OutBox once and write what is due; whether anything moved."""
        discover(self._exchange, self._mailboxes)
        done = 0
        if not self.paused.is_set():
            for mailbox in list(self._mailboxes.values()):
                done += self._empty_outbox(mailbox)
            done += self._deliver()
            self._grow()
        return done > 0

    # OutBox

    def _recover(self) -> None:
        for row in self._ledger.unmoved():
            source = self._exchange / row["mailbox"] / "Sas" / "OutBox" / row["file_name"]
            if source.is_file():
                self._unmoved[(row["mailbox"], row["file_name"])] = (row["id"], row["inode"], row["box"])
            else:
                self._moved.append(row["id"])
        self._ledger.moved(self._moved)
        self._moved = []

    def _empty_outbox(self, mailbox: Mailbox) -> int:
        try:
            waiting = mailbox.waiting()
        except FileNotFoundError:
            mailbox.ensure()
            return 0
        done = 0
        for found in waiting[:FILES_A_TURN]:
            try:
                done += self._take(mailbox, found)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._complain(f"{mailbox.name}/{found.path.name}", error)
        # Told to the ledger in one go; after a kill `_recover` sees for itself what was moved.
        self._ledger.moved(self._moved)
        self._moved = []
        return done

    def _take(self, mailbox: Mailbox, found: Found) -> bool:
        name = found.path.name
        if not name.isprintable():
            # Such a name can be neither logged nor repeated in an answer.
            mailbox.move(name, "FailBox")
            log.warning(
                "thrown_out", mailbox=mailbox.name, file=repr(name), box="FailBox", text="文件名无法识别"
            )
            return True
        pending = self._unmoved.get((mailbox.name, name))
        if pending is not None:
            arrival_id, inode, box = pending
            if inode == found.inode:
                self._finish(mailbox, name, arrival_id, box)
                return True
            self._moved.append(arrival_id)
            del self._unmoved[(mailbox.name, name)]
        try:
            parcel = open_parcel(found.path)
        except NotTakeableError as why:
            if not self._settled(found):
                return False
            now = self._clock.now()
            digest = file_sha256(found.path)
            decision = self._intake.thrown_out(
                mailbox.name, name, found.inode, found.signature[0], digest, str(why), now
            )
        else:
            decision = self._intake.take(mailbox.name, name, found.inode, parcel, self._clock.now())
        self._doubtful.pop(found.path, None)
        self._unmoved[(mailbox.name, name)] = (decision.arrival_id, found.inode, decision.arrival.box)
        self._finish(mailbox, name, decision.arrival_id, decision.arrival.box)
        self._tell(decision)
        return True

    def _settled(self, found: Found) -> bool:
        """A file that cannot be opened may still be growing: only one that stands still is thrown out."""
        now = self._clock.now()
        signature, since = self._doubtful.get(found.path, (None, now))
        if signature != found.signature:
            self._doubtful[found.path] = (found.signature, now)
            return False
        return now - since >= SETTLE

    def _finish(self, mailbox: Mailbox, name: str, arrival_id: int, box: str) -> None:
        mailbox.move(name, box)
        self._moved.append(arrival_id)
        del self._unmoved[(mailbox.name, name)]

    # InBox

    def _deliver(self) -> int:
        now = self._clock.now()
        done: list[Due] = []
        if self._ledger.counting(to_micros(now)):
            with self._ledger.transaction():
                self._intake.customs.count(now)
        waiting = self._ledger.due(to_micros(now), DELIVERIES_A_TURN, list(self._mailboxes), list(self._slow))
        for due in waiting:
            mailbox = self._mailboxes[due.mailbox]
            try:
                if due.slow:
                    self._slow[due.id] = _SlowFile(due, mailbox.begin(due.file_name), 0, now)
                    continue
                mailbox.put(due.file_name, due.body)
            except FileNotFoundError:
                mailbox.ensure()
                continue
            except OSError as error:
                self._complain(f"{mailbox.name}/{due.file_name}", error)
                continue
            done.append(due)
        self._written(done)
        return len(done)

    def _grow(self) -> None:
        now = self._clock.now()
        for slow in list(self._slow.values()):
            if now < slow.next_at:
                continue
            share = -(-len(slow.due.body) // SLOW_PARTS)
            part = slow.due.body[slow.written : slow.written + share]
            try:
                with slow.path.open("ab") as stream:
                    stream.write(part)
            except OSError as error:
                self._complain(slow.path.name, error)
                del self._slow[slow.due.id]
                continue
            slow.written += len(part)
            slow.next_at = now + timedelta(milliseconds=SLOW_PAUSE_MS * self._speed)
            if slow.written >= len(slow.due.body):
                self._written([slow.due])
                del self._slow[slow.due.id]

    def _written(self, done: list[Due]) -> None:
        if not done:
            return
        now = self._clock.now()
        time = now.astimezone(SHANGHAI).isoformat()
        with self._ledger.transaction():
            for due in done:
                self._ledger.delivered(due, time)
                self._intake.customs.answered(due, now)
        for due in done:
            log.info(
                "answered",
                mailbox=due.mailbox,
                file=due.file_name,
                kind=due.kind,
                result=due.result,
                internal_no=due.internal_no,
            )

    # Telling

    def _tell(self, decision: Decision) -> None:
        a = decision.arrival
        log.info(
            "taken" if a.box == "SentBox" else "thrown_out",
            mailbox=a.mailbox,
            file=a.file_name,
            box=a.box,
            result=a.result,
            outcome=a.outcome,
            text=a.text,
            internal_no=a.internal_no,
            message_id=a.message_id,
            declare_flag=a.declare_flag,
            seq_no=a.seq_no,
            sha256=a.sha256,
            xml_sha256=a.xml_sha256,
            bytes=a.size,
        )

    def _complain(self, what: str, error: OSError) -> None:
        # Once a file, not ten times a second.
        self._complained[what] += 1
        if self._complained[what] == 1:
            log.warning("file_trouble", file=what, error=str(error))
