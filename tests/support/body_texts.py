"""The text fields of small request bodies, and what a body says to a text in one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel

from backbone import bodies
from backbone.refusals import InvalidRequest

UNSEEN, WIDE = "N\u200bO", "ＮO"


def texts_of(models: Iterable[type[BaseModel]]) -> Iterator[tuple[type[BaseModel], str]]:
    """Every field that takes a text."""
    for model in models:
        for name, field in model.model_fields.items():
            if _takes_text(field.annotation):
                yield model, name


def _takes_text(annotation: object) -> bool:
    if annotation is str:
        return True
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _takes_text(parts[0])
    return type(None) in parts and any(_takes_text(part) for part in parts)


def codes_for(model: type[BaseModel], name: str, text: str) -> set[str]:
    """Codes of the problems at the field."""
    try:
        bodies.parse(model, json.dumps({name: text}).encode())
    except InvalidRequest as refused:
        return {each.code for each in refused.problems if each.pointer == f"/{name}"}
    return set()
