"""HTTP in: one FastAPI application a service, with bounds, traces, metrics, health and problem details (RFC 9457)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from aiokafka.errors import KafkaError
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backbone import bodies, log, methods, metrics, parameters, postgres, trace
from backbone.ids import new_id
from backbone.incoming import STALL_SECONDS, Incoming, too_large
from backbone.refusals import (
    IfMatchMissing,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Refusal,
    StaleVersion,
    Unavailable,
    UnsupportedMediaType,
)

PROBLEM_JSON = "application/problem+json"
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
# A proxy that compresses an answer marks its ETag with the encoding: "3" becomes "3-zstd".
_VERSION_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:-(?:gzip|zstd|br|deflate))?"?', re.ASCII)
CLIENT_GONE = 499
"""In logs and metrics alone: the client left before its request was complete."""
_QUIET = ("/healthz", "/readyz", "/metrics")
ReadyCheck = Callable[[], Awaitable[Mapping[str, bool]]]


@dataclass(frozen=True)
class Reply:
    """A response as it is sent, and kept for a repeated Idempotency-Key. `body` is JSON, or nothing."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        media_type = "application/json" if self.body else None
        return Response(self.body, self.status, headers=self.headers, media_type=media_type)


def answer(status: int, content: object = None, **headers: str) -> Reply:
    """Content, as a rule of a class of contracts.answers, becomes JSON; underscores in header names become hyphens."""
    body = b"" if content is None else orjson.dumps(content, default=_plain)
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def _plain(value: object) -> object:
    """Fields of a model as they stand, so that stored bytes (`orjson.Fragment`) within it stay what they are."""
    if isinstance(value, BaseModel):
        told = {spec.alias or name: getattr(value, name) for name, spec in type(value).model_fields.items()}
        return told | (value.model_extra or {})
    return str(value)


def attachment(file_name: str, plain: str | None = None) -> str:
    """Content-Disposition of a download by RFC 6266: the true name in UTF-8, a plain one for old clients.

    Without `plain`, what of the name is no letter, digit, dot, hyphen or underscore in ASCII becomes an underscore.
    """
    if plain is None:
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)[-150:]
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def create_app(
    service: str,
    *,
    title: str,
    max_body_bytes: int = 1_048_576,
    stall_seconds: float = STALL_SECONDS,
    ready: ReadyCheck | None = None,
) -> FastAPI:
    """An application with everything common in it; routes are added by the service.

    `app.state.verifier` must be set before requests that need a caller.
    """
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # One component for a class, whether it is sent or answered.
        separate_input_output_schemas=False,
        dependencies=[Depends(parameters.once_each)],
    )
    app.add_middleware(_Envelope, max_body_bytes=max_body_bytes, stall_seconds=stall_seconds)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for outage in (*postgres.OUTAGES, KafkaError, TimeoutError):
        app.add_exception_handler(outage, _on_outage)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return answer(200, {"service": service, "status": "ok"}).response()

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        checks = dict(await ready()) if ready else {}
        fine = all(checks.values())
        content = {"service": service, "status": "ready" if fine else "not ready", "checks": checks}
        return answer(200 if fine else 503, content).response()

    @app.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")

    return app


