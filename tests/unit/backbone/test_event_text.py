"""Events as text and back: large documents take a shorter way than the model's own, which must change nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest
from aiokafka import ConsumerRecord

from backbone import cloudevents, outbox
from contracts.events.entry import Actor, DocumentProgressed, DocumentSaved, Fact
from contracts.events.event import Event
from tests.support.documents import inventory

AT = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
TENANT = UUID("00000000-0000-7000-8000-0000000000aa")


def saved(**changes: object) -> DocumentSaved:
    given: dict[str, object] = {
        "tenant_id": TENANT,
        "document_id": uuid4(),
        "kind": "inventory",
        "enterprise_id": TENANT,
        "internal_no": '编号"\\\n1',
        "version": 1,
        "state": "draft",
        "catalogue_version": 1,
        "document": inventory("N1", 3),
        "saved_by": Actor(id="u", name="示例"),
        "created_at": AT,
        "occurred_at": AT,
        **changes,
    }
    return DocumentSaved.model_validate(given)


def progressed() -> DocumentProgressed:
    """Its `authority` is an empty object, its `notes` an empty list."""
    return DocumentProgressed(
        tenant_id=TENANT,
        document_id=uuid4(),
        kind="inventory",
        enterprise_id=TENANT,
        internal_no="N1",
        version=2,
        state="accepted",
        previous_state="sending",
        fact=Fact(fact_id="f", type="acknowledged", occurred_at=AT),
        occurred_at=AT,
    )


def record(event: Event, body: bytes) -> ConsumerRecord[bytes, bytes]:
    headers = cloudevents.headers(
        event_id=uuid4(),
        source="entry",
        type=type(event).type,
        time=AT,
        subject=event.key,
        tenant_id=TENANT,
        traceparent=None,
        compressed=False,
    )
    return ConsumerRecord(
        topic="entry-events",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=event.key.encode(),
        value=body,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=len(body),
        headers=headers,
    )


@pytest.mark.parametrize(
    "event", [saved(), saved(document={}), progressed()], ids=["whole", "empty", "progress"]
)
def test_the_text_is_the_model_s_own(event: Event) -> None:
    assert orjson.loads(outbox.text_of(event)) == orjson.loads(event.model_dump_json(exclude_none=True))


@pytest.mark.parametrize(
    "event", [saved(), saved(document={}), progressed()], ids=["whole", "empty", "progress"]
)
def test_what_was_told_is_what_is_heard(event: Event) -> None:
    assert cloudevents.decode(record(event, outbox.text_of(event))).event == event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"document": {}',
        orjson.dumps({**orjson.loads(outbox.text_of(saved())), "document": ["no object"]}),
        orjson.dumps({**orjson.loads(outbox.text_of(saved())), "document_id": "no uuid"}),
        orjson.dumps({**orjson.loads(outbox.text_of(saved())), "occurred_at": "2026-01-15T08:30:00"}),
    ],
)
def test_what_is_no_event_is_undecodable(body: bytes) -> None:
    with pytest.raises(cloudevents.Undecodable):
        cloudevents.decode(record(saved(), body))
