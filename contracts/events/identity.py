"""identity-events: who the enterprises, their teams and client firms are, how messages travel, whose tokens count no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Event, Route

LONGEST_TOKEN = timedelta(hours=1)
"""No token of ours is valid for longer."""


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


class AccessRevoked(Event):
    """Tokens count no longer although they have not run out: of a session that is over, or of a tenant, a user or an API
    client whose tokens say an earlier generation than this. Of no use after `until`."""

    type: ClassVar[str] = "access.revoked.v1"

    tenant_id: UUID
    scope: Literal["tenant", "holder", "session"]
    id: UUID = Field(
        description="Of the tenant, of the user or API client (claim sub), or of the session (claim sid)"
    )
    generation: int = Field(
        default=1,
        ge=1,
        description="Tokens with less in claim tgen (tenant) or gen (holder) are dead; of no meaning for a session",
    )
    reason: Literal["suspended", "rights_changed", "password_changed", "logged_out"]
    until: AwareDatetime = Field(description="When the last token it speaks of has run out")
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.id)
