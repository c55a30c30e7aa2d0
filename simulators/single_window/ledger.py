"""The simulator's memory: SQLite in the state folder, so that a kill loses nothing and repeats nothing.

One connection behind one lock, used by the folder loop and by the control port.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.single_window.documents import Document
from simulators.single_window.script import Delivery

_SCHEMA = """
CREATE TABLE IF NOT EXISTS arrivals (
    id INTEGER PRIMARY KEY, mailbox TEXT NOT NULL, file_name TEXT NOT NULL, stem TEXT NOT NULL, inode INTEGER NOT NULL,
    box TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL, outcome TEXT NOT NULL,
    text TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, xml_sha256 TEXT NOT NULL,
    internal_no TEXT NOT NULL, owner TEXT NOT NULL, message_id TEXT NOT NULL, declare_flag TEXT NOT NULL,
    seq_no TEXT NOT NULL, time TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS arrivals_internal ON arrivals (internal_no);
CREATE INDEX IF NOT EXISTS arrivals_xml ON arrivals (xml_sha256);
CREATE INDEX IF NOT EXISTS arrivals_unmoved ON arrivals (id) WHERE moved = 0;
CREATE TABLE IF NOT EXISTS documents (
    seq_no TEXT PRIMARY KEY, owner TEXT NOT NULL, internal_no TEXT NOT NULL, customs_no TEXT, body TEXT NOT NULL,
    UNIQUE (owner, internal_no)
);
CREATE UNIQUE INDEX IF NOT EXISTS documents_customs ON documents (customs_no) WHERE customs_no <> '';
CREATE INDEX IF NOT EXISTS documents_internal ON documents (internal_no);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, mailbox TEXT NOT NULL, seq_no TEXT NOT NULL, internal_no TEXT NOT NULL, kind TEXT NOT NULL,
    result TEXT NOT NULL, file_name TEXT NOT NULL, body BLOB, sha256 TEXT NOT NULL, due INTEGER NOT NULL,
    slow INTEGER NOT NULL, delivered TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due, id) WHERE delivered IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_internal ON deliveries (internal_no);
