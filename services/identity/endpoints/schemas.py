"""Request bodies for OpenAPI: bodies are read raw, so that their errors come all at once and in Chinese."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is this model; parts are written out in place."""
    return _body("application/json", inlined(model))


def form_body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return _body("application/x-www-form-urlencoded", schema)


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema without `$defs`; no body refers to itself."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})
    found: dict[str, Any] = _resolved(schema, parts)
    return found


def _resolved(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target = parts[str(value["$ref"]).removeprefix("#/$defs/")]
        rest = {name: item for name, item in value.items() if name != "$ref"}
        return _resolved({**target, **rest}, parts)
    return {name: _resolved(item, parts) for name, item in value.items()}


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
