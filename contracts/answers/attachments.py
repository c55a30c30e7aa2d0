"""What entry answers about attachments (随附单据)."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.events.event import Actor


class AttachmentAnswer(Answer):
    """A file on a document."""

    id: UUID
    type: str = Field(description="Code of 随附单据类型")
    type_label: str
    file_name: str
    media_type: str = Field(description="As it was found by content")
    size: int = Field(description="Bytes")
    sha256: str
    attached_by: Actor
    attached_at: AwareDatetime


class AttachmentLimits(Answer):
    """How much may be on a document."""

    bytes: int = Field(description="Of one file")
    files_of_document: int
    bytes_of_document: int


class Attachments(Answer):
    """What is on a document, the oldest first, and how much more may be."""

    items: list[AttachmentAnswer]
    bytes: int
    limits: AttachmentLimits
