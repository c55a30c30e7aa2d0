"""The options of a field's builder are those of the field."""

from __future__ import annotations

from typing import get_type_hints

from customs.documents.fields import FieldSpec, Options


def test_options_have_the_names_and_types_of_the_field() -> None:
    of_field = get_type_hints(FieldSpec)
    given = get_type_hints(Options)
    assert given == {name: of_field[name] for name in given}
    asked_for = {"name", "label", "up", "type", "max_length", "need", "digits", "table"}
    assert given.keys() == of_field.keys() - asked_for
