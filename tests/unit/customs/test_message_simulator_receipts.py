"""Every receipt the simulator writes, for every kind, outcome and round, is read by us whole and as it was meant."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from customs.documents import KINDS, Kind
from customs.documents.life import Round
from customs.singlewindow import ACKNOWLEDGEMENT, Receipt, join_packets, read_receipt
from simulators.single_window.clock import to_micros
from simulators.single_window.documents import Document as Known
from simulators.single_window.intake import Intake, OutcomeChoice
from simulators.single_window.kinds import BY_NAME
from simulators.single_window.kinds import KINDS as THEIR_KINDS
from simulators.single_window.ledger import Due, Ledger
from simulators.single_window.outcomes import OUTCOMES, Step
from simulators.single_window.parcel import Parcel
from tests.support.breaking import example
from tests.unit.customs.test_message_round_trip import ROUTE, composed

Document = dict[str, Any]
START = datetime(2026, 1, 15, 1, tzinfo=UTC)
ENDED = "3"
"""DclTypecd of 删除, 结案, 作废."""

# Said here once more, from the public evidence and not from the tables of either program.
_REVIEWED = {"2": "manual_review", "3": "returned", "Y": "stored", "Z": "store_failed"}
MEANINGS: dict[str, dict[str, str]] = {
    "INV200": {"1": "stored", "2": "store_failed"},
    "SAS200": {"1": "stored", "2": "store_failed"},
    "INV201": {**_REVIEWED, "1": "deducted", "4": "pre_deducted", "5": "approved"},
    "INV202": {"1": "declaration_generated", "2": "declaration_failed"},
    "INV211": {"": "deducted"},
    "SAS201": {**_REVIEWED, "1": "approved"},
    "SAS202": {"1 pause": "paused", "1 resume": "resumed"},
    "SAS203": {"": "synchronised"},
    "SAS211": {**_REVIEWED, "1": "approved"},
    "SAS212": {"1 amend": "changed", "1 void": "voided"},
    "SAS213": {"": "synchronised"},
    "SAS221": {**_REVIEWED, "1": "approved"},
    "SAS222": {"1 amend": "changed"},
    "SAS223": {
        "1 single": "gate_passed",
        "1 first": "gate_passed_first",
        "1 second": "gate_passed_second",
        "2": "gate_not_passed",
    },
    "SAS224": {"2": "gate_refused", "3": "gate_released"},
    "SAS231": {**_REVIEWED, "1": "approved"},
    "SAS251": {**_REVIEWED, "1": "approved"},
}
MEANINGS["SAS253"] = MEANINGS["SAS223"]
ENDINGS = {"INV201": "deleted", "SAS201": "concluded", "SAS211": "voided", "SAS221": "voided"}
"""What the approval means in a round of 申报类型 3."""
GRANTS = {"INV201": "145"}


FORM_OF = {form.type: form for kind in THEIR_KINDS for form in kind.receipts}


def meant(type_: str, result: str, variant: str, round_: str) -> str:
    if round_ == ENDED and type_ in ENDINGS and result in GRANTS.get(type_, "1"):
        return ENDINGS[type_]
    table = MEANINGS[type_]
    return table.get(result) or table[f"{result} {FORM_OF[type_].variant(variant)}"]


@dataclass(frozen=True)
class Answer:
    """A file for the InBox with what it was meant to say and how the document stood before."""

    due: Due
    before: Known
    receipt: Receipt


class Counter:
    """The Single Window and customs without folders: uploads in, answers out, one ledger."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder)
        self.choice = OutcomeChoice()
        self.intake = Intake(self.ledger, self.choice, seed=1, speed=0.0)
        self.now = START
        self.files = 0

    def send(self, kind: Kind, document: Document, **more: Any) -> list[Answer]:
        """Everything that comes back for an upload."""
        route = ROUTE.model_copy(
            update={
                "operator_customs_code": document["head"].get("declaring_code", ROUTE.operator_customs_code)
            }
        )
        self.files += 1
        stem = f"FILE-{self.files}"
        xml = composed(document, kind, route=route, message_id=stem, **more)
        self.intake.take(
            "card-1", f"{stem}.zip", self.files, Parcel(stem, len(xml), stem, xml, stem), self.now
        )
        return self.answers()

    def answers(self) -> list[Answer]:
        """All that is due within the hour, in order; the documents move on with every file."""
        self.now += timedelta(hours=1)
        found = []
        while waiting := self.ledger.due(to_micros(self.now), 1, ["card-1"], []):
            [due] = waiting
            before = self.ledger.document(due.seq_no) if due.seq_no else None
            with self.ledger.transaction():
                self.ledger.delivered(due, self.now.isoformat())
                self.intake.customs.answered(due, self.now)
            if not due.kind.startswith("junk-"):
                nobody = Known("", "", due.internal_no, "", "stored")
                found.append(Answer(due, before or nobody, read_receipt(due.body)))
        return found

    def tell(self, internal_no: str, step: Step) -> Answer:
        """One answer more, whatever the course says."""
        document = self.known(internal_no)
        with self.ledger.transaction():
            self.intake.customs.by_hand(BY_NAME[document.kind], document, step, self.now)
        return self.answers()[0]

    def known(self, internal_no: str) -> Known:
        [document] = self.ledger.documents_named(internal_no)
        return document

    def approved_before(self, kind: str, name: str) -> str:
        """The customs number of an example that was approved and is not used yet."""
        document = self.prepared(KINDS[kind], example(KINDS[kind], name), f"HOLD-{kind}-{name}")
        self.send(KINDS[kind], document)
        return self.known(document["head"]["internal_no"]).customs_no

    def prepared(self, kind: Kind, document: Document, internal_no: str) -> Document:
        """The document under that number, leaning on documents this customs has approved."""
        document = copy.deepcopy(document)
        head = document["head"]
        head["internal_no"] = internal_no
        if "business_form_no" in kind.section("head").fields:
            head["business_form_no"] = self.approved_before("business_form", "gathered-out")
        for row in document.get("linked_documents", []):
            row["bill_no"] = head["linked_nos"] = self.approved_before("inventory", "import")
        for number, row in enumerate(document.get("stock_bills", [])):
            row["stock_bill_no"] = self.a_bill(number)
        return document

    def a_bill(self, number: int) -> str:
        document = self.prepared(KINDS["stock_bill"], example(KINDS["stock_bill"], "out"), f"HOLD-B{number}")
        self.send(KINDS["stock_bill"], document)
        return self.known(f"HOLD-B{number}").customs_no


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.ledger.close()


