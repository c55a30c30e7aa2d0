"""The comparison of HTTP interfaces catches what breaks a client, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tools.http_compatibility import http_breaks
from tools.tree import ROOT

Change = Callable[[dict[str, Any]], object]
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/things": {
            "get": {
                "operationId": "listThings",
                "parameters": [
                    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}},
                    {"name": "Wait-For", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Things"}}},
                    }
                },
            },
            "post": {
                "operationId": "createThing",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "name": {"type": "string", "maxLength": 10},
                                    "kind": {"type": "string", "enum": ["x", "y"]},
                                },
                                "required": ["name"],
                            }
                        }
                    },
                },
                "responses": {
                    "201": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "409": {"description": "taken"},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Things": {
                "type": "object",
                "title": "Things",
                "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}},
                "required": ["items"],
            },
            "Thing": {
                "type": "object",
                "title": "Thing",
                "properties": {
                    "id": {"type": "string"},
                    "state": {"type": "string", "enum": ["a", "b"]},
                    "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
                },
                "required": ["id", "state", "note"],
            },
        }
    },
}


def _get(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v1/things"]["get"]
    return found


def _body(document: dict[str, Any]) -> dict[str, Any]:
    content = document["paths"]["/v1/things"]["post"]["requestBody"]["content"]
    found: dict[str, Any] = content["application/json"]["schema"]
    return found


def _thing(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Thing"]
    return found


def _after(change: Change) -> list[str]:
    changed = deepcopy(DOCUMENT)
    change(changed)
    return http_breaks(DOCUMENT, changed)


def _both(*changes: Change) -> Change:
    return lambda document: [change(document) for change in changes]


_BREAKS: list[tuple[Change, str]] = [
    (lambda d: d["paths"].pop("/v1/things"), "GET /v1/things: removed"),
    (lambda d: d["paths"]["/v1/things"].pop("post"), "POST /v1/things: removed"),
    (lambda d: _get(d).update(operationId="allThings"), "GET /v1/things operationId: was listThings"),
    (lambda d: _get(d)["parameters"].pop(0), "GET /v1/things query state: removed"),
    (
        lambda d: _get(d)["parameters"][0]["schema"].update(enum=["a"]),
        "GET /v1/things query state /: enum was",
    ),
    (
        lambda d: _get(d)["parameters"].append(
            {"name": "new", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "GET /v1/things query new: new and required",
    ),
    (
        lambda d: _get(d)["parameters"][1].update(required=True),
        "GET /v1/things header wait-for: was optional and is required",
    ),
    (lambda d: _body(d)["required"].append("kind"), "POST /v1/things body /kind: was optional"),
    (lambda d: _body(d)["properties"].pop("kind"), "POST /v1/things body /kind: removed"),
    (lambda d: _body(d)["properties"]["name"].update(maxLength=5), "POST /v1/things body /name: maxLength"),
    (lambda d: _body(d)["properties"]["kind"].update(enum=["x"]), "POST /v1/things body /kind: enum was"),
    (
        lambda d: d["paths"]["/v1/things"]["post"]["responses"].pop("201"),
        "POST /v1/things 201: removed",
    ),
    (
        _both(
            lambda d: _thing(d)["properties"].pop("state"), lambda d: _thing(d)["required"].remove("state")
        ),
        "GET /v1/things 200 /items/*/state: removed",
    ),
    (lambda d: _thing(d)["required"].remove("state"), "GET /v1/things 200 /items/*/state: was required"),
    (
        lambda d: _thing(d)["properties"]["state"].update(enum=["a"]),
        "GET /v1/things 200 /items/*/state: enum was",
    ),
    (
        lambda d: _thing(d)["properties"]["id"].update(type="integer"),
        "GET /v1/things 200 /items/*/id: type was",
    ),
]
_FINE: list[Change] = [
    lambda d: d["paths"].update({"/v1/more": {}}),
    lambda d: _get(d)["parameters"].append({"name": "new", "in": "query", "schema": {"type": "string"}}),
    lambda d: _get(d)["parameters"][0]["schema"]["enum"].append("c"),
    lambda d: _get(d)["parameters"][1].update(name="wait-for"),
    lambda d: _body(d)["properties"].update(more={"type": "string"}),
    lambda d: _body(d)["properties"]["name"].update(maxLength=20),
    lambda d: d["paths"]["/v1/things"]["post"]["responses"].pop("409"),
    _both(
        lambda d: _thing(d)["properties"].update(more={"type": "string"}),
        lambda d: _thing(d)["required"].append("more"),
    ),
    lambda d: _thing(d)["properties"]["state"]["enum"].append("c"),
    lambda d: _thing(d)["properties"]["note"]["anyOf"][0].update(maxLength=50),
    lambda d: _thing(d)["properties"]["id"].update(description="other words"),
]


@pytest.mark.parametrize(("change", "says"), _BREAKS, ids=[says for _, says in _BREAKS])
def test_what_breaks_a_client_is_found(change: Change, says: str) -> None:
    assert any(text.startswith(says) for text in _after(change)), _after(change)


@pytest.mark.parametrize("change", _FINE)
def test_what_breaks_no_client_is_let_through(change: Change) -> None:
    assert _after(change) == []


def test_the_document_there_is_understands_itself() -> None:
    document = json.loads((ROOT / "contracts/http/bondgate.openapi.json").read_text(encoding="utf-8"))
    assert http_breaks(document, document) == []
