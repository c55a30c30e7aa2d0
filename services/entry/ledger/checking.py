"""Whether the lines have what a document takes: looked at for a preview, or held in the transaction that declares it.

The hold is written first and the lines are looked at as they stand then, locked: of two that take the last of a line one waits
for the other and finds it gone. A preview counts the same on lines as they are, and neither locks nor writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.permissions import DOCUMENT_READ
from contracts.problems import Problem
from customs.documents import JsonObject
from customs.documents.amounts import plain
from customs.documents.booking import Booking
from customs.documents.findings import Findings
from customs.documents.life import Purpose
from customs.ledger.accounts import Account, CheckMode
from customs.ledger.agreeing import named
from customs.ledger.lines import Line
from customs.ledger.postings import Step, postings_of
from customs.ledger.versions import Row, Version, goods_of, version_of
from services.entry.document.store import Document
from services.entry.fold.told import Attempt
from services.entry.ledger import following, posting, reading, store
from services.entry.ledger.following import Followed
from services.entry.ledger.reading import Imagined, Known, Wanted
from services.entry.ledger.store import Difference, Place, Stand

_NAMED = 3
_EXPLAINED = 20
"""Lines of which it is said who holds them; a document that is short of more has another fault."""
_UNKNOWN = Stand(None, None, None, {}, frozenset())


async def hold(
    connection: Connection, caller: Principal, row: Document, snapshot: JsonObject
) -> tuple[Problem, ...]:
    """What the attempt just ordered takes of its lines is held; warnings about them. Raises InvalidRequest when it is too much.

    `row`: as it was written for the attempt. The last thing a transaction does, for it locks lines that others wait for.
    """
    version = await _version(row, snapshot)
    if version is None:
        return ()
    followed = await following.of(connection, _book_of(version))
    difference, wanted = await _taken(connection, row, version, {})
    goods = {Place(row.tenant_id, line): told for line, told in wanted.goods.items()}
    stands = await posting.apply(connection, [difference], goods)
    if followed is None or not followed.checks or not _edits(row):
        return ()
    found = await _short(connection, caller, row, version, followed, difference, stands)
    if problems := found.problems():
        raise InvalidRequest(f"共有{len(problems)}处需要改正", problems=list(problems))
    return found.warnings()


async def look(connection: Connection, caller: Principal, row: Document, snapshot: JsonObject) -> Findings:
    """What `hold` would find if the snapshot were declared now. `row`: as it is before, perhaps not saved."""
    version = await _version(row, snapshot)
    none = Findings(row.of_kind)
    if version is None or not _edits(row):
        return none
    followed = await following.of(connection, _book_of(version))
    if followed is None:
        if version.outward and row.of_kind.booking is not None:
            book = row.of_kind.booking.book
            none.warning("head", None, book, "ledger_not_followed", value=_book_of(version))
        return none
    if not followed.checks:
        return none
    now, number = datetime.now(UTC), row.attempt_no + 1
    purpose = Purpose(row.round_purpose or Purpose.FILING)
    attempt = Attempt(number, row.round_no, declares=True, ordered_at=now, purpose=purpose)
    ordered = replace(row, attempt_no=number, updated_at=now)
    imagined = {row.document_id: Imagined(attempt, snapshot)}
    difference, _ = await _taken(connection, ordered, version, imagined)
    asked = _asked(difference)
    there = await store.look(connection, row.tenant_id, set(asked))
    stands = {}
    for line, quantity in asked.items():
        place = Place(row.tenant_id, line)
        stand = there.get(place, _UNKNOWN)
        left = None if stand.available is None else stand.available - quantity
        stands[place] = replace(stand, available=left)
    return await _short(connection, caller, row, version, followed, difference, stands)


async def _version(row: Document, snapshot: JsonObject) -> Version | None:
    """None when it moves nothing."""
    booking = row.of_kind.booking
    if booking is None:
        return None
    version = await beside_loop(len(row.content), version_of, booking, snapshot)
    return version if version.rows else None


def _book_of(version: Version) -> str:
    return next(iter(version.rows.values())).line.book_no


def _edits(row: Document) -> bool:
    """Whether it is a declaration of its content; to ask for its deletion nothing need be left."""
    purpose = Purpose(row.round_purpose or Purpose.FILING)
    return purpose is Purpose.FILING or row.of_kind.life.rounds[purpose].edits


async def _taken(
    connection: Connection, row: Document, version: Version, imagined: reading.Imagining
) -> tuple[Difference, Wanted]:
    """What the last attempt of `row` changes of its postings; `imagined`: that attempt, where it is not written."""
    if row.attempt_no == 1:
        # Nothing was told of it yet.
        first = Step("sent", row.updated_at, "attempt/1", 1, version)
        posted = await beside_loop(len(row.content), postings_of, [first])
        assert row.of_kind.booking is not None
        wanted = Wanted(posted, goods_of(row.of_kind.booking, version))
        return store.difference(row.tenant_id, row.document_id, {}, posted), wanted
    known = Known(row.document_id, row.tenant_id, row.kind, row.state, row.seq_no, row.customs_no)
    moves = await reading.all_moving(connection, [known], imagined)
    wanted = (await reading.postings_wanted(connection, moves, imagined))[row.document_id]
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


async def _short(
    connection: Connection,
    caller: Principal,
    row: Document,
    version: Version,
    followed: Followed,
    difference: Difference,
    stands: Mapping[Place, Stand],
) -> Findings:
    """The lines that have less than is asked of them; `stands`: with it taken."""
    booking = row.of_kind.booking
    assert booking is not None
    findings, explained = Findings(row.of_kind), 0
    asked = _asked(difference)
    for line, rows in _by_line(version).items():
        stand = stands.get(Place(row.tenant_id, line))
        if stand is None or line not in asked:
            continue
        if stand.available is None:
            place = (booking.section, rows[0].place, booking.quantity)
            findings.warning(*place, "ledger_unknown", line=named(line))
        elif stand.available < 0:
            who = ""
            if explained < _EXPLAINED:
                explained += 1
                who = await _holders(connection, caller, row, line)
            _tell_short(findings, booking, followed, line, rows, stand.available, asked[line], who)
    return findings


def _tell_short(
    findings: Findings,
    booking: Booking,
    followed: Followed,
    line: Line,
    rows: Sequence[Row],
    left: Decimal,
    asked: Decimal,
    who: str,
) -> None:
    report = findings.problem if followed.mode is CheckMode.REFUSE else findings.warning
    for row in rows:
        report(
            booking.section,
            row.place,
            booking.quantity,
            "ledger_short",
            line=named(line),
            value=plain(row.quantity),
            asked=plain(asked),
            available=plain(left + asked),
            who=who,
        )


def _by_line(version: Version) -> Mapping[Line, Sequence[Row]]:
    lines: dict[Line, list[Row]] = {}
    for row in version.rows.values():
        lines.setdefault(row.line, []).append(row)
    return lines


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