FULLEST = {
    "inventory": "import",
    "business_form": "outward-processing",
    "stock_bill": "out",
    "gate_pass": "many-trucks",
    "vehicle": "truck",
    "two_step_pass": "container",
}


OF_NO_ROUND = ("INV200", "SAS200", "INV202", "SAS222", "SAS223", "SAS224", "SAS253")
"""Receipts that leave typecd empty or have none."""


def read_as_meant(answer: Answer, kind: Kind) -> None:
    """Type, meaning, numbers, round and time of a customs receipt; nothing in it is unknown."""
    due, before, receipt = answer.due, answer.before, answer.receipt
    assert receipt.unknown == ()
    # An archive of 入库回执 tells a variant as the kind it is a variant of.
    named = kind.variant_of if due.kind == "SAS200" and kind.variant_of else kind.name
    assert (receipt.message_type, receipt.kind) == (due.kind, named)
    assert receipt.outcome == meant(due.kind, due.result, due.variant, before.declaration_type)
    assert receipt.seq_no == before.seq_no
    assert receipt.authority_at is not None
    assert receipt.authority_at == datetime.fromisoformat(due.at).replace(microsecond=0)
    if due.kind not in OF_NO_ROUND:
        assert receipt.declaration_type == before.declaration_type
        assert receipt.change_count == before.change_count
    if receipt.outcome in ("approved", "pre_deducted", "gate_passed", "paused", "changed"):
        assert receipt.customs_no == before.customs_no != ""
    if receipt.outcome in ("returned", "store_failed", "declaration_failed"):
        assert receipt.reasons


ALL = [(kind, outcome) for kind in FULLEST for outcome in OUTCOMES]


def split(answers: list[Answer]) -> tuple[list[Answer], list[Answer]]:
    """Acknowledgements, and what customs said."""
    acknowledged = [a for a in answers if a.receipt.message_type == ACKNOWLEDGEMENT]
    return acknowledged, [a for a in answers if a not in acknowledged]


def acknowledged_as_meant(answer: Answer, taken: bool) -> None:
    receipt = answer.receipt
    assert receipt.unknown == ()
    assert receipt.outcome == ("acknowledged" if taken else "refused")
    assert receipt.seq_no == (answer.before.seq_no or None)
    assert receipt.internal_no in (answer.due.internal_no, None)


@pytest.mark.parametrize(("name", "outcome"), ALL)
def test_a_filing_is_answered_in_words_we_know(counter: Counter, name: str, outcome: str) -> None:
    kind = KINDS[name]
    document = counter.prepared(kind, example(kind, FULLEST[name]), f"{outcome}-1")
    acknowledged, said = split(counter.send(kind, document))
    at_door = outcome in ("DOOR", "ROOT")
    assert bool(acknowledged) == (outcome not in ("MUTE", "NOACK", "FAIL"))
    assert bool(said) == (outcome not in ("MUTE", "FAIL", "SILENT") and not at_door)
    for answer in acknowledged:
        acknowledged_as_meant(answer, taken=not at_door)
    for answer in said:
        read_as_meant(answer, kind)


