"""The JSON Schema of a document, and the OpenAPI pieces by which a service names it as a body.

Services read document bodies raw and hand them to `check`, so nothing in their signatures says what the body is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import models_json_schema

from customs.documents.kinds import Kind

COMPONENTS = "#/components/schemas/"


def component_of(kind: Kind) -> str:
    """Name of the kind's schema among the components of an OpenAPI document."""
    return kind.model.__name__


def document_schema(kind: Kind) -> dict[str, Any]:
    """Self-contained JSON Schema (2020-12) of a whole document in normal form."""
    schema = kind.model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["x-kind"] = kind.name
    schema["x-catalogue-version"] = kind.catalogue_version
    return schema


def components(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Schemas of the kinds and of their parts by component name, referring to each other among the components."""
    models = [(kind.model, "validation") for kind in kinds]
    _, schemas = models_json_schema(models, ref_template=COMPONENTS + "{model}")  # type: ignore[arg-type]
    found: dict[str, Any] = schemas["$defs"]
    return found


def document_body(kind: Kind) -> dict[str, Any]:
    """The schema of a body that is a document of this kind, by its component."""
    return {"$ref": COMPONENTS + component_of(kind)}


def operation_id(verb: str, kind: Kind, rest: str = "") -> str:
    """How an operation on documents of a kind is called in a generated client: declareInventory, listInventoryVersions."""
    return f"{verb}{component_of(kind)}{rest}"


def many_id(verb: str, kind: Kind, rest: str = "") -> str:
    """The same of an operation on many: listInventories, exportGatePasses."""
    return f"{verb}{''.join(part.capitalize() for part in kind.url.split('-'))}{rest}"
