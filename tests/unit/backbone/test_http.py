"""What every service answers alike: problem details, bounds, ids, and nothing of the inside."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
import zstandard
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message

from backbone import bodies
from backbone.http import CLIENT_GONE, PROBLEM_JSON, answer, create_app, if_match, read_json
from backbone.idempotency import key_of
from backbone.incoming import too_large
from backbone.refusals import REFUSALS, StaleVersion


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=2, max_length=5, title="名称")
    number: int = Field(title="数量")


def app() -> FastAPI:
    made = create_app("sample", title="Sample", max_body_bytes=1000, stall_seconds=0.01)

    @made.post("/echo")
    async def echo(request: Request) -> Response:
        return answer(200, {"length": len(await read_json(request))}).response()

    @made.put("/echo")
    async def echo_put(request: Request) -> Response:
        return answer(200, {"length": len(await read_json(request))}).response()

    @made.post("/keyed")
    async def keyed(request: Request) -> Response:
        return answer(200, {"key": key_of(request)}).response()

    @made.post("/model")
    async def model(request: Request) -> Response:
        return answer(200, bodies.parse(Sent, await read_json(request)).model_dump()).response()

    @made.get("/things/{thing_id}")
    async def thing(request: Request, thing_id: UUID, count: int = 1) -> Response:
        return answer(200, {"version": if_match(request), "count": count}).response()

    @made.get("/broken")
    async def broken() -> Response:
        raise RuntimeError("secret of the inside")

    @made.get("/gone")
    async def gone() -> Response:
        raise ConnectionRefusedError("database at 10.0.0.1")

    return made


def call(work: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app())
        async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
            return await work(client)

    return asyncio.run(run())


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM_JSON
    content: dict[str, Any] = response.json()
    assert content["code"] == code
    assert content["type"] == f"urn:bondgate:problem:{code}"
    assert content["status"] == status
    assert content["request_id"] == response.headers["x-request-id"]
    assert content["title"] and content["hint"]
    return content


def test_unknown_addresses_and_methods() -> None:
    problem(call(lambda c: c.get("/nowhere")), 404, "not_found")
    problem(call(lambda c: c.delete("/echo")), 405, "method_not_allowed")


def test_a_405_lists_every_method_of_the_address_whichever_service_has_it() -> None:
    assert call(lambda c: c.delete("/echo")).headers["allow"] == "POST, PUT"
    one = f"/v1/inventories/{UUID(int=1)}"
    made = create_app("entry", title="Sample")
    made.add_api_route("/v1/inventories", thing_of_entry, methods=["POST"])
    made.add_api_route("/v1/inventories/{document_id}", thing_of_entry, methods=["PUT"])

    async def patch(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=made)
        async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
            return await client.patch(path)

    assert asyncio.run(patch("/v1/inventories")).headers["allow"] == "GET, POST"
    assert asyncio.run(patch(one)).headers["allow"] == "DELETE, GET, PUT"


async def thing_of_entry() -> Response:
    return answer(200).response()


def test_an_error_of_ours_says_nothing_of_the_inside() -> None:
    response = call(lambda c: c.get("/broken"))
    problem(response, 500, "internal_error")
    assert "secret" not in response.text


def test_an_outage_can_be_tried_again() -> None:
    response = call(lambda c: c.get("/gone"))
    problem(response, 503, "unavailable")
    assert response.headers["retry-after"] and "10.0.0.1" not in response.text


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_bound_is_refused_announced_or_not(announced: bool) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * 100

    content: Any = b"x" * 4000 if announced else pieces()
    response = call(lambda c: c.post("/echo", content=content))
    problem(response, 413, "body_too_large")


@pytest.mark.parametrize(
    ("limit", "words"), [(262_144, "256 KB"), (25_165_824, "24 MB"), (1000, "1,000 字节")]
)
def test_the_true_bound_is_told(limit: int, words: str) -> None:
    assert too_large(limit).detail == f"超过 {words}"


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def packed(coding: str, body: bytes) -> httpx.Response:
    headers = {"content-encoding": coding, "content-type": "application/json"}
    return call(lambda c: c.post("/echo", content=body, headers=headers))


@pytest.mark.parametrize("coding", PACK)
def test_a_compressed_body_is_taken_within_the_bound(coding: str) -> None:
    pack = PACK[coding]
    assert packed(coding, pack(b"x" * 1000)).json() == {"length": 1000}
    problem(packed(coding, pack(b"x" * 1001)), 413, "body_too_large")
    # A bomb: refused long before it is unpacked.
    problem(packed(coding, pack(b"x" * 50_000_000)), 413, "body_too_large")
    problem(packed(coding, pack(b"x" * 900)[:-6]), 400, "body_not_unpackable")
    problem(packed(coding, b'{"a": 1}'), 400, "body_not_unpackable")
    problem(packed(coding, pack(b"x") + pack(b"y")), 400, "body_not_unpackable")
    assert packed(coding, b"").json() == {"length": 0}


def test_other_encodings_are_named() -> None:
    for coding in ("br", "gzip, zstd", "deflate"):
        answered = packed(coding, b"{}")
        problem(answered, 415, "unsupported_content_encoding")
        assert answered.headers["accept-encoding"] == "gzip, zstd"
    assert packed("identity", b"{}").json() == {"length": 2}


def test_an_upload_that_stands_still_is_answered() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"content-type": "application/json"}
    answered = call(lambda c: c.post("/echo", content=half(), headers=headers))
    told = problem(answered, 408, "body_stalled")
    assert told["detail"].startswith("已收到1字节")
    assert answered.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("key", "code"), [("", "missing"), ("x" * 201, "unfit"), ("键", "unfit"), ("é", "unfit")]
)
def test_an_idempotency_key_is_missing_or_unfit(key: str, code: str) -> None:
    answered = call(lambda c: c.post("/keyed", headers={b"idempotency-key": key.encode()}))
    problem(answered, 400, f"idempotency_key_{code}")
    assert call(lambda c: c.post("/keyed", headers={"idempotency-key": "x" * 200})).status_code == 200


def test_other_media_types_are_refused() -> None:
    response = call(lambda c: c.post("/echo", content=b"<a/>", headers={"content-type": "text/xml"}))
    problem(response, 415, "unsupported_media_type")


def test_a_given_request_id_is_kept_if_it_is_harmless() -> None:
    kept = call(lambda c: c.get("/healthz", headers={"x-request-id": "erp-7"}))
    assert kept.headers["x-request-id"] == "erp-7"
    made = call(lambda c: c.get("/healthz", headers={"x-request-id": "a b{}"}))
    assert made.headers["x-request-id"] != "a b{}"


def test_all_errors_of_a_body_at_once_each_with_its_place() -> None:
    response = call(lambda c: c.post("/model", json={"name": "x", "other": 1}))
    errors = problem(response, 422, "invalid_request")["errors"]
    assert {(e["pointer"], e["code"]) for e in errors} == {
        ("/name", "shorter_than_allowed"),
        ("/number", "required"),
        ("/other", "unknown_field"),
    }
    assert any("「数量」" in e["message"] for e in errors)


def test_broken_json_is_one_clear_error() -> None:
    response = call(lambda c: c.post("/model", content=b'{"name":'))
    errors = problem(response, 422, "invalid_request")["errors"]
    assert [(e["pointer"], e["code"]) for e in errors] == [("", "invalid_json")]


def test_parameters_are_named_in_chinese_words() -> None:
    response = call(lambda c: c.get("/things/zzz?count=many"))
    errors = problem(response, 422, "invalid_request")["errors"]
    assert {e["pointer"] for e in errors} == {"/thing_id", "/count"}
    assert all("parsing" not in e["message"] for e in errors)


def test_if_match() -> None:
    path = "/things/00000000-0000-7000-8000-000000000001"
    problem(call(lambda c: c.get(path)), 428, "if_match_missing")
    problem(call(lambda c: c.get(path, headers={"if-match": "abc"})), 412, "stale_version")
    for given in ('"3"', 'W/"3"', "3", '"3-zstd"', '"3-gzip"'):
        assert call(lambda c, tag=given: c.get(path, headers={"if-match": tag})).json()["version"] == 3  # type: ignore[misc]
    problem(call(lambda c: c.get(path, headers={"if-match": '"3-other"'})), 412, "stale_version")


def test_metrics_name_the_route_and_not_the_path() -> None:
    async def work(client: httpx.AsyncClient) -> httpx.Response:
        await client.get("/things/00000000-0000-7000-8000-0000000000ff", headers={"if-match": "1"})
        return await client.get("/metrics")

    text = call(work).text
    assert 'route="/things/{thing_id}"' in text
    assert "0000000000ff" not in text


def test_every_refusal_has_its_words() -> None:
    assert StaleVersion.code in REFUSALS
    for refusal in REFUSALS.values():
        assert 400 <= refusal.status < 600
        assert refusal.title and not refusal.title.isascii()


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_failure() -> None:
    """A page that is closed breaks off what it was sending: no error with a stack, no answer to nobody."""
    pieces: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": b"{", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(pieces)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    with structlog.testing.capture_logs() as logged:
        asyncio.run(app()(scope, receive, send))
    assert sent == []
    assert [(each["event"], each.get("status")) for each in logged] == [("request", CLIENT_GONE)]
