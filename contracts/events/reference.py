"""reference-events: facts of the master data that other services decide by."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Event


class AuthorisationChanged(Event):
    """The whole current record of one 委托; sent at every change, newest `version` wins. Both days are included."""

    type: ClassVar[str] = "authorisation.changed.v1"

    tenant_id: UUID
    authorisation_id: UUID
    version: int = Field(ge=1)
    client_id: UUID
    enterprise_id: UUID | None = Field(
        default=None, description="The broker's enterprise; absent: any of the tenant"
    )
    kinds: tuple[str, ...] | None = Field(
        default=None, description="Code names of document kinds; absent: all"
    )
    valid_from: date
    valid_until: date
    withdrawn_on: date | None = Field(default=None, description="From this day on it holds no more")
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.authorisation_id)