ROUNDS = [(kind, later) for kind in FULLEST for later in KINDS[kind].life.rounds.values()]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("name", "later"), ROUNDS, ids=lambda value: getattr(value, "purpose", value))
def test_a_later_round_is_answered_in_words_we_know(
    counter: Counter, name: str, later: Round, outcome: str
) -> None:
    kind = KINDS[name]
    document = counter.prepared(kind, example(kind, FULLEST[name]), "HOLD-1")
    counter.send(kind, document)
    filed = counter.known("HOLD-1")
    counter.choice.set_for("HOLD-1", outcome)
    document["head"]["declaration_type"] = later.declaration_type
    for section in kind.sections:
        for row in document.get(section.name, []) if section.many else ():
            if "change_mark" in row:
                row["change_mark"] = "0"
    acknowledged, said = split(
        counter.send(
            kind,
            document,
            seq_no=filed.seq_no,
            customs_no=filed.customs_no,
            change_count=filed.change_count,
        )
    )
    assert acknowledged or outcome in ("MUTE", "NOACK", "FAIL")
    for answer in acknowledged:
        acknowledged_as_meant(answer, taken=outcome not in ("DOOR", "ROOT"))
    for answer in said:
        read_as_meant(answer, kind)
        assert answer.due.kind[3:] == "200" or answer.receipt.declaration_type == later.declaration_type
    if outcome == "OK":
        assert [a.receipt.outcome for a in said][-1] == (later.granted or GRANTED[name])


GRANTED = {"inventory": "pre_deducted"} | dict.fromkeys(
    ("business_form", "stock_bill", "vehicle"), "approved"
)


def _steps() -> Iterator[Any]:
    for name in FULLEST:
        for form in BY_NAME[name].receipts:
            for result in form.results:
                for variant in (form.variants or ("",)) if result == form.results[0] else ("",):
                    for full in (False, True):
                        step = Step(form.type, 0, result, full, variant)
                        yield pytest.param(name, step, id=f"{name}-{form.type}-{result}-{variant}-{full}")


@pytest.mark.parametrize(("name", "step"), [*_steps()])
def test_every_receipt_there_is_is_read_as_it_was_meant(counter: Counter, name: str, step: Step) -> None:
    kind = KINDS[name]
    counter.send(kind, counter.prepared(kind, example(kind, FULLEST[name]), "HOLD-1"))
    read_as_meant(counter.tell("HOLD-1", step), kind)


@pytest.mark.parametrize(
    ("name", "sample"), [*FULLEST.items(), ("inventory", "gathered"), ("gate_pass", "empty-truck")]
)
def test_a_full_approval_tells_the_document_that_was_sent(counter: Counter, name: str, sample: str) -> None:
    kind = KINDS[name]
    document = counter.prepared(kind, example(kind, sample), "HOLD-1")
    _, said = split(counter.send(kind, document))
    [full] = [a.receipt for a in said if "document" in a.receipt.body]
    agrees(kind, full, document, besides=ROWS_NOT_TOLD.get(name, set()))


@pytest.mark.parametrize("name", FULLEST)
def test_packets_join_to_the_document_that_was_sent(counter: Counter, name: str) -> None:
    kind = KINDS[name]
    document = counter.prepared(kind, example(kind, FULLEST[name]), "SPLIT-1")
    _, said = split(counter.send(kind, document))
    parts = [a.receipt for a in said if a.receipt.is_split]
    assert len(parts) == 3
    whole = join_packets(parts)
    assert whole.unknown == ()
    agrees(kind, whole, document)


ROWS_NOT_TOLD = {"inventory": {"goods"}}
"""A real INV201 with its head has no rows (2024, H)."""


def agrees(kind: Kind, receipt: Receipt, sent: Document, besides: set[str] | None = None) -> None:
    """Every section comes back row by row, and no field says anything else than what was sent."""
    told = receipt.body["document"]
    assert isinstance(told, dict)
    for section in kind.sections:
        if section.up is None or section.down is None or section.name in (besides or ()):
            continue
        before, after = _rows(sent.get(section.name)), _rows(told.get(section.name))
        assert len(before) == len(after), section.name
        for row, answered in zip(before, after, strict=True):
            both = row.keys() & answered.keys()
            assert both
            assert {name: answered[name] for name in both} == {name: row[name] for name in both}


def _rows(part: Any) -> list[Document]:
    return part if isinstance(part, list) else [part] if part else []
