"""Names of delivered files, and what a file's place means."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from customs import singlewindow
from services.submission.domain import (
    MAX_TRIES,
    Delivery,
    NotDeliverable,
    Place,
    State,
    Step,
    next_step,
    stem_of,
)

_NOW = datetime(2026, 1, 15, tzinfo=UTC)
_GRACE = timedelta(seconds=60)
_ATTEMPT = UUID("019bc3a0-0000-7000-8000-000000000032")
_SENT = Delivery(
    attempt_id=_ATTEMPT,
    try_no=1,
    tenant_id=UUID(int=1),
    document_id=UUID(int=2),
    kind="inventory",
    enterprise_id=UUID(int=3),
    internal_no="../../etc/passwd",
    attempt_no=1,
    mailbox="example-broker-1",
    message_type="INV101",
    message_id="INV101X",
    stem=stem_of("INV101", _ATTEMPT, 1),
    sha256="0" * 64,
    message_sha256="0" * 64,
    state=State.DELIVERED,
    acknowledged_at=None,
    missing_since=None,
    traceparent=None,
)


def test_a_stem_carries_attempt_and_try_and_nothing_a_user_typed() -> None:
    assert stem_of("INV101", _ATTEMPT, 2) == "INV101_019BC3A0000070008000000000000032_2"
    assert _SENT.file_name == "INV101_019BC3A0000070008000000000000032_1.zip"
    stems = {stem_of("INV101", uuid4(), number) for number in range(1, MAX_TRIES + 1) for _ in range(100)}
    assert len(stems) == 100 * MAX_TRIES


@pytest.mark.parametrize(
    "message_type", ["", "../INV101", "INV101\x00", "inv101", "INV 101", "I" * 17, "报文"]
)
def test_a_message_type_that_is_no_name_makes_no_stem(message_type: str) -> None:
    with pytest.raises(NotDeliverable):
        stem_of(message_type, _ATTEMPT, 1)


@pytest.mark.parametrize("try_no", [0, MAX_TRIES + 1])
def test_there_are_three_tries(try_no: int) -> None:
    with pytest.raises(NotDeliverable):
        stem_of("INV101", _ATTEMPT, try_no)


def test_the_same_message_gives_the_same_file() -> None:
    xml = "<Signature>报文</Signature>".encode() * 1000
    first = singlewindow.pack(_SENT.stem, xml)
    assert hashlib.sha256(first).digest() == hashlib.sha256(singlewindow.pack(_SENT.stem, xml)).digest()
    assert singlewindow.unpack(first, _SENT.stem).xml == xml


_LATE = _NOW - timedelta(seconds=61)
_SOON = _NOW - timedelta(seconds=59)


@pytest.mark.parametrize(
    ("changes", "place", "step"),
    [
        ({}, Place.OUTBOX, Step.WAIT),
        ({"missing_since": _SOON}, Place.OUTBOX, Step.CLEAR_MISSING),
        ({}, Place.SENTBOX, Step.TAKEN),
        ({"acknowledged_at": _NOW}, Place.SENTBOX, Step.TAKEN),
        ({"state": State.UNKNOWN}, Place.SENTBOX, Step.TAKEN),
        ({}, Place.FAILBOX, Step.PUT_BACK),
        ({"try_no": 2}, Place.WITHDRAWN, Step.PUT_BACK),
        ({"try_no": 3}, Place.FAILBOX, Step.REFUSED),
        ({"state": State.UNKNOWN}, Place.FAILBOX, Step.REFUSED),
        ({"acknowledged_at": _NOW}, Place.FAILBOX, Step.CLOSE),
        ({"acknowledged_at": _NOW, "try_no": 3}, Place.FAILBOX, Step.CLOSE),
        ({}, None, Step.MARK_MISSING),
        ({"missing_since": _SOON}, None, Step.WAIT),
        ({"missing_since": _LATE}, None, Step.UNKNOWN),
        ({"missing_since": _LATE, "acknowledged_at": _NOW}, None, Step.CLOSE),
        ({"state": State.UNKNOWN, "missing_since": _LATE}, None, Step.WAIT),
    ],
)
def test_what_a_place_means(changes: dict[str, object], place: Place | None, step: Step) -> None:
    delivery = replace(_SENT, **changes)  # type: ignore[arg-type]
    assert next_step(delivery, place, now=_NOW, grace=_GRACE) is step
