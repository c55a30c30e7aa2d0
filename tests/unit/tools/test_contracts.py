"""Generating: parts of a page, merging of services, canonical text."""

from __future__ import annotations

from typing import Any

import pytest

from customs.documents import KINDS
from customs.documents.schema import components, document_body, document_schema
from tools import openapi
from tools.canonical import text_of
from tools.parts import with_parts


def _document(path: str, method: str = "get", **schemas: Any) -> dict[str, Any]:
    return {
        "info": {"title": "t"},
        "paths": {path: {method: {"operationId": path, "responses": {}}}},
        "components": {"schemas": schemas},
    }


def test_services_are_merged_with_their_names_as_tags() -> None:
    merged = openapi.merged(
        {"a": _document("/v1/x", Part={"type": "object"}), "b": _document("/v1/x", "post")}
    )
    assert {m: op["tags"] for m, op in merged["paths"]["/v1/x"].items()} == {"get": ["a"], "post": ["b"]}
    assert merged["components"]["schemas"] == {"Part": {"type": "object"}}


def test_two_services_with_one_route_clash() -> None:
    with pytest.raises(openapi.Clash, match="GET /v1/x"):
        openapi.merged({"a": _document("/v1/x"), "b": _document("/v1/x")})


def test_two_meanings_of_one_component_clash() -> None:
    with pytest.raises(openapi.Clash, match="component Part"):
        openapi.merged({"a": _document("/a", Part={}), "b": _document("/b", Part={"type": "string"})})


def test_parts_of_a_page_are_renewed_and_words_kept() -> None:
    page = "words\n<!-- generated: x -->\nold\n<!-- end -->\nmore words\n"
    once = with_parts(page, {"x": lambda: "new"})
    assert once == "words\n<!-- generated: x -->\n\nnew\n<!-- end -->\nmore words\n"
    assert with_parts(once, {"x": lambda: "new"}) == once


@pytest.mark.parametrize("page", ["no place", "<!-- generated: x -->\nno end\n"])
def test_page_without_a_place_for_a_part_is_an_error(page: str) -> None:
    with pytest.raises(LookupError, match="generated: x"):
        with_parts(page, {"x": lambda: "new"})


def test_text_is_the_same_whatever_the_order() -> None:
    assert text_of({"b": 1, "a": "单"}) == text_of({"a": "单", "b": 1}) == '{\n  "a": "单",\n  "b": 1\n}\n'


def test_every_field_of_a_kind_is_in_its_schema() -> None:
    for kind in KINDS.values():
        schema = document_schema(kind)
        parts = components([kind])
        assert document_body(kind)["$ref"].endswith(kind.model.__name__)
        for section, spec in kind.fields():
            for place in (schema["$defs"], parts):
                told = place[section.model.__name__]["properties"][spec.name]
                assert (told["title"], told["x-need"]) == (spec.label, spec.need)
