"""What signer answers about cards. The PIN is in none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from contracts.answers.answer import Answer
from contracts.events.event import Actor


class CardConsent(Answer):
    """The firm's word that another of its cards may sign in place of this one."""

    id: UUID
    successor_id: UUID
    mailbox: str | None = Field(description="Base directory of the successor; null: of the first card")
    consented_by: str
    remark: str
    recorded_by: Actor
    recorded_at: datetime
    withdrawn_by: Actor | None
    withdrawn_at: datetime | None


class Card(Answer):
    """A card as it is registered, and what was last seen of it."""

    id: UUID
    version: int
    number: str
    holder: str
    firm_name: str
    firm_code: str
    firm_uscc: str
    certificate_pem: str | None
    certificate_serial: str | None = Field(description="Hexadecimal")
    valid_from: datetime | None
    valid_until: datetime | None
    days_left: int | None = Field(description="Until the certificate ends; below 0 when it has")
    warning: str | None = Field(description="60, 30, 7: days it will end within; expired; or null")
    enterprises: list[UUID]
    users: list[UUID]
    status: str = Field(description="active, suspended")
    state: str = Field(
        description="unseen, ready, out, starting, failing, quarantined, gone: what whatever holds it saw last"
    )
    reader: str | None = Field(description="Where it was seen last")
    latency_milliseconds: int | None = Field(description="Of the last signature there")
    last_error: str | None
    last_seen_at: datetime | None
    pin_set_at: datetime | None = Field(description="null: no PIN is kept here")
    pin_fault: str | None = Field(
        description="wrong_pin, pin_blocked: refused, and not tried before another is set"
    )
    pin_tries_left: int | None
    waiting: int = Field(description="Messages that wait for this card")
    waiting_since: datetime | None
    waiting_why: str | None
    consents: list[CardConsent]
    registered_by: str
    created_at: datetime
    updated_at: datetime


class Cards(Answer):
    """A page of cards, newest first."""

    items: list[Card]
    next_cursor: str | None
