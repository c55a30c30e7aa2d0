"""From an outcome to the files that will come back, each with its name, content and time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from simulators.single_window import garbage, numbers, receipts
from simulators.single_window.clock import stamp14, stamp20, to_micros
from simulators.single_window.documents import CHANGED, DELETED, FILED, Document
from simulators.single_window.outcomes import Outcome, Receipt, Step
from simulators.single_window.reader import Row

SLOW_FACTOR = 5
PACKETS = 3
ACCEPTED_TEXT = {"0": "处理成功", "1": "申报服务调用成功"}
RETURN_REASONS = ("第1项商品归类与申报要素不符，请核对后重新申报", "收货企业与备案账册的经营企业不一致")
STORE_REASON = "入库失败：备案账册状态异常"
DECLARATION_REASON = "生成报关单失败：境外收发货人信息不完整"


@dataclass(frozen=True)
class Delivery:
    """One file for an InBox. `result` is its DealFlag or manageResult; times in microseconds since 1970."""

    kind: str
    file_name: str
    body: bytes
    due: int
    result: str = ""
    slow: bool = False


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
    body = receipts.acknowledgement("", course.internal_no, text, "-1")
    made = [_acknowledged(course, "Failed", body, "-1", at, outcome.slow)]
    if outcome.twice:
        made.append(_acknowledged(course, "Failed", body, "-1", at + timedelta(microseconds=7), outcome.slow))
    return made


def answers(
    course: Course, document: Document, outcome: Outcome, declare_flag: str, goods: list[Row]
) -> list[Delivery]:
    """Everything that comes back for an admitted upload, in the order of arrival."""
    steps = _steps(outcome, document, declare_flag)
    groups: list[list[Delivery]] = []
    at = course.start
    for number, step in enumerate(steps):
        at += _wait(course, step.wait_ms * (SLOW_FACTOR if outcome.slow else 1))
        # A microsecond a file keeps names apart and the order firm even when nothing waits.
        at += timedelta(microseconds=11)
        group = _files(course, document, outcome, step, declare_flag, goods, at)
        if outcome.twice:
            group.append(
                _again(course, document, outcome, step, declare_flag, group[0], at, same_id=number % 2 == 0)
            )
        groups.append(group)
    if outcome.arrival and len(groups) > 1:
        groups = _rearranged(course, groups, outcome, steps, at)
    if outcome.garbage:
        groups = _littered(course, groups)
    return [delivery for group in groups for delivery in group]


def single(course: Course, document: Document, receipt: Receipt, result: str, full: bool) -> Delivery:
    """One named answer now, for POST /advance."""
    outcome = Outcome("ADVANCE", "", prefixed=course.prefixed)
    step = Step(receipt, 0, result, full)
    return _files(course, document, outcome, step, "1", [], course.start)[0]


def _steps(outcome: Outcome, document: Document, declare_flag: str) -> list[Step]:
    if declare_flag == "0":
        return [step for step in outcome.steps if step.receipt == "ACK"]
    steps = list(outcome.steps)
    if document.declaration_type in (CHANGED, DELETED):
        steps = [step for step in steps if step.receipt in ("ACK", "INV201")]
    if document.declaration_type == DELETED:
        steps = [replace(s, result="1") if s.result in ("4", "5") else s for s in steps]
    if not document.needs_declaration():
        steps = [step for step in steps if step.receipt != "INV202"]
    return steps


def _wait(course: Course, milliseconds: int) -> timedelta:
    # Drawn even when nothing waits: the numbers that follow must not depend on the speed.
    jitter = course.chance.uniform(0.5, 1.5)
    return timedelta(milliseconds=round(milliseconds * jitter * course.speed))


def _files(
    course: Course,
    document: Document,
    outcome: Outcome,
    step: Step,
    declare_flag: str,
    goods: list[Row],
    at: datetime,
) -> list[Delivery]:
    if step.receipt == "ACK":
        text = ACCEPTED_TEXT[declare_flag]
        body = receipts.acknowledgement(document.seq_no, course.internal_no, text, "0")
        return [_acknowledged(course, "Successed", body, "0", at, outcome.slow)]
    write = receipts.Writer(course.prefixed or outcome.prefixed)
    if step.receipt == "INV202":
        reason = DECLARATION_REASON if step.result == "2" else ""
        content = receipts.declaration(write, document, step.result, at, reason)
        return [_declared(course, write, document, content, step.result, at, outcome.slow)]
    if step.receipt == "INV211":
        content = receipts.posting(write, document, at)
        return [_received(course, write, "INV211", content, "", at, outcome.slow, _packet(course, document))]
    known = document if step.result in ("1", "4", "5") else _without_new_number(document)
    reasons = {"3": RETURN_REASONS, "Z": (STORE_REASON,)}.get(step.result, ())
    if step.full and outcome.split:
        return _packets(course, write, known, step, goods, at)
    content = receipts.approval(write, known, step.result, at, full=step.full, reasons=reasons)
    return [
        _received(course, write, "INV201", content, step.result, at, outcome.slow, _packet(course, known))
    ]


def _packets(
    course: Course, write: receipts.Writer, document: Document, step: Step, goods: list[Row], at: datetime
) -> list[Delivery]:
    """HdeApprResult in every packet, the head in the first, the rows shared out; arrival never in order."""
    packet_id, _, _ = _packet(course, document)
    share = -(-len(goods) // PACKETS)
    made: list[Delivery] = []
    for number in range(1, PACKETS + 1):
        rows = goods[(number - 1) * share : number * share]
        content = receipts.approval(write, document, step.result, at, full=number == 1, goods=rows)
        packet = (packet_id, number, PACKETS)
        made.append(_received(course, write, "INV201", content, step.result, at, False, packet))
    shift = 1 + course.chance.randrange(PACKETS - 1)
    return _in_turn([*made[shift:], *made[:shift]], to_micros(at), 1)


def _again(
    course: Course,
    document: Document,
    outcome: Outcome,
    step: Step,
    declare_flag: str,
    first: Delivery,
    at: datetime,
    *,
    same_id: bool,
) -> Delivery:
    later = at + timedelta(microseconds=5)
    if step.receipt == "ACK" or not same_id:
        return _files(course, document, outcome, step, declare_flag, [], later)[0]
    stem, _, old = first.file_name.rpartition("_")
    extension = old[old.index(".") :]
    name = f"{stem}_{stamp20(later)}{numbers.digits(course.chance, 2)}{extension}"
    return replace(first, file_name=name, due=to_micros(later))


def _rearranged(
    course: Course, groups: list[list[Delivery]], outcome: Outcome, steps: list[Step], last: datetime
) -> list[list[Delivery]]:
    """The authority's times stay; only the arrival changes, so nothing arrives before it was made."""
    wanted = [outcome.steps[index] for index in outcome.arrival]
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


