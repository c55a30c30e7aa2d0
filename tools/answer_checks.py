"""Whether every answer has a sample, and every sample is valid by OpenAPI, closed to members that no schema has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.answer_samples import answer_samples, components_of, file_of
from tools.json_validator import judge
from tools.openapi import operations
from tools.tree import ROOT

DOCUMENT = ROOT / "contracts/http/bondgate.openapi.json"


def closed(text: str) -> dict[str, Any]:
    """The document with `$defs` in place of components, and objects closed: readers may ignore members, tests may not."""
    document: dict[str, Any] = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    for schema in document["components"]["schemas"].values():
        _close(schema)
    return document


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            schema.setdefault("additionalProperties", False)
        for child in schema.values():
            _close(child)
    elif isinstance(schema, list):
        for child in schema:
            _close(child)


def wrong() -> Iterator[str]:
    """Every answer without a sample, every sample that is not valid or of no answer."""
    yield from faults(closed(DOCUMENT.read_text(encoding="utf-8")), answer_samples())


def faults(document: Mapping[str, Any], samples: Mapping[str, Any]) -> Iterator[str]:
    """The same of a document and its samples."""
    schemas = document["components"]["schemas"]
    answers = {
        name
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for name in components_of(response)
    }
    for name in sorted(answers - samples.keys()):
        yield f"{file_of(name)}: there is no sample of the answer {name}"
    used = {file_of(name) for name in answers}
    yield from (f"{each}: no operation answers it" for each in sorted({*map(file_of, samples)} - used))
    for name in sorted(samples.keys() & answers):
        for found in judge({**schemas[name], "$defs": schemas})(samples[name]):
            yield f"{file_of(name)}: {found}"
