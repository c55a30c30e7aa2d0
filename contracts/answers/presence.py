"""What a window that has a document open hears of the others."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer


class OpenWindow(Answer):
    """Another window, of somebody else or of the same user."""

    window_id: UUID
    user_id: str
    user_name: str
    doing: str = Field(description="reading, typing")
    since: AwareDatetime = Field(description="Since when it does that")


class Presence(Answer):
    """Who has the document open. Only `If-Match` decides whose save counts."""

    version: int = Field(ge=1, description="Of the document, now; another than the window's: somebody saved")
    doing: str = Field(description="What this window counts as: reading once somebody took over from it")
    taken_by: str | None = Field(description="Who took over from this window")
    others: list[OpenWindow]
    renew_seconds: int = Field(description="How often the window should say that it is still there")
