"""The base of every answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A body that a service answers. Who reads it ignores members it does not know: a newer service may tell more.

    A field without a default is always there, null where there is nothing to tell. The walk of all operations refuses
    members that stand in an answer and not in its class.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)


def of_kind(answer: type[Answer], document: type[BaseModel]) -> type[Answer]:
    """The answer with the schema of this kind of document in its place."""
    made: type[Answer] = answer[document]  # type: ignore[index]
    return made
