"""Every answer has a sample that OpenAPI admits, and none is left over."""

from __future__ import annotations

from typing import Any

import pytest

from tools.answer_checks import faults

_THING = {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False}
_ANSWERED = {"content": {"application/json": {"schema": {"$ref": "#/$defs/Thing"}}}}
_DOCUMENT: dict[str, Any] = {
    "paths": {"/v1/things": {"get": {"responses": {"200": _ANSWERED}}}},
    "components": {"schemas": {"Thing": _THING}},
}


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ({"Thing": {"name": "示例"}}, []),
        ({}, ["Thing.json: there is no sample of the answer Thing"]),
        ({"Thing": {}, "Other": {}}, ["Other.json: no operation answers it"]),
    ],
)
def test_a_sample_for_every_answer(samples: dict[str, Any], told: list[str]) -> None:
    assert [each.rpartition("/")[2] for each in faults(_DOCUMENT, samples)] == told


def test_a_sample_says_nothing_that_openapi_does_not() -> None:
    (found,) = faults(_DOCUMENT, {"Thing": {"name": "示例", "colour": "red"}})
    assert "colour" in found