"""


@dataclass(frozen=True)
class Arrival:
    """One file found in an OutBox. `box` SentBox | FailBox, `result` accepted | refused | failed."""

    mailbox: str
    file_name: str
    stem: str
    inode: int
    box: str
    result: str
    outcome: str
    text: str
    size: int
    sha256: str
    xml_sha256: str = ""
    internal_no: str = ""
    owner: str = ""
    message_id: str = ""
    declare_flag: str = ""
    seq_no: str = ""
    time: str = ""


@dataclass(frozen=True)
class Due:
    """A delivery that is to be written now."""

    id: int
    mailbox: str
    seq_no: str
    internal_no: str
    kind: str
    result: str
    file_name: str
    body: bytes
    slow: bool


_ARRIVAL = tuple(Arrival.__dataclass_fields__)


class Ledger:
    """Opens or makes the ledger in `folder`; sqlite3.Error when the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._db = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # NORMAL in WAL mode survives a killed process; only a power cut may take the last moments.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Flush and close; the ledger cannot be used afterwards."""
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept together or not at all."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Arrivals

    def record(self, arrival: Arrival) -> int:
        """Keep an arrival; its id. Not yet moved into its box."""
        names, marks = ", ".join(_ARRIVAL), ", ".join("?" * len(_ARRIVAL))
        values = [getattr(arrival, name) for name in _ARRIVAL]
        # Names are those of the dataclass, never input.
        cursor = self._db.execute(f"INSERT INTO arrivals ({names}) VALUES ({marks})", values)  # noqa: S608
        return int(cursor.lastrowid or 0)

    def moved(self, arrival_ids: list[int]) -> None:
        """Those files stand in their boxes."""
        if arrival_ids:
            with self.transaction():
                sql = "UPDATE arrivals SET moved = 1 WHERE id = ?"
                self._db.executemany(sql, [(arrival_id,) for arrival_id in arrival_ids])

    def unmoved(self) -> list[sqlite3.Row]:
        """Arrivals decided but not seen moved: a crash stood between."""
        return self.rows(
            "SELECT id, mailbox, file_name, inode, box FROM arrivals WHERE moved = 0 ORDER BY id"
        )

    def times_applied(self, mailbox: str, internal_no: str, outcome: str) -> int:
        """How many arrivals of this internal number that outcome has already decided."""
        sql = "SELECT count(*) FROM arrivals WHERE internal_no = ? AND mailbox = ? AND outcome = ?"
        return self._count(sql, internal_no, mailbox, outcome)

    def times_arrived(self, mailbox: str, internal_no: str) -> int:
        """How many files with this internal number came, whatever became of them."""
        return self._count(
            "SELECT count(*) FROM arrivals WHERE internal_no = ? AND mailbox = ?", internal_no, mailbox
        )

    def last_stem(self, mailbox: str, internal_no: str) -> str:
        """The stem under which that number came last."""
        sql = "SELECT stem FROM arrivals WHERE internal_no = ? AND mailbox = ? ORDER BY id DESC LIMIT 1"
        rows = self.rows(sql, internal_no, mailbox)
        return str(rows[0]["stem"]) if rows else internal_no

    def accepted_before(self, xml_sha256: str) -> sqlite3.Row | None:
        """The arrival in which exactly this XML was admitted."""
        sql = "SELECT * FROM arrivals WHERE xml_sha256 = ? AND result = 'accepted' ORDER BY id LIMIT 1"
        rows = self.rows(sql, xml_sha256)
        return rows[0] if rows else None

    # Documents

    def document(self, seq_no: str) -> Document | None:
        """The document of a SeqNo."""
        return self._document("SELECT body FROM documents WHERE seq_no = ?", seq_no)

    def document_of(self, owner: str, internal_no: str) -> Document | None:
        """The document an enterprise filed under its own number."""
        return self._document(
            "SELECT body FROM documents WHERE owner = ? AND internal_no = ?", owner, internal_no
        )

    def documents_named(self, internal_no: str) -> list[Document]:
        """Every enterprise's document of that number."""
        rows = self.rows("SELECT body FROM documents WHERE internal_no = ? ORDER BY seq_no", internal_no)
        return [Document.from_json(row["body"]) for row in rows]

    def keep(self, document: Document) -> None:
        """Insert or replace the document."""
        self._db.execute(
            "INSERT INTO documents (seq_no, owner, internal_no, customs_no, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (seq_no) DO UPDATE SET internal_no = excluded.internal_no,"
            " customs_no = excluded.customs_no, body = excluded.body",
            (document.seq_no, document.owner, document.internal_no, document.customs_no, document.to_json()),
        )

    def seq_no_used(self, seq_no: str) -> bool:
        """Whether the number is given out."""
        return self._count("SELECT count(*) FROM documents WHERE seq_no = ?", seq_no) > 0

    def customs_no_used(self, customs_no: str) -> bool:
        """Whether the number is given out."""
        return self._count("SELECT count(*) FROM documents WHERE customs_no = ?", customs_no) > 0

    # Deliveries

    def plan(self, mailbox: str, seq_no: str, internal_no: str, deliveries: list[Delivery]) -> None:
        """Queue files for an InBox."""
        self._db.executemany(
            "INSERT INTO deliveries (mailbox, seq_no, internal_no, kind, result, file_name, body, sha256, due, slow)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    mailbox,
                    seq_no,
                    internal_no,
                    d.kind,
                    d.result,
                    d.file_name,
                    d.body,
                    hashlib.sha256(d.body).hexdigest(),
                    d.due,
                    int(d.slow),
                )
                for d in deliveries
            ],
        )

    def due(self, now: int, limit: int, mailboxes: list[str], besides: list[int]) -> list[Due]:
        """Up to `limit` deliveries to those mailboxes whose time has come, in order, without those in `besides`."""
        rows = self.rows(
            "SELECT id, mailbox, seq_no, internal_no, kind, result, file_name, body, slow FROM deliveries"
            " WHERE delivered IS NULL AND due <= ? AND mailbox IN (SELECT value FROM json_each(?))"
            " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due, id LIMIT ?",
            now,
            json.dumps(mailboxes),
            json.dumps(besides),
            limit,
        )
        return [Due(**{**dict(row), "slow": bool(row["slow"])}) for row in rows]

    def delivered(self, delivery_id: int, time: str) -> None:
        """The file stands in the InBox; its content need not be kept any longer."""
        sql = "UPDATE deliveries SET delivered = ?, body = NULL WHERE id = ?"
        self._db.execute(sql, (time, delivery_id))

    def hasten(self, internal_no: str, now: int) -> int:
        """Make everything still planned for an internal number due at once, in its order; how many."""
        sql = "UPDATE deliveries SET due = min(due, ?) WHERE internal_no = ? AND delivered IS NULL"
        with self.lock:
            return self._db.execute(sql, (now, internal_no)).rowcount

    # Reading

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self.lock:
            return self._db.execute(sql, values).fetchall()

    def _count(self, sql: str, *values: Any) -> int:
        return int(self.rows(sql, *values)[0][0])

    def _document(self, sql: str, *values: Any) -> Document | None:
        rows = self.rows(sql, *values)
        return Document.from_json(rows[0]["body"]) if rows else None