async def read_json(request: Request) -> bytes:
    """The raw body of a JSON request; whoever knows its shape parses it. Raises UnsupportedMediaType."""
    content_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise UnsupportedMediaType(f"收到的类型为 {content_type[:80]}")
    return await request.body()


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a small body; nothing counts as an empty one. Raises InvalidRequest."""
    from contracts.problems import problem

    if not body.strip():
        return {}
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        detail = f"第{error.lineno}行第{error.colno}列无法解析"
        raise InvalidRequest(problems=[problem("invalid_json", "", detail=detail)]) from None
    if not isinstance(parsed, dict):
        raise InvalidRequest(problems=[problem("wrong_type", "", field="请求内容", expected="JSON对象")])
    return parsed


def etag(version: int) -> str:
    return f'"{version}"'


def if_match(request: Request) -> int:
    """The version the caller saw. Raises IfMatchMissing, or StaleVersion for what can be no version of ours."""
    given = request.headers.get("if-match")
    if given is None:
        raise IfMatchMissing()
    found = _VERSION_TAG.fullmatch(given.strip())
    if found is None:
        raise StaleVersion(f"If-Match 的值 {given[:40]} 不是本系统给出的版本")
    return int(found[1])


def problem_response(refusal: Refusal) -> Response:
    content: dict[str, object] = {
        "type": f"urn:bondgate:problem:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail or refusal.title,
        "code": refusal.code,
        "hint": refusal.hint,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
        **refusal.extra,
    }
    if refusal.problems:
        content["errors"] = [p.model_dump() for p in refusal.problems]
    return Response(orjson.dumps(content), refusal.status, refusal.headers, media_type=PROBLEM_JSON)


async def _on_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem_response(error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_response(NotFound(f"没有地址 {request.url.path[:200]}"))
    if error.status_code == 405:
        allow = ", ".join(methods.allowed(request.app.routes, request.scope))
        return problem_response(MethodNotAllowed(headers={**(error.headers or {}), "Allow": allow}))
    return problem_response(InvalidRequest(str(error.detail)[:200]))


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The first part of a location says where it was looked for (path, query, header).
    problems = []
    for each in error.errors():
        where = tuple(each["loc"][1:])
        name = ".".join(map(str, where))
        of_query = parameters.problem_of(each, name) if each["loc"][0] == "query" else None
        problems.append(of_query or bodies.problem_of(each, where, name))
    return problem_response(InvalidRequest(problems=problems))


async def _on_outage(request: Request, error: Exception) -> Response:
    log.get().warning("dependency_unavailable", error_type=type(error).__name__, path=request.url.path)
    return problem_response(Unavailable())


class _Envelope:
    """Outermost ASGI layer: request id, trace, body bound, metrics, access log, and the last word on exceptions."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, stall_seconds: float) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.match(given) else str(new_id())
        parent = trace.parse(headers.get(b"traceparent", b"").decode("latin-1"))
        trace.current.set(trace.child(parent))
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500
        began = False
        incoming = Incoming(receive, self._limit, self._stall_seconds)

        async def observed(message: Message) -> None:
            nonlocal status, began
            if message["type"] == "http.response.start":
                began = True
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            length = headers.get(b"content-length", b"0").decode("latin-1")
            if length.isdigit() and int(length) > self._limit:
                # Read what has been sent, within reason, so that the client sees the answer and not a reset.
                await _drain(receive, int(length))
                raise too_large(self._limit)
            incoming.unpacks(scope)
            await self._app(scope, incoming.receive, observed)
        except Refusal as refusal:
            if began:
                raise
            await problem_response(refusal)(scope, receive, observed)
        except ClientDisconnect:
            # Nobody is there to be answered, and nothing of ours failed.
            status = CLIENT_GONE
        except Exception as error:
            log.get().error("request_failed", path=scope["path"], exc_info=error)
            if began:
                raise
            await problem_response(InternalError())(scope, receive, observed)
        finally:
            self._observe(scope, status, time.perf_counter() - started, incoming.received)
            structlog.contextvars.unbind_contextvars("request_id")

    @staticmethod
    def _observe(scope: Scope, status: int, seconds: float, received: int) -> None:
        if scope["path"] in _QUIET:
            return
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"]
        metrics.counter("http_requests_total").labels(method, route, str(status)).inc()
        metrics.histogram("http_request_seconds").labels(method, route).observe(seconds)
        log.get().info(
            "request",
            method=method,
            route=route,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
            bytes=received,
        )


async def _drain(receive: Receive, announced: int) -> None:
    most = min(announced, 64 * 1_048_576)
    seen = 0
    try:
        async with asyncio.timeout(10):
            while seen < most:
                message = await receive()
                if message["type"] != "http.request":
                    return
                seen += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
