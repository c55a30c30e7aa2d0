"""What an operation tells OpenAPI beside its path: its name, its answer, its body, its headers, what it may refuse.

The service reads bodies and headers itself, so that every error is told at once and in our words; what is declared here is
held by the walk that validates every answer (tests/support/witness.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypedDict

from fastapi import Response
from pydantic import BaseModel

from backbone import parameters
from backbone.bodies import inlined
from backbone.parameters import Parameter
from backbone.refusals import Refusal
from contracts.answers.answer import Answer

REFUSALS = "x-refusals"
"""Member of an operation with the codes of what it refuses beside what every operation does; tools/openapi.py reads it."""


class Media(str):
    """The type of a body that is a file."""


class Schema(dict[str, Any]):
    """The schema of a JSON body that no class describes, e.g. that of a document."""


class Operation(TypedDict):
    """Arguments of a FastAPI route: `@router.get(path, **operation(…))`."""

    operation_id: str
    status_code: int
    response_class: type[Response]
    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


class Either(tuple[type[Answer], ...]):
    """One of several answers under one status."""


Told = type[Answer] | Either | Media | None
"""A class of contracts.answers, one of several, a file, or nothing."""
Body = type[BaseModel] | Schema | Media | tuple[Schema | Media, ...]
"""A class, a schema, a file, or one of several."""


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


KEY = _header("Idempotency-Key", "A new key for a new operation, the same key for a retry")
SEEN = _header("If-Match", "The ETag of the version the caller saw")
SEEN_DOCUMENT = {**SEEN, "description": "The ETag of the document's version the caller saw"}
"""For a part of a document, which has no version of its own."""
WAIT_FOR: dict[str, Any] = {
    **_header("Wait-For", "<id>@<version> of a write of one's own that the answer must show"),
    "required": False,
}


def optional(header: Mapping[str, Any], description: str) -> dict[str, Any]:
    """The header where only some requests need it; `description` says which."""
    return {**header, "required": False, "description": description}


def operation(
    operation_id: str,
    told: Told,
    *,
    status: int = 200,
    also: Mapping[int, Told] | None = None,
    body: Body | None = None,
    query: Sequence[Parameter] = (),
    headers: Sequence[Mapping[str, Any]] = (),
    refuses: Sequence[type[Refusal]] = (),
) -> Operation:
    """`told` is answered with `status`, others with the statuses of `also`. `refuses`: beside what every operation of its
    shape refuses (`tools.openapi.common_refusals`)."""
    extra: dict[str, Any] = {REFUSALS: sorted({each.code for each in refuses})}
    if body is not None:
        extra["requestBody"] = {"required": _required(body), "content": _content(body)}
    if query or headers:
        extra["parameters"] = [*parameters.described(query), *map(dict, headers)]
    return {
        "operation_id": operation_id,
        "status_code": status,
        "response_class": Response,
        "responses": {code: _response(each) for code, each in {status: told, **(also or {})}.items()},
        "openapi_extra": extra,
    }


def _response(told: Told) -> dict[str, Any]:
    if told is None:
        return {"description": "Done"}
    if isinstance(told, Media):
        return {"description": "The file", "content": _content(told)}
    if isinstance(told, Either):
        return {"description": " Or: ".join(map(_said, told)), "model": reduce(or_, told)}
    return {"description": _said(told), "model": told}


def _said(told: type[Answer]) -> str:
    return (told.__doc__ or "").strip().partition("\n")[0]


def _required(body: Body) -> bool:
    """An empty body counts as an empty object, which is enough where no field is required."""
    return not isinstance(body, type) or any(field.is_required() for field in body.model_fields.values())


def _content(body: Body) -> dict[str, Any]:
    if isinstance(body, tuple):
        return {media: spec for each in body for media, spec in _content(each).items()}
    if isinstance(body, Media):
        return {str(body): {"schema": {"type": "string", "format": "binary"}}}
    if isinstance(body, Schema):
        return {"application/json": {"schema": dict(body)}}
    return {"application/json": {"schema": inlined(body)}}
