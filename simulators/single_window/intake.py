"""Deciding about one file: which box, which answer, which numbers. Reads the ledger, writes it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from simulators.single_window import documents, numbers, rules, script
from simulators.single_window.clock import SHANGHAI, to_micros
from simulators.single_window.documents import Document
from simulators.single_window.ledger import Arrival, Ledger
from simulators.single_window.outcomes import OUTCOMES, Outcome, chosen_by_prefix, outcome_named
from simulators.single_window.parcel import Parcel
from simulators.single_window.reader import UnreadableError, Upload, read_upload
from simulators.single_window.script import Course, Delivery


@dataclass(frozen=True)
class Decision:
    """What was decided and kept; the caller moves the file into `box`."""

    arrival_id: int
    arrival: Arrival


class OutcomeChoice:
    """Which outcome an upload meets: set for its number, else by prefix, else the default. Not kept over a restart."""

    def __init__(self, default: str = "OK") -> None:
        self._lock = Lock()
        self._default = outcome_named(default)
        self._named: dict[str, Outcome] = {}

    @property
    def default(self) -> str:
        """Name of the outcome for numbers without a known prefix."""
        return self._default.name

    def set_default(self, name: str) -> None:
        """KeyError when there is no such outcome."""
        with self._lock:
            self._default = outcome_named(name)

    def set_for(self, internal_no: str, name: str) -> None:
        """KeyError when there is no such outcome."""
        with self._lock:
            self._named[internal_no] = outcome_named(name)

    def choose(self, ledger: Ledger, mailbox: str, internal_no: str) -> Outcome:
        """The outcome of the next arrival of this number in this mailbox."""
        with self._lock:
            if internal_no in self._named:
                return self._named[internal_no]
            default = self._default
        asked = chosen_by_prefix(internal_no)
        if asked is None:
            return default
        outcome, times = asked
        if times is not None and ledger.times_applied(mailbox, internal_no, outcome.name) >= times:
            return OUTCOMES["OK"]
        return outcome


class Intake:
    """Takes opened parcels in. `speed` multiplies every delay; 0 means none."""

    def __init__(
        self, ledger: Ledger, choice: OutcomeChoice, *, seed: int, speed: float, prefixed: bool = False
    ) -> None:
        self._ledger = ledger
        self._choice = choice
        self._seed = seed
        self._speed = speed
        self._prefixed = prefixed

    def thrown_out(
        self, mailbox: str, file_name: str, inode: int, size: int, sha256: str, why: str, now: datetime
    ) -> Decision:
        """A file the import client cannot open: into FailBox, nothing is answered."""
        arrival = Arrival(
            mailbox=mailbox,
            file_name=file_name,
            stem=file_name.rpartition(".")[0] or file_name,
            inode=inode,
            box="FailBox",
            result="failed",
            outcome="",
            text=why,
            size=size,
            sha256=sha256,
            time=now.astimezone(SHANGHAI).isoformat(),
        )
        with self._ledger.transaction():
            return Decision(self._ledger.record(arrival), arrival)

    def take(self, mailbox: str, file_name: str, inode: int, parcel: Parcel, now: datetime) -> Decision:
        """Decide about a parcel that could be opened."""
        upload, problems = None, []
        blank = Arrival(
            mailbox=mailbox,
            file_name=file_name,
            stem=parcel.stem,
            inode=inode,
            box="SentBox",
            result="refused",
            outcome="",
            text="",
            size=parcel.size,
            sha256=parcel.sha256,
            xml_sha256=parcel.xml_sha256,
            time=now.astimezone(SHANGHAI).isoformat(),
        )
        try:
            upload = read_upload(parcel.xml)
        except UnreadableError as error:
            problems = list(error.reasons)
            blank = replace(blank, internal_no=error.internal_no, message_id=error.message_id)
        else:
            problems = rules.reasons_to_refuse(upload)
            blank = replace(
                blank,
                internal_no=upload.internal_no,
                owner=upload.owner,
                message_id=upload.envelope.get("message_id", ""),
                declare_flag=upload.declare_flag,
                seq_no=upload.head.get("SeqNo", ""),
            )
        with self._ledger.transaction():
            outcome = self._choice.choose(self._ledger, mailbox, blank.internal_no)
            blank = replace(blank, outcome=outcome.name)
            if not outcome.at_box:
                failed = replace(blank, box="FailBox", result="failed", text="导入客户端无法处理该文件")
                return Decision(self._ledger.record(failed), failed)
            course = self._course(blank, now)
            if upload is None or problems:
                return self._refuse(blank, course, outcome, rules.in_one_sentence(problems))
            return self._admit_or_refuse(blank, course, outcome, upload, now)

    def _course(self, arrival: Arrival, now: datetime) -> Course:
        repeat = self._ledger.times_arrived(arrival.mailbox, arrival.internal_no)
        key = arrival.internal_no or arrival.stem
        chance = numbers.stream(self._seed, "course", arrival.mailbox, key, repeat)
        return Course(arrival.stem, arrival.internal_no, chance, now, self._speed, prefixed=self._prefixed)

    def _admit_or_refuse(
        self, blank: Arrival, course: Course, outcome: Outcome, upload: Upload, now: datetime
    ) -> Decision:
        ledger = self._ledger
        earlier = ledger.accepted_before(blank.xml_sha256)
        if earlier is not None:
            text = documents.already_there(upload.internal_no, upload.owner, earlier["seq_no"])
            return self._refuse(replace(blank, seq_no=earlier["seq_no"]), course, outcome, text)
        carried = upload.head.get("SeqNo", "")
        known = ledger.document(carried) if carried else None
        objection = documents.objection(upload, known, ledger.document_of(upload.owner, upload.internal_no))
        if objection is not None:
            return self._refuse(blank, course, outcome, objection)
        if not outcome.at_door:
            return self._refuse(blank, course, outcome, "报文处理失败，请稍后重新导入")
        document = known or self._new_document(blank, upload, now)
        document.take(upload)
        document.mailbox = blank.mailbox
        document.receiver = self._receiver(upload)
        granted = any(step.result in ("1", "4", "5") for step in outcome.steps if step.receipt == "INV201")
        if upload.declare_flag == "1" and granted:
            self.number(document, now)
        ledger.keep(document)
        arrival = replace(
            blank, result="accepted", text=script.ACCEPTED_TEXT[upload.declare_flag], seq_no=document.seq_no
        )
        arrival_id = ledger.record(arrival)
        made = script.answers(course, document, outcome, upload.declare_flag, upload.goods)
        ledger.plan(blank.mailbox, document.seq_no, blank.internal_no, made)
        return Decision(arrival_id, arrival)

    def _refuse(self, blank: Arrival, course: Course, outcome: Outcome, reason: str) -> Decision:
        # A real refusal is one sentence that starts with the message type (2024, H).
        arrival = replace(blank, result="refused", text=f"INV101：{reason}")
        arrival_id = self._ledger.record(arrival)
        # MUTE and NOACK hold their tongue here too.
        silent = not any(step.receipt == "ACK" for step in outcome.steps)
        made: list[Delivery] = [] if silent else script.refusal(course, outcome, arrival.text)
        self._ledger.plan(blank.mailbox, "", blank.internal_no, made)
        return Decision(arrival_id, arrival)

    def _new_document(self, arrival: Arrival, upload: Upload, now: datetime) -> Document:
        chance = numbers.stream(self._seed, "seq_no", upload.owner, upload.internal_no)
        year = now.astimezone(SHANGHAI).year
        seq_no = numbers.seq_no(chance, year, self._ledger.seq_no_used)
        return Document(seq_no, upload.owner, upload.internal_no, arrival.mailbox, "stored")

    def course_of(self, document: Document, now: datetime) -> Course:
        """A course of its own for an answer that was asked for by hand: never the numbers of an earlier one."""
        chance = numbers.stream(self._seed, "by hand", document.seq_no, to_micros(now))
        stem = self._ledger.last_stem(document.mailbox, document.internal_no)
        return Course(stem, document.internal_no, chance, now, self._speed, prefixed=self._prefixed)

    def number(self, document: Document, now: datetime) -> None:
        """Give the document its 清单编号 and, when a 报关单 is to be made, that one's number."""
        year = now.astimezone(SHANGHAI).year
        chance = numbers.stream(self._seed, "customs_no", document.seq_no)
        direction = document.head.get("ImpexpMarkcd", "I")
        office = document.head.get("DclPlcCuscd", "0000")
        if not document.customs_no:
            used = self._ledger.customs_no_used
            document.customs_no = numbers.customs_no(chance, office, year, direction, used)
        if document.needs_declaration() and not document.entry_seq_no:
            document.entry_seq_no = numbers.entry_seq_no(chance, year, direction)

    def _receiver(self, upload: Upload) -> str:
        sender = upload.envelope.get("sender_id", "")
        if sender:
            return sender
        return "DXPESW" + numbers.digits(numbers.stream(self._seed, "address", upload.owner), 10)
