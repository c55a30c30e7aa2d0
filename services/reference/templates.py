"""Templates: partial documents of a kind that are kept under a name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies
from backbone.refusals import InvalidRequest
from contracts.problems import Problem, problem
from customs.documents import KINDS, Profile, check

# What is wrong with one value; that something is missing, or does not go with something else, is no fault of a template.
_OF_VALUES = {
    "unknown_field", "wrong_type", "decimal_as_string", "not_a_decimal", "invalid_character", "unseen_character",
    "wide_character", "too_long", "wrong_length",
    "not_digits", "not_a_word", "wrong_checksum", "unknown_code", "too_many_digits", "too_many_decimals", "not_positive",
    "negative", "invalid_date", "system_field", "too_many_rows", "too_many_problems",
}  # fmt: skip


class TemplateBody(BaseModel):
    """`document` is a document of the kind with anything left out."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: bodies.Key = Field(title="模板名称", min_length=1, max_length=100)
    kind: str = Field(title="单证种类", max_length=40)
    document: dict[str, Any] = Field(title="单证内容")


def read_template(raw: bytes) -> dict[str, Any]:
    """The template in normal form. Raises InvalidRequest with everything that is wrong."""
    body = bodies.parse(TemplateBody, raw)
    kind = KINDS.get(body.kind)
    if kind is None:
        expected = "、".join(KINDS)
        raise InvalidRequest(
            problems=[problem("not_one_of", "/kind", field="「单证种类」", expected=expected)]
        )
    checked = check(kind, body.document, Profile.SAVE)
    found = [_within(each) for each in checked.problems if each.code in _OF_VALUES]
    if not body.name:
        found.insert(0, problem("required", "/name", field="「模板名称」", purpose="保存"))
    if found:
        raise InvalidRequest(problems=found)
    filled = {section: part for section, part in checked.document.items() if part}
    return {"name": body.name, "kind": kind.name, "document": filled}


def _within(found: Problem) -> Problem:
    return found.model_copy(update={"pointer": f"/document{found.pointer}"})
