"""What tells master data apart holds nothing that nobody sees. A text field of a body is a key unless it is named here."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import TypeGuard

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings

import services.reference
from backbone.parameters import Asked
from customs.master.reading import read_record
from customs.master.records import RECORD_TYPES, RecordType
from tests.support.body_texts import UNSEEN, WIDE, codes_for, texts_of

# Free text; and kinds of documents, of which only the known ones pass.
NO_KEYS = {("AuthorisationBody", "remark"), ("TemplateBody", "kind"), ("FillBody", "kind")}


def _bodies() -> Iterator[type[BaseModel]]:
    for found in pkgutil.iter_modules(services.reference.__path__, "services.reference."):
        if not found.name.endswith("__main__"):
            module = import_module(found.name)
            for each in vars(module).values():
                if _is_body(each) and each.__module__ == found.name:
                    yield each


def _is_body(each: object) -> TypeGuard[type[BaseModel]]:
    return (
        isinstance(each, type) and issubclass(each, BaseModel) and not issubclass(each, BaseSettings | Asked)
    )


TEXTS = list(texts_of(_bodies()))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param(model, name, id=f"{model.__name__}.{name}")
        for model, name in TEXTS
        if (model.__name__, name) not in NO_KEYS
    ],
)
def test_a_key_refuses_what_nobody_sees_and_what_is_of_full_width(model: type[BaseModel], name: str) -> None:
    assert codes_for(model, name, UNSEEN) == {"unseen_character"}
    assert codes_for(model, name, WIDE) == {"wide_character"}


@pytest.mark.parametrize(
    ("of", "name"), [(of, name) for of in RECORD_TYPES.values() for name in of.natural_key]
)
def test_a_key_of_a_record_refuses_what_nobody_sees(of: RecordType, name: str) -> None:
    _, found = read_record(of, {name: UNSEEN})
    assert "unseen_character" in {each.code for each in found if each.pointer == f"/{name}"}


def test_what_is_declared_no_key_is_there() -> None:
    assert {(model.__name__, name) for model, name in TEXTS} >= NO_KEYS
