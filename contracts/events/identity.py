"""identity-events: who the enterprises, their teams and client firms are, and how messages travel."""

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


class TeamRegistered(Event):
    """The whole current record of a team (班组); sent at every change, newest `version` wins."""

    type: ClassVar[str] = "team.registered.v1"

    tenant_id: UUID
    team_id: UUID
    version: int = Field(ge=1)
    name: str
    status: Literal["active", "suspended"] = "active"
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.team_id)


class ClientRegistered(Event):
    """The whole current record of a client firm (客户); sent at every change, newest `version` wins."""

    type: ClassVar[str] = "client.registered.v1"

    tenant_id: UUID
    client_id: UUID
    version: int = Field(ge=1)
    name: str
    customs_code: str | None = Field(default=None, description="海关编码, 10 characters")
    uscc: str | None = Field(default=None, description="统一社会信用代码, 18 characters")
    status: Literal["active", "suspended"] = "active"
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.client_id)
