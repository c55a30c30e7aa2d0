"""The edge for real: Caddy with the Caddyfile of deploy/edge in front of small servers that say who they are."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from backbone.refusals import BodyTooLarge, NotFound, Refusal, Unavailable
from customs.documents import KINDS
from tests.support.edge import running_edge
from tools.tree import ROOT

BEHIND = ("entry", "identity", "print", "query", "receipts", "reference", "signer", "submission")
UUID = "019bc3a0-0000-7000-8000-000000000001"


def _echo(service: str) -> ThreadingHTTPServer:
    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            received = len(self.rfile.read(length))
            if self.path == "/gate":
                self._gate()
                return
            facts = {
                "service": service,
                "method": self.command,
                "path": self.path,
                "request_id": self.headers.get("x-request-id"),
                "traceparent": self.headers.get("traceparent"),
                "authorization": self.headers.get("authorization"),
                "cookie": self.headers.get("cookie"),
                "received": received,
                "padding": "x" * 2000,
            }
            body = json.dumps(facts).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("x-request-id", self.headers.get("x-request-id", ""))
            self.send_header("server", "dummy")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _gate(self) -> None:
            """Identity's part: a living session gives a token, a dead one a problem of its own."""
            alive = "bondgate=alive" in (self.headers.get("cookie") or "")
            self.send_response(204 if alive else 401)
            if alive:
                asked = f"{self.headers['x-forwarded-method']} {self.headers['x-request-id']}"
                self.send_header("authorization", f"Bearer {asked}")
            self.send_header("set-cookie", "bondgate=; Max-Age=0")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        setattr(Echo, f"do_{method}", Echo._answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@dataclass
class Edge:
    """A running edge; `down` is a service nothing listens for."""

    url: str
    servers: dict[str, ThreadingHTTPServer] = field(default_factory=dict)

    def send(self, method: str, path: str, **more: object) -> httpx.Response:
        return httpx.request(method, self.url + path, timeout=20, trust_env=False, **more)  # type: ignore[arg-type]


@contextmanager
def _running(down: str | None) -> Iterator[Edge]:
    servers = {service: _echo(service) for service in BEHIND if service != down}
    try:
        with running_edge({name: f"127.0.0.1:{s.server_address[1]}" for name, s in servers.items()}) as url:
            yield Edge(url, servers)
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with _running(down=None) as started:
        yield started


@pytest.fixture(scope="module")
def edge_without_entry() -> Iterator[Edge]:
    with _running(down="entry") as started:
        yield started


@pytest.fixture(scope="module")
def edge_without_identity() -> Iterator[Edge]:
    with _running(down="identity") as started:
        yield started


def _routes() -> list[tuple[str, str, str]]:
    """Every operation that a service describes, and what the documents do not say."""
    merged = json.loads((ROOT / "contracts/http/bondgate.openapi.json").read_text(encoding="utf-8"))
    routes = [
        (method.upper(), re.sub(r"\{[^}]+\}", UUID, path), operation["tags"][0])
        for path, item in merged["paths"].items()
        for method, operation in item.items()
    ]
    for kind in KINDS.values():
        of = f"/v1/{kind.url}"
        routes += [
            ("GET", f"{of}?state=draft&limit=20", "query"),
            ("HEAD", of, "query"),
            ("GET", f"{of}/counts?state=draft", "query"),
            ("POST", f"{of}/counts", "entry"),
            ("GET", f"{of}/{UUID}/timeline", "query"),
            ("GET", f"{of}/{UUID}/messages", "query"),
            ("GET", f"{of}/{UUID}/relations?levels=2", "query"),
            ("HEAD", f"{of}/{UUID}", "entry"),
            ("GET", f"{of}/{UUID}/print-jobs", "entry"),
            ("GET", f"{of}/{UUID}/attachments/{UUID}", "entry"),
            ("POST", f"{of}/batches", "entry"),
            ("GET", f"{of}/list.xlsx?state=draft", "query"),
            ("GET", f"{of}/imports/template.xlsx", "entry"),
            ("POST", f"{of}/imports?mode=all", "entry"),
            ("POST", f"{of}/{UUID}/imports", "entry"),
            ("GET", f"{of}/{UUID}/export.xlsx", "entry"),
        ]
    routes += [
        ("GET", f"/v1/messages/{UUID}", "query"),
        ("GET", "/v1/views", "query"),
        ("GET", "/v1/gatherings?overdue=true", "query"),
        ("GET", "/v1/makeable/stock-bills/gate-passes?partly=true", "query"),
        ("GET", "/v1/goods-movements/business-forms/list.xlsx", "query"),
        ("GET", "/v1/clients?limit=5", "identity"),
        ("GET", "/v1/preferences", "identity"),
        ("GET", "/v1/codes/units?q=qk", "reference"),
        ("POST", "/v1/goods/imports?mode=all", "reference"),
        ("POST", "/v1/fill", "reference"),
        ("GET", "/v1/batches?limit=5", "entry"),
        ("GET", f"/v1/batches/{UUID}", "entry"),
    ]
    return sorted(set(routes))


@pytest.mark.parametrize(("method", "path", "service"), _routes())
def test_request_reaches_its_service(edge: Edge, method: str, path: str, service: str) -> None:
    answer = edge.send(method, path)
    assert answer.status_code == 200
    if method == "HEAD":
        return
    told = answer.json()
    assert (told["service"], told["method"], told["path"]) == (service, method, path)


def _check_problem(answer: httpx.Response, refusal: type[Refusal]) -> None:
    assert answer.status_code == refusal.status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == f"urn:bondgate:problem:{refusal.code}"
    assert (told["code"], told["status"], told["title"]) == (refusal.code, refusal.status, refusal.title)
    assert told["detail"] and told["hint"]
    assert told["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/inventories",
        "/v1/inventoriesx",
        "/v1/print-jobsx",
        "/metrics",
        "/readyz",
        "/v1/messages",
        "/gate",
    ],
)
def test_unknown_path_is_a_problem(edge: Edge, path: str) -> None:
    _check_problem(edge.send("GET", path), NotFound)


