"""Customs: gives out numbers, checks documents against each other, and moves them on once an answer is out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from simulators.single_window import numbers, script
from simulators.single_window.account_books import AccountBooks
from simulators.single_window.clock import SHANGHAI, to_micros
from simulators.single_window.documents import LINES_GIVEN, Document
from simulators.single_window.form import Upload
from simulators.single_window.kinds import BY_NAME
from simulators.single_window.kinds.kind import Answer, Kind
from simulators.single_window.ledger import Due, Ledger
from simulators.single_window.outcomes import ACK, Outcome, Step
from simulators.single_window.script import Course

_BY_ITSELF = Outcome("BY-ITSELF", "")


@dataclass
class Conditions:
    """How this simulator runs. `speed` multiplies every delay; 0 means none."""

    seed: int
    speed: float
    prefixed: bool = False
    strict_vehicles: bool = False


class Books:
    """The documents as the rules of a kind may look at them, on one day."""

    def __init__(self, ledger: Ledger, now: datetime, *, strict_vehicles: bool) -> None:
        self._ledger = ledger
        self._today = now.astimezone(SHANGHAI).date()
        self._strict = strict_vehicles

    @property
    def today(self) -> date:
        """The day at customs."""
        return self._today

    @property
    def strict_vehicles(self) -> bool:
        """Whether a gate pass needs a registered vehicle."""
        return self._strict

    def numbered(self, kind: str, customs_no: str) -> Document | None:
        """The document of that customs number, when it is of that kind."""
        found = self._ledger.document_numbered(customs_no) if customs_no else None
        return found if found is not None and found.kind == kind else None

    def naming(self, kind: str, customs_no: str) -> list[Document]:
        """Documents of that kind that refer to the number and count: declared or valid."""
        found = self._ledger.documents_naming(customs_no)
        return [d for d in found if d.kind == kind and d.counts and customs_no in d.links]

    def all_of(self, kind: str) -> list[Document]:
        """Every document of a kind."""
        return self._ledger.documents_of_kind(kind)

    def keep(self, document: Document) -> None:
        """Remember what has changed in it."""
        self._ledger.keep(document)


class Customs:
    """Works on the ledger; the caller holds the transaction."""

    def __init__(self, ledger: Ledger, conditions: Conditions) -> None:
        self._ledger = ledger
        self._conditions = conditions
        self.account_books = AccountBooks(ledger)

    def numbered(self, kind: Kind, document: Document, upload: Upload) -> Upload:
        """The upload, whose rows have the lines of the book that customs gives them."""
        asked = kind.unnumbered(upload) if upload.declare_flag == "1" else None
        if asked is None:
            return upload
        rows = self.account_books.numbered(
            document.seq_no, asked.book_no, asked.mark, upload.goods, asked.row_no, asked.line_no
        )
        if rows != upload.goods:
            document.marks |= {LINES_GIVEN: "1"}
        return replace(upload, sections={**upload.sections, upload.form.goods: rows})

    def count(self, now: datetime) -> None:
        """Count in the books what is to be counted by now, in the order of the authority's clock; receipts say the figures."""
        for due in self._ledger.counting(to_micros(now)):
            document = self._ledger.document(due.seq_no)
            assert document is not None, "a receipt with figures speaks of a document"
            self._moves_on(BY_NAME[document.kind], document, _answer(due, now))
            self._ledger.counted(due, self.account_books.filled(due.body))

    def objections(self, document: Document, now: datetime) -> tuple[str, ...]:
        """Why customs returns it, by rules between documents; empty when it has nothing against it."""
        return tuple(dict.fromkeys(BY_NAME[document.kind].customs(document, self._books(now))))

    def number(self, document: Document, now: datetime) -> None:
        """Give the document its customs number."""
        if not document.customs_no:
            chance = numbers.stream(self._conditions.seed, "customs_no", document.seq_no)
            kind = BY_NAME[document.kind]
            document.customs_no = kind.number(chance, document, now, self._ledger.customs_no_used)

    def answered(self, due: Due, now: datetime) -> None:
        """An answer stands in the InBox: the document moves on, and others with it."""
        document = self._ledger.document(due.seq_no) if due.seq_no else None
        if document is None or due.kind == ACK:
            return
        kind = BY_NAME[document.kind]
        if due.kind not in {form.type for form in kind.receipts}:
            return
        answer = _answer(due, now)
        self._moves_on(kind, document, answer)
        for follow in kind.follows(document, answer, self._books(now)):
            self._tell(follow.document, follow.step, now, due.file_name)

    def _moves_on(self, kind: Kind, document: Document, answer: Answer) -> None:
        before = document.copied()
        script.take_effect(kind, document, answer)
        if document != before:
            self._ledger.keep(document)
            moves = kind.moves(document)
            if moves is not None:
                self.account_books.settle(document.seq_no, moves)

    def by_hand(self, kind: Kind, document: Document, step: Step, now: datetime) -> str:
        """One named answer now; its file name. The document gets a number when it has none."""
        self.number(document, now)
        self._ledger.keep(document)
        return self._tell(document, step, now, f"by hand {to_micros(now)}")

    def _tell(self, document: Document, step: Step, now: datetime, cause: str) -> str:
        # Never the numbers of an earlier answer: each has its cause.
        chance = numbers.stream(self._conditions.seed, cause, document.seq_no, step.receipt)
        stem = self._ledger.last_stem(document.mailbox, document.internal_no)
        speed, prefixed = self._conditions.speed, self._conditions.prefixed
        course = Course(stem, document.internal_no, chance, now, speed, prefixed=prefixed)
        kind = BY_NAME[document.kind]
        made = script.answers(course, kind, document, _BY_ITSELF, [step], "1", document.goods)
        self._ledger.plan(document.mailbox, document.seq_no, document.internal_no, made)
        return made[0].file_name

    def _books(self, now: datetime) -> Books:
        return Books(self._ledger, now, strict_vehicles=self._conditions.strict_vehicles)


def _answer(due: Due, now: datetime) -> Answer:
    return Answer(due.kind, due.result, due.variant, datetime.fromisoformat(due.at) if due.at else now)
