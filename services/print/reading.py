"""A document as it is told to the caller, cut to what is to be printed of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backbone.auth import Principal
from backbone.refusals import InvalidRequest
from contracts.answers.lists import Timeline
from contracts.answers.printing import SheetKind
from contracts.permissions import DOCUMENT_PRINT
from contracts.problems import Problem, problem
from customs.documents import Kind
from services.print.gateway import AnyDocument, Entry, Query
from services.print.layouts import LAYOUTS
from services.print.layouts.parts import Table
from services.print.orders import PrintOrder, Rows
from services.print.render.words import Words
from services.print.subject import Answer, OpenRound, RowRange, Subject

_NUMBERS = {"seq_no", "customs_no", "change_count"}
"""Of the authority's numbers those that a head has."""
_ANSWERS = frozenset({"acknowledged", "refused", "receipt"})
"""Facts of the timeline that the Single Window or customs told; the others are steps of our own."""


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Where documents come from."""

    entry: Entry
    query: Query


@dataclass(frozen=True, slots=True)
class Read:
    """A document as it was told to this caller, and what is to be printed of it."""

    view: AnyDocument
    sheet: SheetKind
    subject: Subject

    @property
    def rows(self) -> int:
        """How many rows will be on paper."""
        document = self.subject.document
        return len(self.subject.answers) + sum(
            len(part) for part in document.values() if isinstance(part, list)
        )


async def read(
    upstreams: Upstreams,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    order: PrintOrder,
    authorization: str,
) -> Read:
    """Raises what entry and query refuse the caller, and InvalidRequest for rows and sections that are not there."""
    view = await upstreams.entry.document(kind.url, document_id, authorization, order.version)
    caller.require(
        DOCUMENT_PRINT, enterprise_id=view.enterprise_id, team_id=view.team_id, client_id=view.client_id
    )
    subject = subject_of(view, order.version)
    if order.sheet == "receipts":
        timeline = await upstreams.query.timeline(kind.url, document_id, view.version, authorization)
        told = {"answers": answers_of(timeline), "behind": timeline.stale}
        subject = subject.model_copy(update={"document": {"head": subject.document["head"]}, **told})
    else:
        subject = narrowed(kind, subject, order)
    if order.attachments and view.attachments:
        subject = subject.model_copy(update={"attached": True})
    return Read(view, order.sheet, subject)


def subject_of(view: AnyDocument, version: str) -> Subject:
    """The document with what the authority has told by now in its head."""
    head = {**(view.document.get("head") or {}), **view.authority}
    head |= view.numbers.model_dump(include=_NUMBERS, exclude_none=True)
    under_way = view.open_round
    return Subject(
        document={**view.document, "head": head},
        version=version,
        open_round=OpenRound.model_validate(under_way, from_attributes=True) if under_way else None,
        attachments=view.attachments,
    )


def answers_of(timeline: Timeline) -> list[Answer]:
    """What the authority told, in the order of its own clock, and of ours where it named no time."""
    facts = [item.fact for item in timeline.items if item.fact is not None and item.fact.type in _ANSWERS]
    return sorted((Answer.model_validate(fact, from_attributes=True) for fact in facts), key=_told_at)


def _told_at(answer: Answer) -> tuple[datetime, datetime]:
    return answer.authority_at or answer.occurred_at, answer.occurred_at


def narrowed(kind: Kind, subject: Subject, order: PrintOrder) -> Subject:
    """Only the rows and sections that are wanted. Raises InvalidRequest."""
    document = dict(subject.document)
    wrong = list(_unknown(kind, order.left_out))
    chosen: RowRange | None = None
    if order.rows is not None:
        found = _range(kind, document, order.rows)
        if isinstance(found, RowRange):
            chosen = found
            document[found.section] = document[found.section][found.first - 1 : found.last]
        else:
            wrong.append(found)
    if wrong:
        raise InvalidRequest(problems=wrong)
    for name in order.left_out:
        document.pop(name, None)
    return subject.model_copy(
        update={"document": document, "rows": chosen, "left_out": tuple(dict.fromkeys(order.left_out))}
    )


def _unknown(kind: Kind, sections: Sequence[str]) -> Iterator[Problem]:
    names = [section.name for section in kind.sections if section.name != "head"]
    for number, name in enumerate(sections):
        if name not in names:
            expected = "、".join(names)
            yield problem(
                "not_one_of", f"/left_out/{number}", field=f"「{Words.LEFT_OUT_FIELD}」", expected=expected
            )


def _range(kind: Kind, document: dict[str, Any], rows: Rows) -> RowRange | Problem:
    tables = [block.section for block in LAYOUTS[kind.name].blocks if isinstance(block, Table)]
    if rows.section is not None and rows.section not in tables:
        expected = "、".join(tables)
        return problem("not_one_of", "/rows/section", field="「表体」", expected=expected or "—")
    section = rows.section or (tables[0] if tables else "")
    count = len(document.get(section) or [])
    if rows.first > rows.last:
        return problem("unfit_value", "/rows/last", field="「截止项」", why="小于起始项")
    if rows.first > count:
        return problem("unfit_value", "/rows/first", field="「起始项」", why=f"本单证共{count}项")
    return RowRange(section=section, first=rows.first, last=min(rows.last, count), of=count)