def _without_new_number(document: Document) -> Document:
    # A first filing has no 清单编号 before it is approved.
    return replace(document, customs_no="") if document.declaration_type == FILED else document


def _packet(course: Course, document: Document) -> tuple[str, int, int]:
    return f"{document.customs_no or document.seq_no}-{course.chance.getrandbits(128):032x}", 1, 1


def _acknowledged(course: Course, prefix: str, body: bytes, flag: str, at: datetime, slow: bool) -> Delivery:
    tail = numbers.digits(course.chance, course.chance.randint(1, 3))
    return Delivery("ACK", f"{prefix}_{course.stem}_{stamp20(at)}{tail}.xml", body, to_micros(at), flag, slow)


def _received(
    course: Course,
    write: receipts.Writer,
    message_type: str,
    content: str,
    result: str,
    at: datetime,
    slow: bool,
    packet: tuple[str, int, int],
) -> Delivery:
    message_id = numbers.customs_message_id(course.chance, stamp14(at))
    body = write.package(receipts.Envelope(message_id, message_type, at, packet=packet), content)
    name = f"Receipt_{message_id}_{stamp20(at)}{numbers.digits(course.chance, 2)}.INV"
    return Delivery(message_type, name, body, to_micros(at), result, slow)


def _declared(
    course: Course,
    write: receipts.Writer,
    document: Document,
    content: str,
    result: str,
    at: datetime,
    slow: bool,
) -> Delivery:
    message_id = numbers.data_centre_message_id(course.chance, document.receiver, stamp14(at))
    envelope = receipts.Envelope(
        message_id,
        "INV202",
        at,
        extension=".INVT",
        sender=receipts.DATA_CENTRE,
        receiver=document.receiver,
        business_id=document.customs_no,
    )
    name = f"Receipt_{message_id}_{stamp20(at)}{numbers.digits(course.chance, 2)}.INVT"
    return Delivery("INV202", name, write.package(envelope, content), to_micros(at), result, slow)