def test_service_that_is_down_is_a_problem_with_retry_after(edge_without_entry: Edge) -> None:
    answer = edge_without_entry.send("POST", "/v1/inventories", json={})
    _check_problem(answer, Unavailable)
    assert int(answer.headers["retry-after"]) > 0
    assert edge_without_entry.send("GET", "/v1/inventories").status_code == 200


def test_body_above_the_bound_is_a_problem(edge: Edge) -> None:
    _check_problem(edge.send("POST", "/v1/inventories", content=b"x" * 64_000_001), BodyTooLarge)
    passed = edge.send("POST", "/v1/inventories", content=b"x" * 20_000_000)
    assert passed.json()["received"] == 20_000_000


def test_plain_request_id_and_trace_pass_through(edge: Edge) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = edge.send("GET", "/v1/views", headers={"x-request-id": "erp-42", "traceparent": trace})
    assert (answer.json()["request_id"], answer.json()["traceparent"]) == ("erp-42", trace)
    assert answer.headers.get_list("x-request-id") == ["erp-42"]


@pytest.mark.parametrize("given", [None, 'a","code":"x', "x" * 65, ""])
def test_other_request_ids_are_replaced(edge: Edge, given: str | None) -> None:
    headers = {} if given is None else {"x-request-id": given}
    for path in ("/v1/views", "/nowhere"):
        answer = edge.send("GET", path, headers=headers)
        made = answer.json()["request_id"]
        assert made and made != given
        assert answer.headers["x-request-id"] == made


def test_answers_are_compressed_and_carry_security_headers(edge: Edge) -> None:
    answer = edge.send("GET", "/v1/views", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_every_kind_and_every_described_api_is_behind_the_edge() -> None:
    text = (ROOT / "deploy/edge/Caddyfile").read_text(encoding="utf-8")
    for kind in KINDS.values():
        assert f"import kind {kind.url}\n" in text
    assert {name.lower() for name in re.findall(r"BONDGATE_([A-Z]+)_UPSTREAM", text)} == set(BEHIND)


def test_a_cookie_of_the_page_is_exchanged_and_goes_no_further(edge: Edge) -> None:
    headers = {"cookie": "other=1; bondgate=alive", "x-request-id": "of-the-page"}
    told = edge.send("PUT", f"/v1/inventories/{UUID}", headers=headers, content=b"12345").json()
    assert (told["service"], told["received"], told["cookie"]) == ("entry", 5, None)
    assert told["authorization"] == "Bearer PUT of-the-page"
    secure = edge.send("GET", "/v1/live", headers={"cookie": "__Host-bondgate=alive"}).json()
    assert secure["authorization"].startswith("Bearer GET")


@pytest.mark.parametrize("path", ["/v1/inventories", "/v1/live", "/v1/session", "/v1/me", "/v1/print-jobs"])
def test_a_dead_cookie_is_refused_by_identity_itself(edge: Edge, path: str) -> None:
    answer = edge.send("GET", path, headers={"cookie": "bondgate=dead"})
    assert (answer.status_code, answer.headers["set-cookie"]) == (401, "bondgate=; Max-Age=0")


def test_logging_in_and_tokens_of_ones_own_pass_the_gate_by(edge: Edge) -> None:
    dead = {"cookie": "bondgate=dead"}
    assert edge.send("POST", "/v1/session", headers=dead).json()["cookie"] == "bondgate=dead"
    for path in ("/v1/tokens", "/v1/oauth/token"):
        assert edge.send("POST", path, headers=dead).json()["cookie"] is None
    told = edge.send("GET", "/v1/me", headers=dead | {"authorization": "Bearer mine"}).json()
    assert (told["authorization"], told["cookie"]) == ("Bearer mine", None)
    assert edge.send("GET", "/v1/me", headers={"cookie": "xbondgate=1"}).json()["authorization"] is None


def test_without_identity_the_page_waits_and_programs_go_on(edge_without_identity: Edge) -> None:
    _check_problem(
        edge_without_identity.send("GET", "/v1/inventories", headers={"cookie": "bondgate=alive"}),
        Unavailable,
    )
    bearer = {"authorization": "Bearer mine"}
    assert edge_without_identity.send("GET", "/v1/inventories", headers=bearer).status_code == 200
