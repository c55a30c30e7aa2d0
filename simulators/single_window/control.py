"""The control port: what tests and a curious user ask the simulator. JSON over HTTP, for the own machine only."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from simulators.single_window.book import opening_of
from simulators.single_window.client import FolderClient
from simulators.single_window.clock import Clock, to_micros
from simulators.single_window.intake import Intake, OutcomeChoice
from simulators.single_window.kinds import BY_NAME
from simulators.single_window.kinds.kind import Kind
from simulators.single_window.ledger import Ledger
from simulators.single_window.outcomes import ACK, OUTCOMES, Step

MAX_BODY = 64 * 1024


class RefusedError(Exception):
    """A request that cannot be answered; becomes `{"error": …}` with `status`."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Answers for the control port, free of HTTP."""

    def __init__(
        self, client: FolderClient, ledger: Ledger, intake: Intake, choice: OutcomeChoice, clock: Clock
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._intake = intake
        self._choice = choice
        self._clock = clock

    def get(self, path: str, query: dict[str, list[str]]) -> Any:
        """The answer to GET `path`."""
        if path == "/healthz":
            return {"status": "ok"}
        if path == "/stats":
            return self._stats()
        if path == "/outcomes":
            return {"default": self._choice.default, "outcomes": {o.name: o.says for o in OUTCOMES.values()}}
        if path == "/taken":
            return self._taken(query)
        if path.startswith("/taken/"):
            return self._one(unquote(path.removeprefix("/taken/")))
        if path.startswith("/books/"):
            book_no = unquote(path.removeprefix("/books/"))
            return {"book_no": book_no, "lines": self._intake.customs.account_books.lines(book_no)}
        raise RefusedError(HTTPStatus.NOT_FOUND, f"no such path: {path}")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to POST `path`."""
        if path in ("/pause", "/resume"):
            (self._client.paused.set if path == "/pause" else self._client.paused.clear)()
            return {"paused": self._client.paused.is_set()}
        if path == "/outcomes":
            return self._set_outcomes(body)
        if path == "/advance":
            return self._advance(body)
        if path.startswith("/books/") and path.endswith("/openings"):
            return self._open(unquote(path.removeprefix("/books/").removesuffix("/openings")), body)
        raise RefusedError(HTTPStatus.NOT_FOUND, f"no such path: {path}")

    def _taken(self, query: dict[str, list[str]]) -> Any:
        after, limit = (
            _natural(query, name, default) for name, default in (("after", 0), ("limit", 100_000))
        )
        sql = "SELECT * FROM arrivals WHERE id > ? ORDER BY id LIMIT ?"
        return [_arrival(row) for row in self._ledger.rows(sql, after, limit)]

    def _one(self, internal_no: str) -> Any:
        arrivals = self._ledger.rows("SELECT * FROM arrivals WHERE internal_no = ? ORDER BY id", internal_no)
        if not arrivals:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"nothing arrived under {internal_no}")
        message_ids: dict[str, int] = {}
        for row in arrivals:
            message_ids[row["message_id"]] = message_ids.get(row["message_id"], 0) + 1
        sql = (
            "SELECT kind, result, file_name, sha256, due, delivered FROM deliveries"
            " WHERE internal_no = ? ORDER BY due, id"
        )
        return {
            "internal_no": internal_no,
            "count": len(arrivals),
            "sent_box": sum(row["box"] == "SentBox" for row in arrivals),
            "message_ids": message_ids,
            "files": [_arrival(row) for row in arrivals],
            "documents": [asdict(document) for document in self._ledger.documents_named(internal_no)],
            "answers": [dict(row) for row in self._ledger.rows(sql, internal_no)],
        }

    def _stats(self) -> Any:
        def number(sql: str) -> int:
            return int(self._ledger.rows(sql)[0][0])

        def repeated(column: str) -> int:
            # The column is one of the three names below, never input.
            return number(
                f"SELECT count(*) FROM (SELECT 1 FROM arrivals WHERE box = 'SentBox' AND {column} <> ''"  # noqa: S608
                f" GROUP BY mailbox, {column} HAVING count(*) > 1)"
            )

        by_result = {
            r[0]: r[1] for r in self._ledger.rows("SELECT result, count(*) FROM arrivals GROUP BY result")
        }
        return {
            "mailboxes": self._client.mailboxes,
            "paused": self._client.paused.is_set(),
            "arrived": sum(by_result.values()),
            "accepted": by_result.get("accepted", 0),
            "refused": by_result.get("refused", 0),
            "failed": by_result.get("failed", 0),
            "documents": number("SELECT count(*) FROM documents"),
            "answers_written": number("SELECT count(*) FROM deliveries WHERE delivered IS NOT NULL"),
            "answers_waiting": number("SELECT count(*) FROM deliveries WHERE delivered IS NULL"),
            "sent_more_than_once": {
                "internal_no": repeated("internal_no"),
                "message_id": repeated("message_id"),
                "xml": repeated("xml_sha256"),
            },
        }

    def _set_outcomes(self, body: dict[str, Any]) -> Any:
        try:
            if "default" in body:
                self._choice.set_default(str(body["default"]))
            if "internal_no" in body:
                self._choice.set_for(str(body["internal_no"]), str(body.get("outcome", "")))
        except KeyError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"no such outcome: {error.args[0]}") from error
        return {"default": self._choice.default}

    def _open(self, book_no: str, body: dict[str, Any]) -> Any:
        rows = body.get("lines")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "lines must be a list of objects")
        try:
            openings = [opening_of(book_no, row) for row in rows]
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        books = self._intake.customs.account_books
        with self._ledger.transaction():
            for opening in openings:
                books.open(opening)
        return {"book_no": book_no, "lines": books.lines(book_no)}

    def _advance(self, body: dict[str, Any]) -> Any:
        internal_no = str(body.get("internal_no", ""))
        found = self._ledger.documents_named(internal_no)
        if not found:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"no document under {internal_no}")
        now = self._clock.now()
        if "receipt" not in body:
            return {"hastened": self._ledger.hasten(internal_no, to_micros(now))}
        written = []
        with self._ledger.transaction():
            for document in self._ledger.documents_named(internal_no):
                kind = BY_NAME[document.kind]
                if body.get("kind", kind.name) != kind.name:
                    continue
                step = _step(body, kind)
                if step is not None:
                    written.append(self._intake.customs.by_hand(kind, document, step, now))
        if not written:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"no such receipt: {body['receipt']}")
        return {"planned": written}


def _step(body: dict[str, Any], kind: Kind) -> Step | None:
    """The receipt asked for, as this kind tells it; None when the kind has none of that name."""
    name, full = str(body["receipt"]), bool(body.get("full"))
    if name == ACK:
        return Step(ACK, 0)
    if name not in {form.type for form in kind.receipts}:
        return None
    form = kind.receipt(name)
    result = str(body.get("result", form.results[0]))
    if result not in form.results:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name} has no result {result}")
    try:
        variant = form.variant(str(body.get("as", body.get("at_gate", ""))))
    except KeyError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name} has no form {error.args[0]}") from error
    return Step(name, 0, result, full, variant)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer(lambda: self.server.control.get(parts.path, parse_qs(parts.query)))

    def do_POST(self) -> None:
        self._answer(lambda: self.server.control.post(urlsplit(self.path).path, self._body()))

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the log holds one line for every file."""

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body over {MAX_BODY} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "body is not JSON") from error
        if not isinstance(body, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "body is not a JSON object")
        return body

    def _answer(self, work: Any) -> None:
        status = HTTPStatus.OK
        try:
            answer = work()
        except RefusedError as refused:
            status, answer = refused.status, {"error": str(refused)}
            # The body may be unread; the connection cannot be used on.
            self.close_connection = True
        except sqlite3.Error as error:
            status, answer = HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
        data = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, control: Control) -> None:
        super().__init__((host, port), _Handler)
        self.control = control


class ControlPort:
    """Serves a `Control` on a thread of its own; OSError when the port is taken. Port 0 takes any free one."""

    def __init__(self, control: Control, host: str, port: int) -> None:
        self._server = _Server(host, port, control)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True)

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _arrival(row: sqlite3.Row) -> dict[str, Any]:
    kept = {name: row[name] for name in row.keys() if name not in ("inode", "moved")}  # noqa: SIM118 - rows iterate values
    return kept | {"moved": bool(row["moved"])}


def _natural(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name} must be a natural number")
    return int(text)
