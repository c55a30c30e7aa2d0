"""The simulator's memory: SQLite in the state folder, so that a kill loses nothing and repeats nothing.

One connection behind one lock, used by the folder loop and by the control port.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
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
    seq_no TEXT NOT NULL, time TEXT NOT NULL, message_type TEXT NOT NULL DEFAULT 'INV101'
);
CREATE INDEX IF NOT EXISTS arrivals_internal ON arrivals (internal_no);
CREATE INDEX IF NOT EXISTS arrivals_xml ON arrivals (xml_sha256);
CREATE INDEX IF NOT EXISTS arrivals_unmoved ON arrivals (id) WHERE moved = 0;
CREATE TABLE IF NOT EXISTS documents (
    seq_no TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, internal_no TEXT NOT NULL, customs_no TEXT,
    body TEXT NOT NULL, UNIQUE (kind, owner, internal_no)
);
CREATE UNIQUE INDEX IF NOT EXISTS documents_customs ON documents (customs_no) WHERE customs_no <> '';
CREATE INDEX IF NOT EXISTS documents_internal ON documents (internal_no);
CREATE TABLE IF NOT EXISTS links (
    customs_no TEXT NOT NULL, seq_no TEXT NOT NULL, PRIMARY KEY (customs_no, seq_no)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, mailbox TEXT NOT NULL, seq_no TEXT NOT NULL, internal_no TEXT NOT NULL, kind TEXT NOT NULL,
    result TEXT NOT NULL, file_name TEXT NOT NULL, body BLOB, sha256 TEXT NOT NULL, due INTEGER NOT NULL,
    slow INTEGER NOT NULL, delivered TEXT, variant TEXT NOT NULL DEFAULT '', at TEXT NOT NULL DEFAULT '',
    counts_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_counting ON deliveries (counts_at) WHERE counts_at > 0;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due, id) WHERE delivered IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_internal ON deliveries (internal_no);
CREATE INDEX IF NOT EXISTS deliveries_document ON deliveries (seq_no) WHERE seq_no <> '';
"""
# A ledger of the time when 核注清单 was the only kind.
_FROM_ONE_KIND = """
ALTER TABLE arrivals ADD COLUMN message_type TEXT NOT NULL DEFAULT 'INV101';
ALTER TABLE deliveries ADD COLUMN variant TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN at TEXT NOT NULL DEFAULT '';
ALTER TABLE documents RENAME TO old_documents;
DROP INDEX IF EXISTS documents_customs;
DROP INDEX IF EXISTS documents_internal;
"""
# A ledger of the time when customs had no books.
_FROM_NO_BOOKS = "ALTER TABLE deliveries ADD COLUMN counts_at INTEGER NOT NULL DEFAULT 0;\n"
_OVER = """
INSERT INTO documents (seq_no, kind, owner, internal_no, customs_no, body)
    SELECT seq_no, 'inventory', owner, internal_no, customs_no, body FROM old_documents;
DROP TABLE old_documents;
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
    message_type: str = ""


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
    variant: str
    at: str


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
        columns = {row["name"] for row in self._db.execute("PRAGMA table_info (documents)")}
        old = bool(columns) and "kind" not in columns
        known = {row["name"] for row in self._db.execute("PRAGMA table_info (deliveries)")}
        older = _FROM_ONE_KIND * old + _FROM_NO_BOOKS * (bool(known) and "counts_at" not in known)
        self._db.executescript("".join(("BEGIN;", older, _SCHEMA, _OVER * old, "COMMIT;")))

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

    def times_applied(self, arrival: Arrival, outcome: str) -> int:
        """How many arrivals of that message type and internal number the outcome has already decided."""
        sql = "SELECT count(*) FROM arrivals WHERE internal_no = ? AND mailbox = ? AND message_type = ? AND outcome = ?"
        return self._count(sql, arrival.internal_no, arrival.mailbox, arrival.message_type, outcome)

    def times_arrived(self, arrival: Arrival) -> int:
        """How many files of that message type and internal number came, whatever became of them."""
        sql = "SELECT count(*) FROM arrivals WHERE internal_no = ? AND mailbox = ? AND message_type = ?"
        return self._count(sql, arrival.internal_no, arrival.mailbox, arrival.message_type)

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

    def document_of(self, kind: str, owner: str, internal_no: str) -> Document | None:
        """The document of a kind that an enterprise filed under its own number."""
        sql = "SELECT body FROM documents WHERE kind = ? AND owner = ? AND internal_no = ?"
        return self._document(sql, kind, owner, internal_no)

    def document_numbered(self, customs_no: str) -> Document | None:
        """The document of a customs number."""
        return self._document(
            "SELECT body FROM documents WHERE customs_no = ? AND customs_no <> ''", customs_no
        )

    def documents_naming(self, customs_no: str) -> list[Document]:
        """Documents that refer, or once referred, to a customs number."""
        sql = (
            "SELECT body FROM documents JOIN links USING (seq_no) WHERE links.customs_no = ? ORDER BY seq_no"
        )
        return [Document.from_json(row["body"]) for row in self.rows(sql, customs_no)]

    def documents_of_kind(self, kind: str) -> list[Document]:
        """Every document of a kind."""
        rows = self.rows("SELECT body FROM documents WHERE kind = ? ORDER BY seq_no", kind)
        return [Document.from_json(row["body"]) for row in rows]

    def documents_named(self, internal_no: str) -> list[Document]:
        """Every enterprise's document of that number."""
        rows = self.rows("SELECT body FROM documents WHERE internal_no = ? ORDER BY seq_no", internal_no)
        return [Document.from_json(row["body"]) for row in rows]

    def keep(self, document: Document) -> None:
        """Insert or replace the document."""
        d = document
        self._db.execute(
            "INSERT INTO documents (seq_no, kind, owner, internal_no, customs_no, body) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (seq_no) DO UPDATE SET internal_no = excluded.internal_no,"
            " customs_no = excluded.customs_no, body = excluded.body",
            (d.seq_no, d.kind, d.owner, d.internal_no, d.customs_no, d.to_json()),
        )
        # What it no longer names stays here; readers compare with the document itself.
        self._db.executemany(
            "INSERT OR IGNORE INTO links (customs_no, seq_no) VALUES (?, ?)",
            [(no, d.seq_no) for no in d.links],
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
            "INSERT INTO deliveries (mailbox, seq_no, internal_no, kind, result, file_name, body, sha256, due, slow,"
            " variant, at, counts_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                    d.variant,
                    d.at,
                    d.counts_at,
                )
                for d in deliveries
            ],
        )

    def counting(self, now: int) -> list[Due]:
        """Receipts whose figures are still open and whose moment has come, by the authority's clock."""
        rows = self.rows(
            "SELECT id, mailbox, seq_no, internal_no, kind, result, file_name, body, slow, variant, at FROM deliveries"
            " WHERE counts_at > 0 AND (counts_at <= ?1 OR due <= ?1) ORDER BY counts_at, id",
            now,
        )
        return [_due(row) for row in rows]

    def counted(self, due: Due, body: bytes) -> None:
        """Its figures stand in the receipt."""
        self._db.execute(
            "UPDATE deliveries SET body = ?, sha256 = ?, counts_at = 0 WHERE id = ?",
            (body, hashlib.sha256(body).hexdigest(), due.id),
        )

    def due(self, now: int, limit: int, mailboxes: list[str], besides: list[int]) -> list[Due]:
        """Up to `limit` deliveries to those mailboxes whose time has come, in order, without those in `besides`."""
        rows = self.rows(
            "SELECT id, mailbox, seq_no, internal_no, kind, result, file_name, body, slow, variant, at FROM deliveries"
            " WHERE delivered IS NULL AND due <= ? AND mailbox IN (SELECT value FROM json_each(?))"
            " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due, id LIMIT ?",
            now,
            json.dumps(mailboxes),
            json.dumps(besides),
            limit,
        )
        return [_due(row) for row in rows]

    def delivered(self, due: Due, time: str) -> None:
        """The file stands in the InBox; a receipt about a document is kept, packed, for INV141."""
        kept = zlib.compress(due.body, 1) if due.seq_no and due.kind[:3] in ("INV", "SAS") else None
        self._db.execute("UPDATE deliveries SET delivered = ?, body = ? WHERE id = ?", (time, kept, due.id))

    def receipts_of(self, seq_no: str) -> list[tuple[str, str, bytes]]:
        """Type, file name and content of the receipts a document has had, in order."""
        sql = (
            "SELECT kind, file_name, body FROM deliveries WHERE seq_no = ? AND delivered IS NOT NULL"
            " AND body IS NOT NULL ORDER BY due, id"
        )
        return [(r["kind"], r["file_name"], zlib.decompress(r["body"])) for r in self.rows(sql, seq_no)]

    def hasten(self, internal_no: str, now: int) -> int:
        """Make everything still planned for an internal number due at once, in its order; how many."""
        sql = "UPDATE deliveries SET due = min(due, ?) WHERE internal_no = ? AND delivered IS NULL"
        with self.lock:
            return self._db.execute(sql, (now, internal_no)).rowcount

    # Reading and what others keep here

    def define(self, schema: str) -> None:
        """Make tables of another module, where they are not there yet."""
        with self.lock:
            self._db.executescript(schema)

    def write(self, sql: str, values: Iterable[tuple[Any, ...]]) -> None:
        """A statement for each tuple of values; the caller holds the transaction."""
        self._db.executemany(sql, values)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self.lock:
            return self._db.execute(sql, values).fetchall()

    def _count(self, sql: str, *values: Any) -> int:
        return int(self.rows(sql, *values)[0][0])

    def _document(self, sql: str, *values: Any) -> Document | None:
        rows = self.rows(sql, *values)
        return Document.from_json(rows[0]["body"]) if rows else None


def _due(row: sqlite3.Row) -> Due:
    return Due(**{**dict(row), "slow": bool(row["slow"])})
