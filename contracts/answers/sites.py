"""Agents at sites: what an administrator is told of them, and what an agent tells and is told."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.answers.identity import Stamped


class SiteCard(Answer):
    """A card in a reader at a site."""

    card_no: str = Field(max_length=64)
    reader: str = Field(max_length=256)
    holder: str | None = Field(None, max_length=256)
    firm_name: str | None = Field(None, max_length=256)
    serial: str = Field(max_length=128)
    valid_until: AwareDatetime
    held: bool = Field(False, description="The platform gives its orders to this agent and to no other")


class SiteReader(Answer):
    """A reader at a site and how it is."""

    reader: str = Field(max_length=256)
    state: str = Field(max_length=32)
    last_error: str | None = Field(None, max_length=256)


class SiteMailbox(Answer):
    """A mailbox that an agent serves: whether it works, and what waits in it."""

    mailbox: str = Field(max_length=64)
    ready: bool
    reason: str | None = Field(None, max_length=256, description="Why it does not work; null where it does")
    in_outbox: int = Field(ge=0, description="Files of ours that the import client has not taken")
    in_inbox: int = Field(ge=0, description="Receipts that the platform has not stored yet")
    oldest_at: AwareDatetime | None = Field(None, description="Since when the oldest of both waits")


class SiteSpool(Answer):
    """What the agent holds for OutBoxes, and how much it may hold."""

    files: int = Field(ge=0)
    bytes: int = Field(ge=0)
    most_files: int = Field(ge=0)
    most_bytes: int = Field(ge=0)
    full: bool = Field(description="It fetches no more until the import client takes some")


class SiteState(Answer):
    """How an agent is, as it last told."""

    agent_version: str = Field(max_length=32)
    platform: str = Field(max_length=128, description="Operating system")
    started_at: AwareDatetime
    readers: list[SiteReader] = Field(max_length=100)
    cards: list[SiteCard] = Field(max_length=100)
    mailboxes: list[SiteMailbox] = Field(max_length=200)
    spool: SiteSpool


class SiteAgent(Stamped):
    """An agent at a site."""

    name: str
    status: str = Field(description="invited, enrolled, revoked")
    enterprises: list[UUID] = Field(description="Whose mailboxes and cards it serves")
    code: str | None = Field(
        None, description="Enrols once; in the first answer only, a repeated Idempotency-Key does not show it"
    )
    code_until: AwareDatetime | None = Field(
        description="Until when the code enrols; null where none is open"
    )
    key_thumbprint: str | None = Field(description="Of its public key (RFC 7638); null before it enrolled")
    enrolled_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    seen_at: AwareDatetime | None = Field(description="When it last told how it is")
    silent: bool = Field(description="Enrolled, and not heard of for longer than agents keep silent")
    state: SiteState | None


class SiteEnrolment(Answer):
    """What an agent learns when it enrols."""

    agent_id: UUID
    name: str
    tenant_id: UUID
    tenant_name: str
    audience: str = Field(description="For whom its statements to the token endpoint are meant")
    key_thumbprint: str


class SiteStateKept(Answer):
    """The platform heard how the agent is."""

    next_seconds: int = Field(description="Tell again within so many seconds")


class SiteFile(Answer):
    """A file for an OutBox at a site."""

    mailbox: str
    file_name: str
    state: str = Field(description="offered, or held: the agent said that it has it")
    sha256: str
    bytes: int | None = Field(description="Null when the platform does not keep it any more")


class SiteWork(Answer):
    """What an agent shall bring into its OutBoxes."""

    served: list[str] = Field(
        description="Mailboxes that are this agent's to serve now; others are another's"
    )
    files: list[SiteFile]


class SiteFilePlaced(Answer):
    """The platform knows where the file is."""

    state: str = Field(description="offered, held, sent, failed, gone, lost")


class SiteReceiptKept(Answer):
    """The platform has stored a receipt; the agent may move it away."""

    repeated: bool = Field(description="The same bytes under the same name were stored before")


class SiteOrder(Answer):
    """Bytes that a card at a site shall sign."""

    order_id: UUID
    lease: int = Field(description="Goes back with the answer; an older number is not taken")
    card_no: str
    algorithm: str = Field(description="rsa-sha1, rsa-sha256, sm2-sm3")
    content: str = Field(description="The bytes in base64")
    urgent: bool


class SiteOrders(Answer):
    """What the cards at a site shall sign."""

    held: list[str] = Field(
        description="Cards that this agent holds now; others are not registered, or another's"
    )
    orders: list[SiteOrder]


class SiteOrderAnswered(Answer):
    """Whether the answer counts."""

    accepted: bool = Field(description="False: it came too late, or the order was another's")
