"""Every hand-made sample is what it claims to be, and every consumer named in topics.toml takes it."""

from __future__ import annotations

import importlib
import importlib.util
import json
from datetime import UTC, datetime
from types import ModuleType
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord

from backbone import cloudevents, compress, kafka
from contracts.events import EVENT_TYPES
from contracts.problems import PROBLEM_TEXTS
from customs.documents import KINDS, check
from tools.samples import BadSample, Sample, bad_samples, problems_of, samples, wrong

SAMPLES = samples()
EVENT_SAMPLES = [sample for sample in SAMPLES if sample.subject in EVENT_TYPES]
READERS = [(topic, reader) for topic in kafka.topics().values() for reader in topic.reads]


def _id(sample: Sample) -> str:
    return f"{sample.subject}/{sample.name}"


def test_every_type_and_kind_has_samples_and_all_are_right() -> None:
    assert list(wrong()) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=_id)
def test_sample_is_right(sample: Sample) -> None:
    assert problems_of(sample) == []


@pytest.mark.parametrize("bad", bad_samples(), ids=lambda bad: bad.name)
def test_bad_document_gets_exactly_its_problems(bad: BadSample) -> None:
    found = check(KINDS[bad.kind], bad.document, bad.profile).problems
    assert [{"pointer": problem.pointer, "code": problem.code} for problem in found] == bad.problems
    assert bad.problems
    assert all(problem.message and problem.hint and "{" not in problem.message for problem in found)
    assert {problem.code for problem in found} <= PROBLEM_TEXTS.keys()


def _record(sample: Sample, event_id: UUID, *, compressed: bool) -> ConsumerRecord[bytes, bytes]:
    event = EVENT_TYPES[sample.subject].model_validate_json(sample.text())
    body = event.model_dump_json(exclude_none=True).encode()
    headers = cloudevents.headers(
        event_id=event_id,
        source="sample",
        type=sample.subject,
        time=datetime(2026, 1, 15, 1, tzinfo=UTC),
        subject=event.key,
        tenant_id=event_id,
        traceparent=None,
        compressed=compressed,
    )
    return ConsumerRecord(
        topic="samples",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=event.key.encode(),
        value=compress.pack(body) if compressed else body,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=headers,
    )


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("sample", EVENT_SAMPLES, ids=_id)
def test_sample_survives_the_wire(sample: Sample, compressed: bool) -> None:
    event_id = UUID(int=1)
    received = cloudevents.decode(_record(sample, event_id, compressed=compressed))
    assert received.event == EVENT_TYPES[sample.subject].model_validate_json(sample.text())
    assert (received.id, received.type) == (event_id, sample.subject)


@pytest.mark.parametrize("sample", EVENT_SAMPLES, ids=_id)
def test_older_reader_ignores_what_a_newer_writer_adds(sample: Sample) -> None:
    facts = json.loads(sample.text())
    facts["weather"] = {"fine": True}
    event = EVENT_TYPES[sample.subject]
    assert event.model_validate_json(json.dumps(facts)) == event.model_validate_json(sample.text())


def _consumer(service: str) -> ModuleType:
    name = f"services.{service}.consumer"
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not built yet")
    return importlib.import_module(name)


@pytest.mark.parametrize(("topic", "reader"), READERS, ids=lambda value: getattr(value, "name", value))
def test_reader_named_in_topics_toml_takes_the_topic(topic: kafka.Topic, reader: str) -> None:
    """A reader subscribes to the topic and handles some of its types; the rest it reads over on purpose."""
    module = _consumer(reader)
    assert topic.name in module.TOPICS
    assert module.HANDLES & set(topic.emits), f"{reader} reads {topic.name} for nothing"


@pytest.mark.parametrize("reader", sorted({reader for _, reader in READERS}))
def test_consumer_reads_only_what_topics_toml_names(reader: str) -> None:
    module = _consumer(reader)
    named = {topic.name for topic, name in READERS if name == reader}
    assert set(module.TOPICS) == named
    known = {name for topic, service in READERS if service == reader for name in topic.emits}
    assert known >= module.HANDLES
