"""What identity answers: the directory of a tenant, tenants, tokens, and who the caller is."""

from __future__ import annotations

from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from contracts.answers.answer import Answer
from contracts.events.event import Route

E = TypeVar("E")


class Stamped(Answer):
    """What every entry of the directory has."""

    id: UUID
    version: int = Field(description="Also the ETag; send it back in If-Match")
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Enterprise(Stamped):
    """A legal entity of the tenant, and how its messages travel."""

    name: str
    customs_code: str
    uscc: str
    status: str
    route: Route | None = Field(description="Only for who has tenant.manage")


class Team(Stamped):
    """A team (班组)."""

    name: str
    status: str


class ClientFirm(Stamped):
    """A client firm (客户)."""

    name: str
    customs_code: str | None
    uscc: str | None
    status: str


class Role(Stamped):
    """Permissions under a name."""

    name: str
    permissions: list[str]


class Assignment(Answer):
    """A role within a scope; null does not limit."""

    role_id: UUID
    enterprises: list[UUID] | None
    teams: list[UUID] | None
    clients: list[UUID] | None


class User(Stamped):
    """A person who logs in."""

    login: str
    name: str
    status: str
    assignments: list[Assignment]


class ApiClient(Stamped):
    """A program that asks for tokens."""

    client_id: str
    name: str
    status: str
    previous_secret_until: AwareDatetime | None = Field(
        description="Until when the secret before is still accepted"
    )
    assignments: list[Assignment]
    secret: str | None = Field(
        None,
        description="In the first answer to its creation only; a repeated Idempotency-Key does not show it",
    )


class Tenant(Stamped):
    """A firm that uses the platform."""

    slug: str
    name: str
    status: str


class DirectoryPage(Answer, Generic[E]):
    """A page, newest first."""

    items: list[E]
    next_cursor: str | None


class Token(Answer):
    """A token for a person."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds")
    name: str
    tenant_id: UUID


class ClientToken(Answer):
    """A token for a program (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class GrantRefused(Answer):
    """Why a program gets no token (RFC 6749 §5.2); for developers, in ASCII."""

    error: str
    error_description: str


class KeyRotation(Answer):
    """A new signing key."""

    key_id: str
    signs_from: AwareDatetime


class KeySet(Answer):
    """Public keys of the tokens (RFC 7517)."""

    keys: list[dict[str, Any]]


class Discovery(Answer):
    """OpenID Connect discovery, as far as there is something to discover."""

    issuer: str
    jwks_uri: str
    token_endpoint: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    scopes_supported: list[str]
    response_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]


class NamedScope(Answer):
    """Something a grant is limited to."""

    id: UUID
    name: str | None


class HeldPermission(Answer):
    """A permission and what a clerk calls it."""

    code: str
    label: str


class HeldGrant(Answer):
    """What may be done within the scope; null does not limit."""

    permissions: list[HeldPermission]
    enterprises: list[NamedScope] | None
    teams: list[NamedScope] | None
    clients: list[NamedScope] | None


class TenantOfMine(Answer):
    """The tenant of the token."""

    id: UUID
    slug: str | None
    name: str | None


class Me(Answer):
    """Who the token says the caller is, and what the caller may do where."""

    id: str
    name: str
    tenant: TenantOfMine
    grants: list[HeldGrant]


class EnterpriseOfMine(Answer):
    """An enterprise that the caller may see."""

    id: UUID
    name: str
    customs_code: str
    status: str
    sys_id: str = Field(description="子系统代码: Z7 海关特殊监管区域, Z8 保税物流管理 …")


class Session(Me):
    """The session of a browser."""

    session_id: UUID
    login: str
    permissions: list[HeldPermission] = Field(description="Held in some scope; `grants` says in which")
    enterprises: list[EnterpriseOfMine] = Field(
        description="Those the caller may see, by name; at most 1,000"
    )
    created_at: AwareDatetime
    idle_until: AwareDatetime = Field(description="Ends then unless a person's request comes before")
    ends_at: AwareDatetime = Field(description="Ends then in any case")


class CardChallenge(Answer):
    """What a person's card signs to log in."""

    challenge: str
    ends_at: AwareDatetime


class LoginRule(Answer):
    """How persons of a tenant log in."""

    login_by: str = Field(description="password, card, either, both")


class UserCard(Answer):
    """The card by which a person logs in."""

    user_id: UUID
    certificate_serial: str = Field(description="Hexadecimal")
    holder: str | None
    valid_until: AwareDatetime
    bound_by: str
    bound_at: AwareDatetime


class OwnSession(Answer):
    """A session of one's own."""

    id: UUID
    current: bool
    created_at: AwareDatetime
    used_at: AwareDatetime = Field(description="To the minute")
    idle_until: AwareDatetime
    ends_at: AwareDatetime
    address: str
    browser: str = Field(description="User-Agent, cut")


class OwnSessions(Answer):
    """One's own sessions that still hold, newest first."""

    items: list[OwnSession]


class Preferences(Answer):
    """All of one's own, by key."""

    model_config = ConfigDict(extra="allow")
