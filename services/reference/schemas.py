"""Request bodies for OpenAPI: bodies are read raw, so that their errors come all at once and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.master.records import RecordType
from services.reference.sent_tables import CSV, XLSX
from services.reference.templates import TemplateBody


def body(schema: Mapping[str, Any], *media_types: str) -> dict[str, Any]:
    """`openapi_extra` of a route whose body has this schema; JSON unless another type is named."""
    content = {each: {"schema": dict(schema)} for each in media_types or ("application/json",)}
    return {"requestBody": {"required": True, "content": content}}


def record_schema(of: RecordType) -> dict[str, Any]:
    schema = of.model.model_json_schema()
    schema["required"] = [name for name, spec in of.fields.items() if spec.need == "save"]
    return schema


def record_body(of: RecordType) -> dict[str, Any]:
    return body(record_schema(of))


def template_body() -> dict[str, Any]:
    return body(TemplateBody.model_json_schema())


def import_body(of: RecordType) -> dict[str, Any]:
    """A list of records as JSON, or a table as .xlsx or CSV."""
    listed = {"type": "array", "items": record_schema(of)}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": listed},
                XLSX: {"schema": {"type": "string", "format": "binary"}},
                CSV: {
                    "schema": {
                        "type": "string",
                        "description": "Headings are the names or the Chinese labels",
                    }
                },
            },
        }
    }
