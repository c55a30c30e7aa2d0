"""What the agent must know after a crash, in SQLite: every file that it took, how far it came, and what its cards signed."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ACCEPTED, RELEASED, GONE, CLOSED = "accepted", "released", "gone", "closed"
_KEEP_SECONDS = 90 * 86_400
_GONE_SECONDS = 8 * 86_400

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
  mailbox text NOT NULL, file_name text NOT NULL, sha256 text NOT NULL, bytes integer NOT NULL,
  state text NOT NULL, told text NOT NULL DEFAULT '', missing_since real, taken_at real NOT NULL,
  PRIMARY KEY (mailbox, file_name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
  order_id text PRIMARY KEY, card_no text NOT NULL, sha256 text NOT NULL, asked_at real NOT NULL, outcome text
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file. accepted: staged, durable, and perhaps renamed; released: it went into OutBox. `told`: the last place that the
    platform heard of."""

    mailbox: str
    file_name: str
    sha256: str
    bytes: int
    state: str
    told: str
    missing_since: float | None
    taken_at: float


class Journal:
    """Every write is durable before it answers. Used from threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        self._database.close()

    def find(self, mailbox: str, file_name: str) -> Taken | None:
        rows = self._read("WHERE mailbox = ? AND file_name = ?", mailbox, file_name)
        return rows[0] if rows else None

    def open_files(self) -> Sequence[Taken]:
        """Those of which the last word is not told, the oldest first; a gone one may turn up again for a week."""
        return self._read(
            "WHERE state IN ('accepted', 'released') OR (state = 'gone' AND taken_at > ?) ORDER BY taken_at, file_name",
            time.time() - _GONE_SECONDS,
        )

    def held(self) -> tuple[int, int]:
        """Files and bytes that the import client has not taken."""
        with self._lock:
            files, size = self._database.execute(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM files WHERE state IN ('accepted', 'released')"
            ).fetchone()
        return files, size

    def take(self, mailbox: str, file_name: str, sha256: str, size: int, state: str) -> None:
        self._write(
            "INSERT INTO files (mailbox, file_name, sha256, bytes, state, taken_at) VALUES (?, ?, ?, ?, ?, ?)",
            mailbox,
            file_name,
            sha256,
            size,
            state,
            time.time(),
        )

    def move(self, taken: Taken, state: str) -> None:
        self._write(
            "UPDATE files SET state = ?, missing_since = NULL WHERE mailbox = ? AND file_name = ?",
            state,
            taken.mailbox,
            taken.file_name,
        )

    def missing(self, taken: Taken, since: float | None) -> None:
        self._write(
            "UPDATE files SET missing_since = ? WHERE mailbox = ? AND file_name = ?",
            since,
            taken.mailbox,
            taken.file_name,
        )

    def told(self, taken: Taken, place: str, state: str) -> None:
        self._write(
            "UPDATE files SET told = ?, state = ? WHERE mailbox = ? AND file_name = ?",
            place,
            state,
            taken.mailbox,
            taken.file_name,
        )

    def order(self, order_id: str, card_no: str, sha256: str) -> None:
        """Before the card is asked."""
        self._write(
            "INSERT INTO orders (order_id, card_no, sha256, asked_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (order_id) DO UPDATE SET asked_at = excluded.asked_at",
            order_id,
            card_no,
            sha256,
            time.time(),
        )

    def signed(self, order_id: str, outcome: str) -> None:
        self._write("UPDATE orders SET outcome = ? WHERE order_id = ?", outcome, order_id)

    def forget_old(self) -> None:
        """Names are remembered long after the platform could offer them again."""
        self._write(
            "DELETE FROM files WHERE state IN ('closed', 'gone') AND taken_at < ?",
            time.time() - _KEEP_SECONDS,
        )

    def _read(self, which: str, *values: object) -> list[Taken]:
        with self._lock:
            rows = self._database.execute(
                "SELECT mailbox, file_name, sha256, bytes, state, told, missing_since, taken_at FROM files "  # noqa: S608
                + which,
                values,
            ).fetchall()
        return [Taken(*row) for row in rows]

    def _write(self, sql: str, *values: object) -> None:
        with self._lock:
            self._database.execute(sql, values)
