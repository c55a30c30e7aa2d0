"""Request bodies for OpenAPI: bodies are read raw, so that their errors come all at once and in Chinese."""

from __future__ import annotations

from typing import Any

from customs.master.records import RecordType


def record_schema(of: RecordType) -> dict[str, Any]:
    schema = of.model.model_json_schema()
    schema["required"] = [name for name, spec in of.fields.items() if spec.need == "save"]
    return schema
