"""Workbooks into documents: read, checked as a save would check, shown with every doubt, and saved when that is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import orjson

from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.answers.drafts import ColumnMapping, ImportReport, ReadColumn, ReadSheet
from contracts.permissions import DOCUMENT_WRITE
from contracts.problems import CellProblem, problem
from customs.documents import Checked, JsonObject, Kind, Profile
from customs.sheets.merging import Placed, placed
from customs.sheets.places import Listing, in_book
from customs.sheets.reading import column_letters
from customs.sheets.taking import Taken
from services.entry.document import opening
from services.entry.document.checking import checked
from services.entry.document.ownership import Owner, enterprise_of, filled
from services.entry.document.store import Enterprise
from services.entry.relations import leaning

Mode = Literal["preview", "all", "good-rows"]
Rows = Literal["replace", "append"]
_MOST_ROUNDS = 12
"""Good rows are found by leaving out those with errors, a thousand errors a round."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a book is to be taken. `section`: the whole book is rows of this one."""

    mode: Mode
    rows: Rows = "replace"
    section: str | None = None
    profile: Profile = Profile.SAVE


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes: a new document of this owner, or into one that is there."""

    enterprise: Enterprise | None = None
    current: JsonObject | None = None


@dataclass(slots=True)
class Outcome:
    """What a book comes to. `document` is what a save would get."""

    taken: Taken
    document: JsonObject
    size: int
    errors: Listing
    warnings: list[CellProblem] = field(default_factory=list)
    left_out: dict[str, set[int]] = field(default_factory=dict)
    blocking: bool = False
    """Something is wrong that leaving out rows does not help."""

    @property
    def ok(self) -> bool:
        return not self.errors


async def target_of_new(
    connection: Connection, caller: Principal, kind: Kind, owner: Owner, taken: Taken
) -> Target:
    """For a new draft: its enterprise, and what approved documents tell. Raises EnterpriseUnclear, Forbidden."""
    enterprise = await enterprise_of(connection, owner, taken.document)
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
    )
    given = await leaning.taken(connection, kind, enterprise.enterprise_id, {**taken.document})
    head = given.get("head")
    if isinstance(head, dict):
        taken.document["head"] = head
    return Target(enterprise=enterprise)


async def target_of_draft(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> Target:
    """Raises NotFound, StaleVersion, NotEditable, Forbidden."""
    document = await opening.load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    if (refusal := opening.why_fixed(document)) is not None:
        raise refusal
    return Target(current=document.document)


async def outcome(kind: Kind, taken: Taken, target: Target, order: Order, size: int) -> Outcome:
    """Check what the book says where it is to go; of good rows, find them."""
    left_out = {name: set(rows) for name, rows in taken.bad_rows.items()} if order.mode == "good-rows" else {}
    found = Listing()
    found.extend(taken.problems.listed)
    found.count = taken.problems.count
    blocking = _outside_rows(taken, taken.problems.listed)
    for round_ in range(_MOST_ROUNDS + 1):
        made = placed(kind, taken, target.current, append=order.rows == "append", without=left_out)
        document = made.document
        if target.enterprise is not None:
            document = filled(kind, document, target.enterprise)
        result = await checked(kind, document, order.profile, size)
        left_to_say = order.mode != "good-rows" or round_ == _MOST_ROUNDS
        _learn(made, taken, result, found, counted=left_to_say)
        if order.mode != "good-rows" or not result.problems:
            break
        wrong = {made.row_of_book(each) for each in result.problems} - {None}
        # Another round helps only where rows can still go.
        if not wrong or left_to_say:
            blocking = True
            break
        for section, row in filter(None, wrong):
            left_out.setdefault(section, set()).add(row)
    if not taken.document and not found:
        found.add(in_book(problem("nothing_to_import", "")))
        blocking = True
    warnings = [made.located(taken, each) for each in result.warnings]
    return Outcome(taken, document, size, found, warnings, left_out, blocking)


def _learn(made: Placed, taken: Taken, result: Checked, found: Listing, *, counted: bool) -> None:
    """Add problems of the check that were not found before, with their cells; `counted`: also how many are not listed."""
    for each in result.problems:
        located = made.located(taken, each)
        if located.code == "too_many_problems":
            if counted:
                found.add(located)
        elif not (located.pointer and found.has(located.pointer)):
            found.add(located)


def _outside_rows(taken: Taken, listed: list[CellProblem]) -> bool:
    """Whether something is wrong beyond single rows."""
    rows = {f"/{name}/{row}" for name, bad in taken.bad_rows.items() for row in bad}
    return any("/".join(each.pointer.split("/")[:3]) not in rows for each in listed)


def refuse_wrong(kind: Kind, made: Outcome, order: Order) -> None:
    """Raises InvalidRequest with every error and its cell, unless what is left may be saved."""
    if made.ok:
        return
    rows = sum(len(place.rows) for place in made.taken.places.values())
    gone = sum(len(each) for each in made.left_out.values())
    if order.mode == "good-rows" and not made.blocking and gone < rows:
        return
    listed = made.errors.result()
    raise InvalidRequest(
        f"工作簿中共有{made.errors.count}处需要改正，没有导入任何内容",
        problems=listed,
        # The errors stand beside it already.
        extra={"import": report(kind, made, order).model_dump(exclude={"errors"})},
    )


def content_of(made: Outcome) -> bytes:
    """The document as the body of a save."""
    return orjson.dumps(made.document)


def report(kind: Kind, made: Outcome, order: Order) -> ImportReport:
    """What was read, how it was understood, what is wrong and where."""
    taken = made.taken
    return ImportReport(
        mode=order.mode,
        ok=made.ok,
        error_count=made.errors.count,
        notices=taken.notices.result(),
        warnings=made.warnings,
        sheets=[_sheet(kind, made, name) for name in taken.places],
        errors=made.errors.result(),
    )


def _sheet(kind: Kind, made: Outcome, section: str) -> ReadSheet:
    place, part = made.taken.places[section], kind.section(section)
    columns = made.taken.columns[section]
    left_out = sorted(made.left_out.get(section, ()))
    return ReadSheet(
        section=section,
        label=part.label,
        sheet=place.sheet,
        heading_row=place.heading_row,
        rows=len(place.rows),
        rows_left_out=[place.rows[row] for row in left_out],
        columns=[
            ReadColumn(
                cell=f"{column_letters(each.column)}{place.heading_row}" if part.many else f"A{each.column}",
                heading=each.heading[:200],
                field=each.guess.field,
                label=part.fields[each.guess.field].label if each.guess.field else None,
                by=each.guess.by,
            )
            for each in columns
        ],
        mapping=ColumnMapping(
            sheet=place.sheet, columns={each.heading: each.guess.field for each in columns}
        ),
    )
