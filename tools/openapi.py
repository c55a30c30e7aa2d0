"""The OpenAPI 3.1 document of all services, as the edge shows them.

A service whose `api.py` has `schema_app() -> FastAPI` takes part; the application is built without database or Kafka.
Answers are classes of `contracts.answers`, declared by `backbone.operations`. Document bodies are named by
`customs.documents.schema.document_body` and their schemas are put in here; so are refusals and examples.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from backbone.auth import principal
from backbone.operations import REFUSALS
from contracts.problems import ProblemDetails
from customs.documents import KINDS
from customs.documents.schema import COMPONENTS, components
from tools.answer_samples import answer_classes, answer_samples, component_of_kind, components_of
from tools.refusals import refusals
from tools.tree import ROOT, project_version

_REFUSED = "Refused"
_BEARER = "bearer"
_PAGE = "page"
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
    """Schemas of a refusal and of its parts by component name."""
    schema = ProblemDetails.model_json_schema(ref_template=COMPONENTS + "{model}")
    return {**schema.pop("$defs"), ProblemDetails.__name__: schema}


def _references(document: dict[str, Any]) -> set[str]:
    targets = {place["$ref"] for place in _places_of_references(document)}
    return {each.removeprefix(COMPONENTS) for each in targets if each.startswith(COMPONENTS)}


def _name_of_kinds(document: dict[str, Any]) -> None:
    """Give the answers about one kind their names, where pydantic writes DocumentRead_Inventory_."""
    schemas = document["components"]["schemas"]
    names = {
        f"{answer}_{kind.model.__name__}_": component_of_kind(answer, kind.model.__name__)
        for answer in answer_classes()
        for kind in KINDS.values()
    }
    for name in names.keys() & schemas.keys():
        schemas[names[name]] = {**schemas.pop(name), "title": names[name]}
    for place in _places_of_references(document):
        target = place["$ref"].removeprefix(COMPONENTS)
        place["$ref"] = COMPONENTS + names[target] if target in names else place["$ref"]


def _places_of_references(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        for child in value.values():
            yield from _places_of_references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _places_of_references(child)


def _complete(document: dict[str, Any]) -> None:
    """Put in what the document refers to and does not have. Raises LookupError for what nobody has."""
    available = components(KINDS.values())
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    while missing := _references(document) - schemas.keys():
        for name in missing:
            if name not in available:
                raise LookupError(f"{document['info']['title']}: nothing declares the schema {name}")
            schemas[name] = available[name]


def _describe_problems(document: dict[str, Any]) -> None:
    components: dict[str, Any] = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    # FastAPI's own form of a 422 is never answered: backbone.http renders all errors as problem details.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _problem_details()
    components["responses"] = {
        _REFUSED: {
            "description": "Refused",
            "content": {
                "application/problem+json": {"schema": {"$ref": COMPONENTS + ProblemDetails.__name__}}
            },
        }
    }
    for _, _, operation in operations(document):
        operation["responses"].pop("422", None)
        by_status: dict[int, list[str]] = {}
        for code in codes_refused(operation):
            by_status.setdefault(refusals()[code].status, []).append(code)
        operation["responses"] |= {
            str(status): {"$ref": f"#/components/responses/{_REFUSED}", "description": ", ".join(codes)}
            for status, codes in sorted(by_status.items())
        }
        operation["responses"]["default"] = {"$ref": f"#/components/responses/{_REFUSED}"}
        operation.pop(REFUSALS, None)


def codes_refused(operation: Mapping[str, Any]) -> list[str]:
    """What an operation refuses: what it names itself, and what follows from its shape."""
    named = {each["name"]: each["in"] for each in operation.get("parameters", ())}
    found = {*operation.get(REFUSALS, ()), "internal_error", "unavailable", "body_too_large"}
    if operation.get("security"):
        found |= {"unauthenticated", "forbidden"}
    if "path" in named.values():
        found.add("not_found")
    if named or "requestBody" in operation:
        found.add("invalid_request")
    if "requestBody" in operation:
        found.add("unsupported_media_type")
    if "Idempotency-Key" in named:
        found |= {"idempotency_key_missing", "idempotency_key_reused", "idempotency_key_in_flight"}
    if "If-Match" in named:
        found |= {"if_match_missing", "stale_version"}
    return sorted(found)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield method, path, operation


def _give_examples(document: dict[str, Any]) -> None:
    """The sample of a class beside every answer of the class."""
    given: dict[str, Any] = {}
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            for name in components_of(response):
                if (sample := answer_samples().get(name)) is not None:
                    given[name] = {"value": sample}
                    shown = response["content"]["application/json"].setdefault("examples", {})
                    shown[name] = {"$ref": f"#/components/examples/{name}"}
    if given:
        document["components"]["examples"] = given


def _title_in_english(document: dict[str, Any]) -> None:
    """Generated clients call classes by titles: what a clerk reads stands in descriptions, a component's title is its name."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        _describe_by_title(schema)
        if "properties" in schema:
            schema["title"] = name
    _describe_by_title(document["paths"])


def _describe_by_title(value: Any) -> None:
    if isinstance(value, list):
        for child in value:
            _describe_by_title(child)
    if not isinstance(value, dict):
        return
    title = value.get("title")
    if isinstance(title, str) and not title.isascii():
        del value["title"]
        told = value.get("description", "")
        value["description"] = told if told.startswith(title) else f"{title}: {told}" if told else title
    for child in value.values():
        _describe_by_title(child)


def _needs_caller(dependant: Dependant) -> bool:
    return dependant.call is principal or any(_needs_caller(inner) for inner in dependant.dependencies)


def _describe_callers(document: dict[str, Any], app: FastAPI) -> None:
    """A bearer token on every operation whose code asks for a caller."""
    document.setdefault("components", {})["securitySchemes"] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        _PAGE: {
            "type": "apiKey",
            "in": "cookie",
            "name": "bondgate",
            "description": "Set by POST /v1/session, over TLS as __Host-bondgate; changes need the header X-Bondgate-Page",
        },
    }
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not _needs_caller(route.dependant):
            continue
        for method in context.methods or ():
            operation = document["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                operation["security"] = [{_BEARER: []}, {_PAGE: []}]


def service_document(service: str) -> dict[str, Any] | None:
    """The document of one service; None while it has no HTTP interface to describe."""
    app = _application(service)
    if app is None:
        return None
    document: dict[str, Any] = app.openapi()
    document["info"]["version"] = project_version()
    _describe_callers(document, app)
    _describe_problems(document)
    _name_of_kinds(document)
    _complete(document)
    _title_in_english(document)
    _give_examples(document)
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


def document() -> dict[str, Any]:
    """All services the edge has a route to."""
    return merged({name: made for name in behind_the_edge() if (made := service_document(name)) is not None})


def behind_the_edge() -> list[str]:
    """Services the edge has a route to."""
    text = (ROOT / "deploy/edge/Caddyfile").read_text(encoding="utf-8")
    return sorted({name.lower() for name in re.findall(r"\{\$BONDGATE_([A-Z]+)_UPSTREAM", text)})
