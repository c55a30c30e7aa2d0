"""From the steps of a course to the files that will come back, each with its name, content and time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from simulators.single_window import garbage, numbers, receipts
from simulators.single_window.clock import SHANGHAI, stamp14, stamp20, to_micros
from simulators.single_window.documents import LINES_GIVEN, Document
from simulators.single_window.elements import Row
from simulators.single_window.form import FILED
from simulators.single_window.kinds.kind import Answer, Kind, ReceiptForm
from simulators.single_window.outcomes import ACK, Outcome, Step
from simulators.single_window.receipts import Telling

SLOW_FACTOR = 5
PACKETS = 3
ACCEPTED_TEXT = {"0": "处理成功", "1": "申报服务调用成功"}


@dataclass(frozen=True)
class Delivery:
    """One file for an InBox. `result` is its DealFlag or manageResult; times in microseconds since 1970.

    `variant` and `at` (the authority's time, ISO) are what its effect on the document needs once it is delivered.
    """

    kind: str
    file_name: str
    body: bytes
    due: int
    result: str = ""
    slow: bool = False
    variant: str = ""
    at: str = ""
    counts_at: int = 0
    """When customs counts the document in its book, which fills the figures of this file; 0: it tells none."""


@dataclass(frozen=True)
class Course:
    """What answers are made from."""

    stem: str
    internal_no: str
    chance: Random
    start: datetime
    speed: float
    prefixed: bool = False


def refusal(course: Course, outcome: Outcome, text: str) -> list[Delivery]:
    """The `Failed_` answer."""
    at = course.start + _wait(course, 300)
    if outcome.old_form:
        body = receipts.old_refusal(text)
    else:
        body = receipts.acknowledgement("", course.internal_no, text, "-1")
    made = [_acknowledged(course, "Failed", body, "-1", at, outcome.slow)]
    if outcome.twice:
        made.append(_acknowledged(course, "Failed", body, "-1", at + timedelta(microseconds=7), outcome.slow))
    return made


def resent(course: Course, seq_no: str, earlier: Iterable[tuple[str, str, bytes]]) -> list[Delivery]:
    """An acknowledgement, and receipts (type, file name, content) once more under new file names."""
    at = course.start + _wait(course, 300)
    body = receipts.acknowledgement(seq_no, course.internal_no, ACCEPTED_TEXT["0"], "0")
    made = [_acknowledged(course, "Successed", body, "0", at, slow=False)]
    for type_, file_name, content in earlier:
        at += _wait(course, 100) + timedelta(microseconds=11)
        made.append(Delivery(f"resent-{type_}", _renamed(course, file_name, at), content, to_micros(at)))
    return made


def answers(
    course: Course,
    kind: Kind,
    document: Document,
    outcome: Outcome,
    steps: list[Step],
    declare_flag: str,
    goods: list[Row],
) -> list[Delivery]:
    """Everything that comes back for an admitted upload, in the order of arrival. `document` is not changed."""
    teller = _Teller(course, kind, document.copied(), outcome, declare_flag, goods)
    groups: list[list[Delivery]] = []
    at, ahead = course.start, timedelta()
    for number, step in enumerate(steps):
        at += _wait(course, step.wait_ms * (SLOW_FACTOR if outcome.slow else 1))
        # A microsecond a file keeps names apart and the order firm even when nothing waits.
        at += timedelta(microseconds=11)
        ahead += timedelta(days=step.later_days)
        group = teller.files(step, at, ahead)
        if outcome.twice or step.twice:
            group.append(teller.again(step, group[0], at, ahead, same_id=step.twice or number % 2 == 0))
        teller.take_effect(step, at + ahead)
        groups.append(group)
    if outcome.disorder and len(groups) > 1:
        groups = _rearranged(course, groups, kind, steps, at)
    if outcome.garbage:
        groups = _littered(course, groups)
    return [delivery for group in groups for delivery in group]


class _Teller:
    """Writes the receipts about one document, whose copy moves on with every step told."""

    def __init__(
        self,
        course: Course,
        kind: Kind,
        document: Document,
        outcome: Outcome,
        declare_flag: str,
        goods: list[Row],
    ) -> None:
        self._course = course
        self._kind = kind
        self._document = document
        self._outcome = outcome
        self._declare_flag = declare_flag
        self._goods = goods
        self._write = receipts.Writer(course.prefixed or outcome.prefixed)

    def files(self, step: Step, at: datetime, ahead: timedelta) -> list[Delivery]:
        """The files of a step: one, or the packets of a split one. The authority's clock is `ahead` of delivery."""
        if step.receipt == ACK:
            return [self._acknowledgement(at)]
        form = self._kind.receipt(step.receipt)
        document = self._seen(step)
        rows = self._goods if step.full and document.marks.get(LINES_GIVEN) else None
        told = Telling(step.result, at + ahead, step.full, step.reasons or self._reasons(step), rows)
        if step.full and self._outcome.split and step.receipt == self._kind.approval:
            return self._packets(form, document, told, step, at)
        return [self._receipt(form, document, told, step, at, _packet(self._course, document))]

    def again(
        self, step: Step, first: Delivery, at: datetime, ahead: timedelta, *, same_id: bool
    ) -> Delivery:
        """The same answer a second time, with the same message id or with a new one."""
        later = at + timedelta(microseconds=5)
        if step.receipt == ACK or not same_id:
            return self.files(step, later, ahead)[0]
        return replace(first, file_name=_renamed(self._course, first.file_name, later), due=to_micros(later))

    def take_effect(self, step: Step, at: datetime) -> None:
        """Let the copy be what the document will be once that answer is out."""
        if step.receipt != ACK:
            take_effect(self._kind, self._document, Answer(step.receipt, step.result, step.variant, at))

    def _seen(self, step: Step) -> Document:
        document = self._document.copied()
        form = self._kind.receipt(step.receipt)
        _mark(form, document, Answer(step.receipt, step.result, step.variant, self._course.start))
        if step.receipt == self._kind.approval and step.result not in self._kind.granted:
            # A first filing has no customs number before it is approved.
            return replace(document, customs_no="") if document.declaration_type == FILED else document
        if form.effect is not None and step.receipt != self._kind.approval:
            form.effect(document, Answer(step.receipt, step.result, step.variant, self._course.start))
        return document

    def _reasons(self, step: Step) -> tuple[str, ...]:
        if step.receipt == self._kind.approval:
            return {"3": self._kind.return_reasons, "Z": (self._kind.store_reason,)}.get(step.result, ())
        return self._kind.receipt(step.receipt).reasons.get(step.result, ())

    def _acknowledgement(self, at: datetime) -> Delivery:
        text = ACCEPTED_TEXT[self._declare_flag]
        body = receipts.acknowledgement(self._document.seq_no, self._course.internal_no, text, "0")
        return _acknowledged(self._course, "Successed", body, "0", at, self._outcome.slow)

    def _packets(
        self, form: ReceiptForm, document: Document, told: Telling, step: Step, at: datetime
    ) -> list[Delivery]:
        """HdeApprResult in every packet, the head in the first, the rows shared out; arrival never in order."""
        packet_id, _, _ = _packet(self._course, document)
        share = -(-len(self._goods) // PACKETS)
        made: list[Delivery] = []
        for number in range(1, PACKETS + 1):
            rows = self._goods[(number - 1) * share : number * share]
            part = replace(told, goods=rows, rows_only=number > 1)
            made.append(self._receipt(form, document, part, step, at, (packet_id, number, PACKETS)))
        shift = 1 + self._course.chance.randrange(PACKETS - 1)
        return _in_turn([*made[shift:], *made[:shift]], to_micros(at), 1)

    def _receipt(
        self,
        form: ReceiptForm,
        document: Document,
        told: Telling,
        step: Step,
        at: datetime,
        packet: tuple[str, int, int],
    ) -> Delivery:
        content = form.content(self._write, document, told)
        chance = self._course.chance
        if form.from_data_centre:
            message_id = numbers.data_centre_message_id(chance, document.receiver, stamp14(told.at))
            envelope = receipts.Envelope(
                message_id,
                form.type,
                told.at,
                extension=form.extension,
                sender=receipts.DATA_CENTRE,
                receiver=document.receiver,
                business_id=document.customs_no,
                namespace=form.namespace,
            )
        else:
            message_id = numbers.customs_message_id(chance, stamp14(told.at))
            envelope = receipts.Envelope(
                message_id,
                form.type,
                told.at,
                extension=form.extension,
                packet=packet,
                namespace=form.namespace,
            )
        name = f"Receipt_{message_id}_{stamp20(at)}{numbers.digits(chance, 2)}{form.extension}"
        return Delivery(
            form.type,
            name,
            self._write.package(envelope, content),
            to_micros(at),
            step.result,
            self._outcome.slow,
            step.variant,
            told.at.astimezone(SHANGHAI).isoformat(),
            min(to_micros(told.at), to_micros(at)) if form.figures else 0,
        )


def take_effect(kind: Kind, document: Document, answer: Answer) -> None:
    """What an answer that has gone out changes in its document."""
    form = kind.receipt(answer.receipt)
    _mark(form, document, answer)
    if form.effect is not None:
        form.effect(document, answer)


def _mark(form: ReceiptForm, document: Document, answer: Answer) -> None:
    # A result other than the usual one leaves things as they are: 未过卡 has no stucd of its own.
    if form.variants and answer.result == form.results[0]:
        document.marks |= form.variants[form.variant(answer.variant)]


def _wait(course: Course, milliseconds: int) -> timedelta:
    # Drawn even when nothing waits: the numbers that follow must not depend on the speed.
    jitter = course.chance.uniform(0.5, 1.5)
    return timedelta(milliseconds=round(milliseconds * jitter * course.speed))


def _renamed(course: Course, file_name: str, at: datetime) -> str:
    stem, _, old = file_name.rpartition("_")
    extension = old[old.index(".") :]
    return f"{stem}_{stamp20(at)}{numbers.digits(course.chance, 2)}{extension}"


def _rearranged(
    course: Course, groups: list[list[Delivery]], kind: Kind, steps: list[Step], last: datetime
) -> list[list[Delivery]]:
    """The authority's times stay; only the arrival changes, so nothing arrives before it was made."""
    order = list(reversed(range(len(groups))))
    if kind.disorder:
        wanted = [kind.usual[index] for index in kind.disorder]
        order = sorted(
            range(len(groups)), key=lambda n: wanted.index(steps[n]) if steps[n] in wanted else len(wanted)
        )
    start, gap = to_micros(last), max(13, int(200_000 * course.speed))
    return [_in_turn(groups[index], start + place * gap, 1) for place, index in enumerate(order)]


def _in_turn(deliveries: Iterable[Delivery], start: int, gap: int) -> list[Delivery]:
    return [replace(delivery, due=start + place * gap) for place, delivery in enumerate(deliveries)]


def _littered(course: Course, groups: list[list[Delivery]]) -> list[list[Delivery]]:
    rubbish = garbage.junk(course.chance, course.start)
    made: list[list[Delivery]] = []
    for number, group in enumerate(groups):
        before = rubbish[number :: len(groups)]
        due = group[0].due
        made.append([Delivery(f"junk-{kind}", name, body, due - 1) for kind, name, body in before])
        made.append(group)
    return made


def _packet(course: Course, document: Document) -> tuple[str, int, int]:
    return f"{document.customs_no or document.seq_no}-{course.chance.getrandbits(128):032x}", 1, 1


def _acknowledged(course: Course, prefix: str, body: bytes, flag: str, at: datetime, slow: bool) -> Delivery:
    tail = numbers.digits(course.chance, course.chance.randint(1, 3))
    return Delivery(ACK, f"{prefix}_{course.stem}_{stamp20(at)}{tail}.xml", body, to_micros(at), flag, slow)
