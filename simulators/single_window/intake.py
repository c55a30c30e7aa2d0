"""Deciding about one file: which box, which answer, which numbers. Reads the ledger, writes it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from simulators.single_window import documents, numbers, rules, script
from simulators.single_window.clock import SHANGHAI
from simulators.single_window.customs import Conditions, Customs
from simulators.single_window.documents import Document
from simulators.single_window.form import Upload
from simulators.single_window.kinds import kind_of
from simulators.single_window.kinds.kind import Kind
from simulators.single_window.ledger import Arrival, Ledger
from simulators.single_window.outcomes import ACK, OUTCOMES, Outcome, Step, chosen_by_prefix, outcome_named
from simulators.single_window.parcel import Parcel
from simulators.single_window.reader import UnreadableError, read_upload
from simulators.single_window.scenario import Scenario
from simulators.single_window.script import Course, Delivery


@dataclass(frozen=True)
class Decision:
    """What was decided and kept; the caller moves the file into `box`."""

    arrival_id: int
    arrival: Arrival


class OutcomeChoice:
    """Which outcome an upload meets: set for its number, else by the script file, else by prefix, else the default.

    What is set while it runs is not kept over a restart.
    """

    def __init__(self, default: str = "OK", scenarios: tuple[Scenario, ...] = ()) -> None:
        self._lock = Lock()
        self._default = outcome_named(default)
        self._named: dict[str, Outcome] = {}
        self._scenarios = scenarios

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

    def choose(self, ledger: Ledger, arrival: Arrival, kind: Kind | None, round_: str) -> Outcome:
        """The outcome of this arrival."""
        number = arrival.internal_no
        with self._lock:
            if number in self._named:
                return self._named[number]
            default = self._default
        for scenario in self._scenarios:
            if scenario.is_for(number, kind, round_) and self._still(
                ledger, arrival, scenario.outcome.name, scenario.times
            ):
                return scenario.outcome
        asked = chosen_by_prefix(number)
        if asked is None:
            return default
        outcome, times = asked
        return outcome if self._still(ledger, arrival, outcome.name, times) else OUTCOMES["OK"]

    def _still(self, ledger: Ledger, arrival: Arrival, outcome: str, times: int | None) -> bool:
        return times is None or ledger.times_applied(arrival, outcome) < times


class Intake:
    """Takes opened parcels in. `speed` multiplies every delay; 0 means none."""

    def __init__(
        self,
        ledger: Ledger,
        choice: OutcomeChoice,
        *,
        seed: int,
        speed: float,
        prefixed: bool = False,
        strict_vehicles: bool = False,
        filled_signatures: bool = False,
    ) -> None:
        self._ledger = ledger
        self._filled_signatures = filled_signatures
        self._choice = choice
        self.conditions = Conditions(seed, speed, prefixed, strict_vehicles)
        self.customs = Customs(ledger, self.conditions)

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
        kind: Kind | None = None
        try:
            upload = read_upload(parcel.xml, filled_signatures=self._filled_signatures)
        except UnreadableError as error:
            problems = list(error.reasons)
            blank = replace(
                blank,
                message_type=error.message_type,
                internal_no=error.internal_no,
                message_id=error.message_id,
            )
        else:
            problems = rules.reasons_to_refuse(upload)
            kind = kind_of(upload.form.message_type)
            blank = replace(
                blank,
                message_type=upload.form.message_type,
                internal_no=upload.internal_no,
                owner=upload.owner,
                message_id=upload.envelope.get("message_id", ""),
                declare_flag=upload.declare_flag,
                seq_no=upload.seq_no,
            )
        with self._ledger.transaction():
            round_ = upload.declaration_type if upload else ""
            outcome = self._choice.choose(self._ledger, blank, kind, round_)
            if upload is not None and kind is None:
                # A request has no course of its own; what its document met is past.
                outcome = OUTCOMES["OK"]
            blank = replace(blank, outcome=outcome.name)
            if not outcome.at_box:
                failed = replace(blank, box="FailBox", result="failed", text="导入客户端无法处理该文件")
                return Decision(self._ledger.record(failed), failed)
            course = self._course(blank, now)
            if upload is None or problems:
                return self._refuse(blank, course, outcome, rules.in_one_sentence(problems))
            if kind is None:
                return self._send_again(blank, course, upload)
            return self._admit_or_refuse(blank, course, outcome, kind, upload, now)

    def _course(self, arrival: Arrival, now: datetime) -> Course:
        repeat = self._ledger.times_arrived(arrival)
        key = arrival.internal_no or arrival.stem
        c = self.conditions
        chance = numbers.stream(c.seed, "course", arrival.message_type, arrival.mailbox, key, repeat)
        return Course(arrival.stem, arrival.internal_no, chance, now, c.speed, prefixed=c.prefixed)

    def _admit_or_refuse(
        self, blank: Arrival, course: Course, outcome: Outcome, kind: Kind, upload: Upload, now: datetime
    ) -> Decision:
        ledger = self._ledger
        earlier = ledger.accepted_before(blank.xml_sha256)
        if earlier is not None:
            text = documents.already_there(upload.internal_no, upload.owner, earlier["seq_no"])
            return self._refuse(replace(blank, seq_no=earlier["seq_no"]), course, outcome, text)
        known = ledger.document(upload.seq_no) if upload.seq_no else None
        if known is not None and known.kind != kind.name:
            known = None
        by_number = ledger.document_of(kind.name, upload.owner, upload.internal_no)
        objection = documents.objection(kind.terms, upload, known, by_number)
        if objection is not None:
            return self._refuse(blank, course, outcome, objection)
        if not outcome.at_door:
            return self._refuse(blank, course, outcome, "报文处理失败，请稍后重新导入")
        document = known or self._new_document(blank, kind, upload, now)
        upload = self.customs.numbered(kind, document, upload)
        links = list(kind.links(upload))
        documents.take(document, upload, kind.row_keys, links, kind.kept_goods, kind.kept_others)
        document.mailbox = blank.mailbox
        document.receiver = self._receiver(upload)
        ledger.keep(document)
        steps = self._steps(outcome, kind, document, upload, now)
        if any(s.receipt == kind.approval and s.result in kind.granted for s in steps):
            self.customs.number(document, now)
            ledger.keep(document)
        arrival = replace(
            blank, result="accepted", text=script.ACCEPTED_TEXT[upload.declare_flag], seq_no=document.seq_no
        )
        arrival_id = ledger.record(arrival)
        made = script.answers(course, kind, document, outcome, steps, upload.declare_flag, upload.goods)
        ledger.plan(blank.mailbox, document.seq_no, blank.internal_no, made)
        return Decision(arrival_id, arrival)

    def _steps(
        self, outcome: Outcome, kind: Kind, document: Document, upload: Upload, now: datetime
    ) -> list[Step]:
        steps = kind.steps(outcome, document, upload.declare_flag)
        if upload.declare_flag == "0":
            return steps
        objections = self.customs.objections(document, now)
        granting = [n for n, s in enumerate(steps) if s.receipt == kind.approval and s.result in kind.granted]
        if not objections or not granting:
            return steps
        # What customs will not have is returned where it would have been approved.
        returned = replace(steps[granting[0]], result="3", full=False, reasons=objections)
        return [*steps[: granting[0]], returned]

    def _send_again(self, blank: Arrival, course: Course, upload: Upload) -> Decision:
        """INV141: every receipt of the document once more, unchanged but for the name of the file."""
        found = self._asked_for(upload)
        if found is None:
            said = upload.internal_no or upload.head.get(upload.form.customs_no, "") or upload.seq_no
            return self._refuse(blank, course, OUTCOMES["OK"], f"单证[{said}]不存在，无法补发回执")
        text = script.ACCEPTED_TEXT["0"]
        arrival = replace(blank, result="accepted", text=text, seq_no=found.seq_no)
        arrival_id = self._ledger.record(arrival)
        made = script.resent(course, found.seq_no, self._ledger.receipts_of(found.seq_no))
        self._ledger.plan(blank.mailbox, found.seq_no, blank.internal_no, made)
        return Decision(arrival_id, arrival)

    def _asked_for(self, upload: Upload) -> Document | None:
        # etpsPreentNo holds the SeqNo in receipts and the enterprise's own number by its name: both are understood.
        ledger, said = self._ledger, upload.internal_no
        for seq_no in (upload.seq_no, said):
            if seq_no and (found := ledger.document(seq_no)):
                return found
        customs_no = upload.head.get(upload.form.customs_no, "")
        if customs_no and (found := ledger.document_numbered(customs_no)):
            return found
        return next(iter(ledger.documents_named(said)), None) if said else None

    def _refuse(self, blank: Arrival, course: Course, outcome: Outcome, reason: str) -> Decision:
        # A real refusal is one sentence that starts with the message type (2024, H).
        arrival = replace(blank, result="refused", text=f"{blank.message_type or 'INV101'}：{reason}")
        arrival_id = self._ledger.record(arrival)
        # MUTE and NOACK hold their tongue here too.
        silent = not outcome.acknowledged or outcome.silent_after == 0
        if outcome.steps is not None:
            silent = not any(step.receipt == ACK for step in outcome.steps)
        made: list[Delivery] = [] if silent else script.refusal(course, outcome, arrival.text)
        self._ledger.plan(blank.mailbox, "", blank.internal_no, made)
        return Decision(arrival_id, arrival)

    def _new_document(self, arrival: Arrival, kind: Kind, upload: Upload, now: datetime) -> Document:
        chance = numbers.stream(self.conditions.seed, "seq_no", kind.name, upload.owner, upload.internal_no)
        year = now.astimezone(SHANGHAI).year
        seq_no = numbers.seq_no(chance, year, self._ledger.seq_no_used)
        return Document(seq_no, upload.owner, upload.internal_no, arrival.mailbox, "stored", kind=kind.name)

    def _receiver(self, upload: Upload) -> str:
        sender = upload.envelope.get("sender_id", "")
        if sender:
            return sender
        return "DXPESW" + numbers.digits(numbers.stream(self.conditions.seed, "address", upload.owner), 10)
