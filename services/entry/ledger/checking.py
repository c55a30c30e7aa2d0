"""The check before declaring: whether the lines have what a document takes, and its hold on them in the same transaction.

The hold is written first and the lines are looked at as they stand then, locked: of two that take the last of a line one waits
for the other and finds it gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.permissions import DOCUMENT_READ
from contracts.problems import Problem
from customs.documents import JsonObject
from customs.documents.amounts import plain
from customs.documents.findings import Findings
from customs.documents.life import Purpose
from customs.ledger.accounts import Account, CheckMode
from customs.ledger.booking import Booking
from customs.ledger.lines import Line, by_material
from customs.ledger.postings import Step, postings_of
from customs.ledger.versions import Row, Version, goods_of, version_of
from customs.singlewindow.times import SHANGHAI
from services.entry.document.checking import beside_loop
from services.entry.document.store import Document
from services.entry.ledger import posting, reading, store
from services.entry.ledger.reading import Known, Wanted
from services.entry.ledger.store import Difference, Place, Stand

_NAMED = 3
_EXPLAINED = 20
"""Lines of which it is said who holds them; a document that is short of more has another fault."""


async def hold(
    connection: Connection, caller: Principal, row: Document, snapshot: JsonObject
) -> tuple[Problem, ...]:
    """What the attempt just ordered takes of its lines is held; warnings about them. Raises InvalidRequest when it is too much.

    `row`: as it was written for the attempt. The last thing a transaction does, for it locks lines that others wait for.
    """
    booking = row.of_kind.booking
    if booking is None:
        return ()
    size = len(row.content)
    version = await beside_loop(size, version_of, booking, snapshot)
    if not version.rows:
        return ()
    followed = await _followed(connection, next(iter(version.rows.values())).line.book_no)
    difference, wanted = await _taken(connection, row, version)
    goods = {Place(row.tenant_id, line): told for line, told in wanted.goods.items()}
    stands = await posting.apply(connection, [difference], goods)
    if followed is None or not _edits(row):
        return ()
    asked = _asked(difference)
    if not version.outward:
        stands = await store.look(connection, row.tenant_id, {each.line for each in version.rows.values()})
    check = _Check(row, booking, version, followed)
    check.book()
    for line, rows in check.by_line().items():
        stand = stands.get(Place(row.tenant_id, line))
        if stand is None:
            continue
        check.line(line, rows, stand)
        if quantity := asked.get(line):
            who = ""
            if check.is_short(stand) and check.explained < _EXPLAINED:
                check.explained += 1
                who = await _holders(connection, caller, row, line)
            check.quantity(line, rows, stand, quantity, who)
    problems = check.findings.problems()
    if problems:
        raise InvalidRequest(f"共有{len(problems)}处需要改正", problems=list(problems))
    return check.findings.warnings()


def _edits(row: Document) -> bool:
    """Whether it is a declaration of its content; to ask for its deletion nothing need be left."""
    purpose = Purpose(row.round_purpose or Purpose.FILING)
    return purpose is Purpose.FILING or row.of_kind.life.rounds[purpose].edits


@dataclass(frozen=True, slots=True)
class _Followed:
    mode: CheckMode
    valid_until: date | None


async def _followed(connection: Connection, book_no: str) -> _Followed | None:
    """None for a book that nobody follows here, or without a check."""
    row = await connection.fetchrow("SELECT check_mode, valid_until FROM ledgers WHERE book_no = $1", book_no)
    if row is None or row["check_mode"] == CheckMode.OFF:
        return None
    return _Followed(CheckMode(row["check_mode"]), row["valid_until"])


async def _taken(connection: Connection, row: Document, version: Version) -> tuple[Difference, Wanted]:
    if row.attempt_no == 1:
        # Nothing was told of it yet.
        first = Step("sent", row.updated_at, "attempt/1", 1, version)
        posted = await beside_loop(len(row.content), postings_of, [first])
        assert row.of_kind.booking is not None
        wanted = Wanted(posted, goods_of(row.of_kind.booking, version))
        return store.difference(row.tenant_id, row.document_id, {}, posted), wanted
    known = Known(row.document_id, row.tenant_id, row.kind, row.state, row.seq_no, row.customs_no)
    moves = await reading.all_moving(connection, [known])
    wanted = (await reading.postings_wanted(connection, moves))[row.document_id]
    there = (await store.postings_of(connection, [row.document_id]))[row.document_id]
    return store.difference(row.tenant_id, row.document_id, there, wanted.postings), wanted


def _asked(difference: Difference) -> dict[Line, Decimal]:
    """How much more than before is held of each line; only where it is more."""
    asked: dict[Line, Decimal] = {}
    for sign, postings in ((1, difference.come), (-1, difference.gone)):
        for each in postings:
            if each.account is Account.PRE_OUT:
                asked[each.line] = asked.get(each.line, Decimal(0)) + sign * each.quantity
    return {line: quantity for line, quantity in asked.items() if quantity > 0}


class _Check:
    """Findings of one declaration: problems in a book that refuses, warnings in one that warns."""

    def __init__(self, row: Document, booking: Booking, version: Version, followed: _Followed) -> None:
        self.findings = Findings(row.of_kind)
        self.explained = 0
        self._booking, self._version, self._followed = booking, version, followed
        self._today = datetime.now(SHANGHAI).date()
        refuses = followed.mode is CheckMode.REFUSE
        self._find = self.findings.problem if refuses else self.findings.warning

    def by_line(self) -> Mapping[Line, Sequence[Row]]:
        lines: dict[Line, list[Row]] = {}
        for row in self._version.rows.values():
            lines.setdefault(row.line, []).append(row)
        return lines

    def book(self) -> None:
        until = self._followed.valid_until
        if until is not None and until < self._today:
            self._find("head", None, self._booking.book, "ledger_book_expired", until=until.isoformat())

    def line(self, line: Line, rows: Sequence[Row], stand: Stand) -> None:
        """Whether it has run out, and whether the document counts it in its unit."""
        for row in rows:
            if stand.limit_date is not None and stand.limit_date < self._today:
                until = stand.limit_date.isoformat()
                self._at(row, self._booking.line_no, "ledger_line_expired", line=_named(line), until=until)
            if stand.unit is not None and row.unit is not None and row.unit != stand.unit:
                place = (self._booking.section, row.place, self._booking.unit)
                self.findings.warning(*place, "ledger_unit_differs", line=_named(line), unit=stand.unit)

    def is_short(self, stand: Stand) -> bool:
        available = stand.available
        return available is not None and available < 0

    def quantity(self, line: Line, rows: Sequence[Row], stand: Stand, asked: Decimal, who: str) -> None:
        """Whether there was as much as is `asked` of the line; `stand`: with it taken."""
        available = stand.available
        if available is None:
            place = (self._booking.section, rows[0].place, self._booking.quantity)
            self.findings.warning(*place, "ledger_unknown", line=_named(line))
        elif available < 0:
            for row in rows:
                self._at(
                    row,
                    self._booking.quantity,
                    "ledger_short",
                    line=_named(line),
                    value=plain(row.quantity),
                    asked=plain(asked),
                    available=plain(available + asked),
                    who=who,
                )

    def _at(self, row: Row, field: str, code: str, **values: object) -> None:
        self._find(self._booking.section, row.place, field, code, **values)


def _named(line: Line) -> str:
    material = by_material(line.key)
    named = f"备案序号{line.key}" if material is None else f"料号{material}"
    return f"账册{line.book_no}{named}"


async def _holders(connection: Connection, caller: Principal, row: Document, line: Line) -> str:
    """How many other documents hold how much of the line, and what the first of them are called that the caller may read."""
    rows = await connection.fetch(
        "SELECT d.internal_no, d.enterprise_id, d.team_id, d.client_id, sum(p.quantity) AS held "
        "FROM ledger_postings AS p JOIN documents AS d USING (document_id) WHERE p.tenant_id = $1 AND p.book_no = $2 "
        "AND p.mark = $3 AND p.line_key = $4 AND p.account = 'pre_out' AND p.document_id <> $5 "
        "GROUP BY d.document_id HAVING sum(p.quantity) > 0 ORDER BY held DESC, d.internal_no",
        row.tenant_id,
        *line,
        row.document_id,
    )
    if not rows:
        return "没有其他单证占用该余量"
    total = sum((each["held"] for each in rows), Decimal(0))
    scopes = ("enterprise_id", "team_id", "client_id")
    seen = [
        each["internal_no"]
        for each in rows
        if caller.may(DOCUMENT_READ, **{name: each[name] for name in scopes})
    ]
    named = f"（{'、'.join(seen[:_NAMED])}{'等' if len(rows) > len(seen[:_NAMED]) else ''}）" if seen else ""
    return f"另有{len(rows)}份单证{named}已预减{plain(total)}"
