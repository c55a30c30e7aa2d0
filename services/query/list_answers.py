"""The classes of a kind's list: what every document has in a list, and the columns of this kind."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import AwareDatetime, Field, create_model

from contracts.answers.answer import Answer
from contracts.answers.answer import of_kind as paged
from contracts.answers.lists import DocumentListed, DocumentPage, MakeablePage, MakingListed, UsingListed
from contracts.answers.naming import named
from customs.documents import KINDS, FieldSpec
from customs.documents.schema import component_of
from services.query.kind_facts import gone_through, settles, told_fields
from services.query.used_by_column import users_of


@cache
def listed_of(kind: str) -> type[DocumentListed]:
    """A row of the kind's list."""
    return create_model(
        f"{component_of(KINDS[kind])}Listed",
        __base__=DocumentListed,
        __doc__=f"A row of the list of {KINDS[kind].label}.",
        **_columns(kind),
    )


@cache
def page_of(kind: str) -> type[Answer]:
    """A page of the kind's list."""
    return named(
        f"{component_of(KINDS[kind])}Page",
        paged(DocumentPage, listed_of(kind)),
        f"A page of {KINDS[kind].label}.",
    )


@cache
def makeable_of(source: str, target: str) -> type[Answer]:
    """A page of documents of which one of `target` can still be made."""
    name = f"{component_of(KINDS[target])}From{component_of(KINDS[source])}"
    used: dict[str, Any] = {
        name: (field.annotation, field) for name, field in MakingListed.model_fields.items()
    }
    row = create_model(
        f"{name}Listed",
        __base__=listed_of(source),
        __doc__=f"{KINDS[source].label} of which a {KINDS[target].label} can still be made.",
        **used,
    )
    return named(f"{name}Page", paged(MakeablePage, row), f"A page of {KINDS[source].label}.")


def _columns(kind: str) -> dict[str, Any]:
    fields = KINDS[kind].section("head").fields
    names = dict.fromkeys((*KINDS[kind].listed, *told_fields(kind)))
    found: dict[str, Any] = {name: _of_field(fields[name]) for name in names}
    if gone_through(kind):
        found["through_gate"] = (bool, Field(False, title="是否过卡"))
    if settles(kind):
        found["deducted_at"] = (AwareDatetime | str | None, Field(None, title="核扣时间"))
        found["settled"] = (bool, Field(False, title="已结关"))
    if users_of(kind):
        found["used_by"] = (list[UsingListed], Field([], title="后续单证"))
        found["used_by_nos"] = (list[str], Field([], title="后续单证的预录入编号"))
    return {name: told for name, told in found.items() if name not in DocumentListed.model_fields}


def _of_field(spec: FieldSpec) -> tuple[Any, Any]:
    return (int | None if spec.type == "integer" else str | None), Field(None, title=spec.label)
