"""What submission decides: names of files, and what a file's place means for its delivery. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MAX_TRIES = 3
_MESSAGE_TYPE = re.compile(r"[A-Z0-9]{3,16}")


class Place(StrEnum):
    """Where a file stands. WITHDRAWN: we took it out of FailBox and have not recorded it yet."""

    OUTBOX = "OutBox"
    SENTBOX = "SentBox"
    FAILBOX = "FailBox"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """Of one delivery. intended: not released, for certain; staged: perhaps in OutBox; then what was seen of it."""

    INTENDED = "intended"
    STAGED = "staged"
    DELIVERED = "delivered"
    TAKEN = "taken"
    PUT_BACK = "put_back"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class Step(StrEnum):
    """What to do about a delivered file."""

    WAIT = "wait"
    MARK_MISSING = "mark_missing"
    CLEAR_MISSING = "clear_missing"
    TAKEN = "taken"
    PUT_BACK = "put_back"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CLOSE = "close"


class NotDeliverable(Exception):
    """The event does not describe a message that can be delivered; the text says why."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file of one attempt: a try."""

    attempt_id: UUID
    try_no: int
    tenant_id: UUID
    document_id: UUID
    kind: str
    enterprise_id: UUID
    internal_no: str
    attempt_no: int
    mailbox: str
    message_type: str
    message_id: str
    stem: str
    sha256: str
    message_sha256: str
    state: State
    acknowledged_at: datetime | None
    missing_since: datetime | None
    traceparent: str | None

    @property
    def file_name(self) -> str:
        return f"{self.stem}.zip"

    @property
    def key(self) -> str:
        return key_of(self.attempt_id, self.try_no)


def key_of(attempt_id: UUID, try_no: int) -> str:
    """Names the job that delivers this try."""
    return f"{attempt_id}/{try_no}"


def stem_of(message_type: str, attempt_id: UUID, try_no: int) -> str:
    """File name without extension, e.g. `INV101_019BC3A0…_1`; nothing a user typed is in it. Raises NotDeliverable.

    Derived from the attempt, so that a file already in a box is known again even without our own records. The form with
    the try number last is the one seen in production (`messages`, one sender).
    """
    if not _MESSAGE_TYPE.fullmatch(message_type):
        raise NotDeliverable("message type is no name")
    if not 1 <= try_no <= MAX_TRIES:
        raise NotDeliverable(f"try {try_no} of {MAX_TRIES}")
    return f"{message_type}_{attempt_id.hex.upper()}_{try_no}"


def missing_for(delivery: Delivery, now: datetime) -> timedelta:
    """How long the file has been in no box, by our looks."""
    return timedelta() if delivery.missing_since is None else now - delivery.missing_since


def next_step(delivery: Delivery, place: Place | None, *, now: datetime, grace: timedelta) -> Step:
    """What a look at the boxes means for a delivery that is `delivered`, or `unknown` and may still turn up.

    An acknowledged file was read by the authority: whatever box it is in, it must not be sent again.
    """
    if place is Place.SENTBOX:
        return Step.TAKEN
    if place is Place.OUTBOX:
        return Step.WAIT if delivery.missing_since is None else Step.CLEAR_MISSING
    if delivery.acknowledged_at is not None:
        return Step.CLOSE
    if place is not None:
        told_unknown = delivery.state is State.UNKNOWN
        return Step.REFUSED if told_unknown or delivery.try_no >= MAX_TRIES else Step.PUT_BACK
    if delivery.state is State.UNKNOWN:
        return Step.WAIT
    if delivery.missing_since is None:
        return Step.MARK_MISSING
    return Step.UNKNOWN if missing_for(delivery, now) >= grace else Step.WAIT
