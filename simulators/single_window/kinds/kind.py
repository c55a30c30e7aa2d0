"""What the machinery needs to know of a kind of document: one value of `Kind` a kind, made in the folder of the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from random import Random
from typing import Protocol

from simulators.single_window.book import Move
from simulators.single_window.documents import Document, Status, Terms, settle
from simulators.single_window.elements import Row
from simulators.single_window.form import FILED, MessageForm, Upload
from simulators.single_window.outcomes import ACK, Outcome, Step
from simulators.single_window.receipts import Telling, Writer, packet_stored


@dataclass(frozen=True)
class BookRows:
    """The book whose lines rows name: its number and 料件成品标志, and the elements of row number and line."""

    book_no: str
    mark: str
    row_no: str
    line_no: str


ACKNOWLEDGED = Step(ACK, 300)
Used = Callable[[str], bool]


class Registry(Protocol):
    """What customs knows of other documents."""

    @property
    def today(self) -> date:
        """The day at customs."""

    @property
    def strict_vehicles(self) -> bool:
        """Whether a gate pass needs a registered vehicle."""

    def numbered(self, kind: str, customs_no: str) -> Document | None:
        """The document of that customs number, when it is of that kind."""

    def naming(self, kind: str, customs_no: str) -> list[Document]:
        """Documents of that kind that refer to the number and count: declared or valid."""

    def all_of(self, kind: str) -> list[Document]:
        """Every document of a kind."""

    def keep(self, document: Document) -> None:
        """Remember what has changed in it."""


@dataclass(frozen=True)
class Answer:
    """A receipt that has gone out. `variant` names its form, `at` is the authority's time."""

    receipt: str
    result: str
    variant: str
    at: datetime


@dataclass(frozen=True)
class Follow:
    """An answer about another document that comes out of this one."""

    document: Document
    step: Step


@dataclass(frozen=True)
class ReceiptForm:
    """One receipt type: what is in it, which results it has (the first is the usual one), what it changes.

    `variants` are values customs fills, by the name a script or POST /advance gives them; the first is the usual one.
    """

    type: str
    content: Callable[[Writer, Document, Telling], str]
    results: tuple[str, ...] = ("",)
    variants: Mapping[str, Row] = field(default_factory=dict)
    effect: Callable[[Document, Answer], None] | None = None
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is said besides a result that is not the usual one."""
    extension: str = ".SAS"
    namespace: str = ""
    from_data_centre: bool = False
    figures: bool = False
    """Whether it tells figures of a book."""

    def variant(self, name: str) -> str:
        """The variant of that name, the usual one when it is empty; KeyError when there is none."""
        if not name:
            return next(iter(self.variants), "")
        if name not in self.variants:
            raise KeyError(name)
        return name


def packet_receipt(type: str, result_type: str, extension: str = ".SAS", namespace: str = "") -> ReceiptForm:
    """INV200 or SAS200, the same for every kind but for `result_type`: 4 清单, 7 申报表, 8 出入库单, 9 核放单, 10 车辆."""

    def settled(document: Document, answer: Answer) -> None:
        if answer.result == "2":
            settle(document, "Z", frozenset(), {})

    return ReceiptForm(
        type,
        partial(packet_stored, result_type=result_type),
        ("1", "2"),
        effect=settled,
        reasons={"2": ("子报文入库失败：报文内容校验不通过",)},
        extension=extension,
        namespace=namespace,
    )


def _nothing(*_: object) -> Iterator[str]:
    return iter(())


def _no_follow(*_: object) -> Iterator[Follow]:
    return iter(())


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    `usual` are the steps of an accepted filing, the acknowledgement first; `courses` those of outcomes only this kind
    knows. `approval` is the receipt that settles a round, `granted` its results that grant it; `granted_later` the one
    with which a later round is granted when that differs. `door` and `customs` give reasons to refuse: at the door
    (before anything is taken) and as 退单. `follows` says what an answer brings about for other documents.
    """

    name: str
    label: str
    form: MessageForm
    terms: Terms
    ends_as: Mapping[str, Status]
    approval: str
    usual: tuple[Step, ...]
    receipts: tuple[ReceiptForm, ...]
    number: Callable[[Random, Document, datetime, Used], str]
    packet_receipt: str
    granted: frozenset[str] = frozenset({"1"})
    granted_later: Mapping[str, str] = field(default_factory=dict)
    courses: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    disorder: tuple[int, ...] = ()
    return_reasons: tuple[str, ...] = ("申报内容与备案数据不一致，请核对后重新申报", "申报数量超出可用数量")
    store_reason: str = "入库失败：单证数据校验异常"
    row_keys: tuple[str, ...] = ()
    kept_goods: int = 100_000
    """Rows kept with the document for later receipts."""
    kept_others: tuple[str, ...] = ()
    """Sections beside the goods that later receipts tell."""
    links: Callable[[Upload], Iterable[str]] = _nothing
    door: Callable[[Upload, bool], Iterator[str]] = _nothing
    customs: Callable[[Document, Registry], Iterator[str]] = _nothing
    follows: Callable[[Document, Answer, Registry], Iterator[Follow]] = _no_follow
    moves: Callable[[Document], Iterable[Move] | None] = lambda _: ()
    """What the document has in its book as it stands; None while a round is open: as before."""
    unnumbered: Callable[[Upload], BookRows | None] = lambda _: None
    """Where rows get a line of the book when they come without one."""
    prune: Callable[[Document, list[Step]], list[Step]] = lambda _, steps: steps

    def receipt(self, type: str) -> ReceiptForm:
        """The form of a receipt type; KeyError when this kind has none of that name."""
        for form in self.receipts:
            if form.type == type:
                return form
        raise KeyError(type)

    def steps(self, outcome: Outcome, document: Document, declare_flag: str) -> list[Step]:
        """The answers an admitted upload gets, in the order of the authority's own times."""
        if outcome.steps is not None:
            steps = list(outcome.steps)
        else:
            steps = self._course(outcome, document.declaration_type)
        if declare_flag == "0":
            return [step for step in steps if step.receipt == ACK]
        return self.prune(document, steps)

    def _course(self, outcome: Outcome, round_: str) -> list[Step]:
        steps = list(self.courses.get(outcome.name, self.usual))
        own = next((s for s in self.usual if s.receipt == self.approval), None)
        wait = own.wait_ms if own else 600
        if round_ != FILED:
            # Later rounds are answered by the approval receipt alone.
            steps = [step for step in steps if step.receipt in (ACK, self.approval)]
            later = self.granted_later.get(round_)
            steps = [replace(s, result=later) if later and s.result in self.granted else s for s in steps]
        settled = [Step(self.approval, wait, result) for result in outcome.before]
        if outcome.final and outcome.final_in in ("", round_):
            steps = [*steps[:1], *settled, Step(self.approval, wait, outcome.final)]
        else:
            steps = [*steps[:1], *settled, *steps[1:]]
        if outcome.packet:
            stored = Step(self.packet_receipt, wait, outcome.packet)
            steps = [*steps[:1], stored, *(steps[1:] if outcome.packet == "1" else ())]
        if not outcome.acknowledged:
            steps = steps[1:]
        return steps if outcome.silent_after is None else steps[: outcome.silent_after]
