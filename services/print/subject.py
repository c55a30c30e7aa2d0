"""What a sheet is printed from: the document as it stood when it was asked for. The payload of a print job."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.documents.life import Purpose

SheetKind = Literal["document", "receipts"]
"""The document itself, or everything the authority answered about it."""

WORKING, APPROVED = "working", "approved"
"""Names of versions; any other name is the number of a sending."""


class OpenRound(BaseModel):
    """A 变更, 删除 / 作废 or 结案 under way: the working copy is not what customs agreed to."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    round_no: int
    purpose: Purpose
    state: str


class Answer(BaseModel):
    """One thing the authority said, as the timeline tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    occurred_at: AwareDatetime
    """Our clock."""
    authority_at: AwareDatetime | None = None
    attempt_no: int | None = None
    message_type: str | None = None
    message_id: str | None = None
    code: str | None = None
    text: str = ""
    reasons: list[str] = []


class Subject(BaseModel):
    """`document` in normal form, with what the authority has told by now in its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: dict[str, Any]
    version: str = WORKING
    open_round: OpenRound | None = None
    attachments: int = 0
    answers: list[Answer] = []
    """In the authority's order; only for the receipt sheet."""
    behind: bool = False
    """Whether there may be answers that were not known yet."""
