"""The books customs keeps: per 账册, 料件成品标志 and 备案序号 what came in, what went out, and what is expected.

A line is its opening and what the documents move in it; what a document moves is said by its kind, from how it stands.
Quantities are decimals kept as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulators.single_window.book import ACCOUNTS, Account, Line, Move, Opening
from simulators.single_window.elements import Row
from simulators.single_window.ledger import Ledger

SCHEMA = """
CREATE TABLE IF NOT EXISTS book_lines (
    book_no TEXT NOT NULL, mark TEXT NOT NULL, line_no INTEGER NOT NULL, material_no TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT '', opening_in TEXT NOT NULL DEFAULT '0', opening_out TEXT NOT NULL DEFAULT '0',
    real_in TEXT NOT NULL DEFAULT '0', real_out TEXT NOT NULL DEFAULT '0', pre_in TEXT NOT NULL DEFAULT '0',
    pre_out TEXT NOT NULL DEFAULT '0', PRIMARY KEY (book_no, mark, line_no)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS book_moves (
    seq_no TEXT NOT NULL, book_no TEXT NOT NULL, mark TEXT NOT NULL, line_no INTEGER NOT NULL, account TEXT NOT NULL,
    quantity TEXT NOT NULL, PRIMARY KEY (seq_no, book_no, mark, line_no, account)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS book_numbers (
    seq_no TEXT NOT NULL, row_no TEXT NOT NULL, book_no TEXT NOT NULL, mark TEXT NOT NULL, line_no INTEGER NOT NULL,
    PRIMARY KEY (seq_no, row_no)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS book_numbers_line ON book_numbers (book_no, mark, line_no);
"""
GIVEN = "lineGivenByCustoms"
"""In a row, which is no element of any message: customs made the line for it."""
_FIGURE = re.compile(rb"\{figure:([^:{}<>]+):([IE]):(\d{1,18}):(real_in|real_out|pre_in|pre_out)(:new)?\}")
_NOTHING = Decimal(0)


class AccountBooks:
    """Works on the ledger; whoever changes something holds its transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.define(SCHEMA)

    def settle(self, seq_no: str, moves: Iterable[Move]) -> None:
        """The document moves exactly this from now on, instead of what it moved before."""
        wanted: dict[tuple[Line, Account], Decimal] = {}
        told: dict[Line, Move] = {}
        for move in moves:
            place = (move.line, move.account)
            wanted[place] = wanted.get(place, _NOTHING) + move.quantity
            told.setdefault(move.line, move)
        moved = self._moved(seq_no)
        if wanted == moved:
            return
        change = {
            place: wanted.get(place, _NOTHING) - moved.get(place, _NOTHING)
            for place in [*wanted, *(place for place in moved if place not in wanted)]
        }
        self._ledger.write("DELETE FROM book_moves WHERE seq_no = ?", [(seq_no,)])
        self._ledger.write(
            "INSERT INTO book_moves VALUES (?, ?, ?, ?, ?, ?)",
            [
                (seq_no, line.book_no, line.mark, line.line_no, account, _plain(quantity))
                for (line, account), quantity in wanted.items()
            ],
        )
        self._apply(change, told)

    def _moved(self, seq_no: str) -> dict[tuple[Line, Account], Decimal]:
        rows = self._ledger.rows("SELECT * FROM book_moves WHERE seq_no = ?", seq_no)
        return {
            (Line(row["book_no"], row["mark"], row["line_no"]), row["account"]): Decimal(row["quantity"])
            for row in rows
        }

    def _apply(self, change: Mapping[tuple[Line, Account], Decimal], told: Mapping[Line, Move]) -> None:
        by_line: dict[Line, dict[Account, Decimal]] = {}
        for (line, account), quantity in change.items():
            by_line.setdefault(line, {})[account] = quantity
        before, rows = self._figures(by_line), []
        for line, accounts in by_line.items():
            after = [_plain(before[line][name] + accounts.get(name, _NOTHING)) for name in ACCOUNTS]
            said = told.get(line)
            rows.append((*_key(line), said.material_no if said else "", said.unit if said else "", *after))
        self._ledger.write(
            "INSERT INTO book_lines (book_no, mark, line_no, material_no, unit, real_in, real_out, pre_in, pre_out)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (book_no, mark, line_no) DO UPDATE SET"
            " real_in = excluded.real_in, real_out = excluded.real_out, pre_in = excluded.pre_in,"
            " pre_out = excluded.pre_out, material_no = iif(material_no = '', excluded.material_no, material_no),"
            " unit = iif(unit = '', excluded.unit, unit)",
            rows,
        )

    def _figures(self, lines: Iterable[Line]) -> dict[Line, dict[Account, Decimal]]:
        """Of each line; nothing for one that is in no book."""
        numbers: dict[tuple[str, str], list[int]] = {}
        found: dict[Line, dict[Account, Decimal]] = {}
        for line in lines:
            numbers.setdefault((line.book_no, line.mark), []).append(line.line_no)
            found[line] = dict.fromkeys(ACCOUNTS, _NOTHING)
        for (book_no, mark), wanted in numbers.items():
            rows = self._ledger.rows(
                "SELECT line_no, real_in, real_out, pre_in, pre_out FROM book_lines"
                " WHERE book_no = ? AND mark = ? AND line_no IN (SELECT value FROM json_each(?))",
                book_no,
                mark,
                json.dumps(wanted),
            )
            for row in rows:
                found[Line(book_no, mark, row["line_no"])] = {name: Decimal(row[name]) for name in ACCOUNTS}
        return found

    def filled(self, body: bytes) -> bytes:
        """A receipt with the figures of the book as it stands."""
        asked = {_line(match) for match in _FIGURE.finditer(body)}
        known = self._figures(asked)

        def said(match: re.Match[bytes]) -> bytes:
            account = next(name for name in ACCOUNTS if name == match[4].decode())
            figures = known[_line(match)]
            if match[5] and not any(figures[name] for name in ACCOUNTS if name != "real_in"):
                return b""
            return _plain(figures[account]).encode()

        return _FIGURE.sub(said, body)

    def numbered(
        self, seq_no: str, book_no: str, mark: str, rows: list[Row], row_no: str, line_no: str
    ) -> list[Row]:
        """The rows, each with a line of its own where it came without one: `row_no` and `line_no` name the elements.

        The same row of a document keeps its line when it comes again.
        """
        if all(row.get(line_no) for row in rows):
            return rows
        given = {
            row["row_no"]: row["line_no"]
            for row in self._ledger.rows("SELECT row_no, line_no FROM book_numbers WHERE seq_no = ?", seq_no)
        }
        following = self._last_line(book_no, mark)
        fresh: list[tuple[str, str, str, str, int]] = []
        made: list[Row] = []
        for row in rows:
            own = row.get(row_no, "")
            if row.get(line_no):
                made.append(row)
                continue
            if own not in given:
                following += 1
                given[own] = following
                fresh.append((seq_no, own, book_no, mark, following))
            made.append({**row, line_no: str(given[own]), GIVEN: "1"})
        self._ledger.write("INSERT INTO book_numbers VALUES (?, ?, ?, ?, ?)", fresh)
        return made

    def _last_line(self, book_no: str, mark: str) -> int:
        rows = self._ledger.rows(
            "SELECT max(last) AS last FROM (SELECT max(line_no) AS last FROM book_lines WHERE book_no = ?1 AND mark = ?2"
            " UNION ALL SELECT max(line_no) FROM book_numbers WHERE book_no = ?1 AND mark = ?2)",
            book_no,
            mark,
        )
        return int(rows[0]["last"] or 0)

    def open(self, opening: Opening) -> None:
        """What the line began with; in place of an earlier opening."""
        line = opening.line
        [before] = self._ledger.rows(
            "SELECT coalesce(max(opening_in), '0') AS came, coalesce(max(opening_out), '0') AS went FROM book_lines"
            " WHERE book_no = ? AND mark = ? AND line_no = ?",
            *_key(line),
        )
        change: dict[tuple[Line, Account], Decimal] = {
            (line, "real_in"): opening.came - Decimal(before["came"]),
            (line, "real_out"): opening.went - Decimal(before["went"]),
        }
        self._apply(change, {line: Move(line, "real_in", opening.came, opening.material_no, opening.unit)})
        self._ledger.write(
            "UPDATE book_lines SET opening_in = ?, opening_out = ? WHERE book_no = ? AND mark = ? AND line_no = ?",
            [(_plain(opening.came), _plain(opening.went), *_key(line))],
        )

    def lines(self, book_no: str) -> list[dict[str, Any]]:
        """Every line of a book, in order. The real figures begin with the opening."""
        rows = self._ledger.rows(
            "SELECT mark, line_no, material_no, unit, opening_in, opening_out, real_in, real_out, pre_in, pre_out"
            " FROM book_lines WHERE book_no = ? ORDER BY mark, line_no",
            book_no,
        )
        return [dict(row) for row in rows]


def _line(match: re.Match[bytes]) -> Line:
    return Line(match[1].decode(), match[2].decode(), int(match[3]))


def _key(line: Line) -> tuple[str, str, int]:
    return line.book_no, line.mark, line.line_no


def _plain(quantity: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{quantity:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
