"""OpenAPI 3.1 documents: one a service from its routes, and one merged for who calls through the edge.

A service whose `api.py` has `schema_app() -> FastAPI` takes part; the application is built without database or Kafka.
Document bodies are named by `customs.documents.schema.document_body` and their schemas are put in here.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from backbone.auth import principal
from contracts.problems import Problem
from customs.documents import KINDS
from customs.documents.schema import COMPONENTS, components
from tools.refusals import refusals
from tools.tree import ROOT, project_version, services

MERGED = "bondgate"
_PROBLEM_DETAILS = "ProblemDetails"
_BEARER = "bearer"
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


class Clash(Exception):
    """Two services claim the same route, or mean different things by one component name."""


def _application(service: str) -> FastAPI | None:
    name = f"services.{service}.api"
    if importlib.util.find_spec(name) is None:
        return None
    make = getattr(importlib.import_module(name), "schema_app", None)
    if make is None:
        return None
    app = make()
    if not isinstance(app, FastAPI):
        raise TypeError(f"{name}.schema_app answers {type(app).__name__}, not FastAPI")
    return app


def _problem_details() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Problem details (RFC 9457)",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "description": "urn:bondgate:problem:<code>"},
            "title": {"type": "string", "description": "Chinese, the same for every case of the code"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "Chinese, about this case"},
            "code": {
                "type": "string",
                "description": "Stable; new codes may come",
                "examples": list(refusals()),
            },
            "hint": {"type": "string", "description": "Chinese sentence that says what to do"},
            "request_id": {"type": ["string", "null"]},
            "errors": {
                "type": "array",
                "items": Problem.model_json_schema(),
                "description": "Everything that is wrong, at once",
            },
        },
    }


def _references(value: object) -> set[str]:
    if isinstance(value, Mapping):
        found = {name for child in value.values() for name in _references(child)}
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(COMPONENTS):
            found.add(target.removeprefix(COMPONENTS))
        return found
    if isinstance(value, list):
        return {name for child in value for name in _references(child)}
    return set()


def _complete(document: dict[str, Any]) -> None:
    """Put in what the document refers to and does not have. Raises LookupError for what nobody has."""
    available = components(KINDS.values())
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    while missing := _references(document) - schemas.keys():
        for name in missing:
            if name not in available:
                raise LookupError(f"{document['info']['title']}: nothing declares the schema {name}")
            schemas[name] = available[name]


def _describe_refusals(document: dict[str, Any]) -> None:
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    # FastAPI's own form of a 422 is never answered: backbone.http renders all errors as problem details.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas[_PROBLEM_DETAILS] = _problem_details()
    answer = {
        "description": "Refused; application/problem+json",
        "content": {"application/problem+json": {"schema": {"$ref": COMPONENTS + _PROBLEM_DETAILS}}},
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = answer


def _needs_caller(dependant: Dependant) -> bool:
    return dependant.call is principal or any(_needs_caller(inner) for inner in dependant.dependencies)


def _describe_callers(document: dict[str, Any], app: FastAPI) -> None:
    """A bearer token on every operation whose code asks for a caller."""
    document.setdefault("components", {})["securitySchemes"] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not _needs_caller(route.dependant):
            continue
        for method in context.methods or ():
            operation = document["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                operation["security"] = [{_BEARER: []}]


def service_document(service: str) -> dict[str, Any] | None:
    """The document of one service; None while it has no HTTP interface to describe."""
    app = _application(service)
    if app is None:
        return None
    document: dict[str, Any] = app.openapi()
    document["info"]["version"] = project_version()
    _describe_callers(document, app)
    _describe_refusals(document)
    _complete(document)
    return document


def merged(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All services as the edge shows them. Raises Clash."""
    paths: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for service, document in documents.items():
        for path, item in document["paths"].items():
            known = paths.setdefault(path, {})
            for method, operation in item.items():
                if method in known:
                    raise Clash(f"{method.upper()} {path} is answered by two services, one of them {service}")
                known[method] = {**operation, "tags": [service]} if method in _METHODS else operation
        for group, members in document.get("components", {}).items():
            for name, member in members.items():
                if parts.setdefault(group, {}).setdefault(name, member) != member:
                    raise Clash(
                        f"{service} means something else by the component {name} than another service"
                    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bondgate", "version": project_version()},
        "servers": [{"url": "/", "description": "The edge"}],
        "paths": paths,
        "components": parts,
        "tags": [{"name": service} for service in documents],
    }


def documents() -> dict[str, dict[str, Any]]:
    """Every document by file stem, and merged what lies behind the edge."""
    found = {name: made for name in services() if (made := service_document(name)) is not None}
    outside = {name: document for name, document in found.items() if name in behind_the_edge()}
    return found | ({MERGED: merged(outside)} if outside else {})


def behind_the_edge() -> frozenset[str]:
    """Services the edge has a route to."""
    text = (ROOT / "deploy/edge/Caddyfile").read_text(encoding="utf-8")
    return frozenset(name.lower() for name in re.findall(r"\{\$BONDGATE_([A-Z]+)_UPSTREAM", text))
