"""identity-events: who the enterprises are and how their messages travel."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Event, Route


class EnterpriseRegistered(Event):
    """The whole current record of an enterprise (legal entity with 三码); sent at every change, newest `version` wins."""

    type: ClassVar[str] = "enterprise.registered.v1"

    tenant_id: UUID
    enterprise_id: UUID
    version: int = Field(ge=1)
    name: str
    customs_code: str = Field(description="海关编码, 10 characters")
    uscc: str = Field(description="统一社会信用代码, 18 characters")
    status: Literal["active", "suspended"] = "active"
    route: Route
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.enterprise_id)
