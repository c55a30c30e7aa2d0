"""What entry answers about drafts that use codes of an edition of a code table."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from contracts.answers.answer import Answer


class TouchedPlace(Answer):
    """A field that uses one of the codes."""

    pointer: str
    code: str


class TouchedDraft(Answer):
    """A draft that uses one of the codes."""

    id: UUID
    kind: str
    kind_label: str
    internal_no: str
    state: str
    state_label: str
    places: list[TouchedPlace]
    more_places: int


class DraftsOfTenant(Answer):
    """How many drafts of a tenant use one of the codes."""

    tenant_id: UUID
    drafts: int


class TouchedDrafts(Answer):
    """Drafts that use these codes; for the platform's operator numbers alone."""

    table: str
    edition: str
    codes: int
    drafts: int
    looked_at: int
    complete: bool = Field(description="False: there are more drafts than were looked at")
    items: list[TouchedDraft] | None = Field(default=None, description="Not for the platform's operator")
    tenants: list[DraftsOfTenant] | None = Field(default=None, description="For the platform's operator")
