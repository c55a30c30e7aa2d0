"""Request bodies for OpenAPI: bodies are read raw, so that their errors come all at once and in Chinese."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from backbone.bodies import inlined


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is this model; parts are written out in place."""
    return _body("application/json", inlined(model))


def form_body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return _body("application/x-www-form-urlencoded", schema)


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
