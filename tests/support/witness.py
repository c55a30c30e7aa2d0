"""Watches answers: each is held against OpenAPI, closed to members that no class has; which operations answered is kept.

witness = Witness()
httpx.AsyncClient(…, event_hooks={"response": [witness.hear]})
... requests ...
assert witness.unheard("entry") == []
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from tools.answer_checks import DOCUMENT, closed
from tools.json_validator import judge
from tools.openapi import operations

PROBLEM = "application/problem+json"
_MOST_BYTES = 500_000
"""Longer bodies are not looked through: they differ from short ones in the number of their rows."""


class Unlike(AssertionError):
    """An answer is not what OpenAPI says."""


@dataclass(frozen=True)
class Described:
    """An operation of OpenAPI."""

    name: str
    service: str
    responses: dict[str, Any] = field(hash=False)


def document() -> dict[str, Any]:
    """The OpenAPI document as it is published."""
    told: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return told


@cache
def _document() -> dict[str, Any]:
    return closed(DOCUMENT.read_text(encoding="utf-8"))


@cache
def _described() -> list[tuple[str, re.Pattern[str], Described]]:
    """Method, pattern of the path and operation; paths with more letters of their own come first."""
    found = []
    for method, path, operation in operations(_document()):
        # A line's key may have a slash in it.
        pattern = re.escape(path).replace(r"\{line_key\}", "(.+)")
        pattern = re.sub(r"\\{[^}]+\\}", "([^/]+)", pattern)
        described = Described(operation["operationId"], operation["tags"][0], operation["responses"])
        own = len(re.sub(r"\{[^}]+\}", "", path))
        found.append((own, method.upper(), re.compile(pattern), described))
    found.sort(key=lambda each: -each[0])
    return [each[1:] for each in found]


def operation_of(method: str, path: str) -> Described | None:
    """The operation that answers this, None for what OpenAPI does not tell of."""
    wanted = "GET" if method == "HEAD" else method
    for known, pattern, described in _described():
        if known == wanted and pattern.fullmatch(path):
            return described
    return None


def faults(described: Described, status: int, headers: httpx.Headers, body: bytes) -> list[str]:
    """What is wrong with an answer; [] when it is as described."""
    response = described.responses.get(str(status))
    if response is None:
        return [f"status {status} is not described"]
    media = headers.get("content-type", "").split(";")[0]
    if "$ref" in response:
        codes = response["description"].split(", ")
        told = json.loads(body) if body else {}
        if media != PROBLEM:
            return [f"{status} is a refusal and came as {media}"]
        if body and told.get("code") not in codes:
            return [f"{status} {told.get('code')} is not described; known: {codes}"]
        return _unlike(body, {"$ref": "#/$defs/ProblemDetails"})
    content = response.get("content", {})
    if not content:
        return ["has a body and none is described"] if body else []
    if "application/json" not in content:
        return [] if media in content or "*/*" in content else [f"came as {media}, not {list(content)}"]
    if media != "application/json":
        return [f"came as {media}, not as JSON"]
    return _unlike(body, content["application/json"]["schema"])


def _unlike(body: bytes, schema: dict[str, Any]) -> list[str]:
    if not body or len(body) > _MOST_BYTES:
        return []
    return _judge(json.dumps(schema))(json.loads(body))


@cache
def _judge(schema: str) -> Callable[[object], list[str]]:
    return judge({**json.loads(schema), "$defs": _document()["components"]["schemas"]})


def _endless(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


class Witness:
    """What was heard. An answer that is unlike its description fails the request it belongs to."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    async def hear(self, response: httpx.Response) -> None:
        """For `event_hooks`. Raises Unlike."""
        described = operation_of(response.request.method, response.request.url.path)
        if described is not None:
            self.judge(described, response, b"" if _endless(response) else await response.aread())

    def hear_at_once(self, response: httpx.Response) -> None:
        """The same of a client that does not wait."""
        described = operation_of(response.request.method, response.request.url.path)
        if described is not None:
            self.judge(described, response, b"" if _endless(response) else response.read())

    def judge(self, described: Described, response: httpx.Response, body: bytes) -> None:
        """Raises Unlike."""
        if found := faults(described, response.status_code, response.headers, body):
            raise Unlike(f"{described.name} {response.status_code}: {'; '.join(found[:5])}")
        if response.status_code < 400:
            self.heard.add(described.name)

    def unheard(self, service: str) -> list[str]:
        """Operations of a service of which no answer but refusals was heard."""
        names = {each.name for _, _, each in _described() if each.service == service}
        return sorted(names - self.heard)
