"""AsyncAPI 3.0 document of everything on Kafka, from topics.toml and the event classes."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backbone import cloudevents, kafka
from contracts.events import EVENT_TYPES
from tools.tree import ROOT, project_version

_HEADER_TEXTS = {
    "ce_specversion": "CloudEvents version",
    "ce_id": "Unique with ce_source: the dedupe key",
    "ce_source": "The service that wrote the event, /bondgate/<service>",
    "ce_type": "Message type and version",
    "ce_time": "When the event was recorded, UTC",
    "ce_subject": "The partition key",
    "ce_tenant": "Tenant the event belongs to",
    "content-type": "Always application/json",
    "traceparent": "W3C trace context",
    "content-encoding": "zstd when the body is compressed",
}
_OPTIONAL_HEADERS = ("traceparent", "content-encoding")


def _written_headers() -> set[str]:
    """Names of all headers backbone can write."""
    everything = cloudevents.headers(
        event_id=UUID(int=0),
        source="",
        type="",
        time=datetime.fromtimestamp(0, UTC),
        subject="",
        tenant_id=UUID(int=0),
        traceparent="-",
        compressed=True,
    )
    return {name for name, _ in everything}


def _headers_schema() -> dict[str, Any]:
    if differing := _written_headers() ^ set(_HEADER_TEXTS):
        raise LookupError(f"described here or written by backbone, but not both: {sorted(differing)}")
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in _HEADER_TEXTS.items()},
        "required": [name for name in _HEADER_TEXTS if name not in _OPTIONAL_HEADERS],
    }


def _message(name: str) -> dict[str, Any]:
    event = EVENT_TYPES[name]
    return {
        "name": name,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./schemas/events/{name}.schema.json"},
        },
        "correlationId": {"location": "$message.header#/traceparent"},
    }


def _channel(topic: kafka.Topic, key: str) -> dict[str, Any]:
    retention_ms = -1 if topic.retention_days < 0 else topic.retention_days * 86_400_000
    return {
        "address": topic.name,
        "description": f"Written by {topic.owner} alone; dead letters on {topic.name}{kafka.DEAD_LETTER_SUFFIX}.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.emits},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "retention.ms": retention_ms,
                    "max.message.bytes": kafka.limits().max_message_bytes,
                },
                "bindingVersion": "0.5.0",
            }
        },
        "x-key": key,
    }


def _group(service: str) -> dict[str, Any]:
    """A service is one group."""
    return {"type": "string", "const": service}


def _operation(topic: kafka.Topic, action: str, service: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "summary": f"{service} {'writes' if action == 'send' else 'reads'} {topic.name}",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in topic.emits],
        "tags": [{"name": service}],
    }
    if action == "receive":
        operation["bindings"] = {"kafka": {"groupId": _group(service), "bindingVersion": "0.5.0"}}
    return operation


def document() -> dict[str, Any]:
    """The AsyncAPI document; payload schemas are referred to as files beside it."""
    declared = tomllib.loads((ROOT / "contracts/topics.toml").read_text(encoding="utf-8"))["topics"]
    topics = kafka.topics()
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in topics.values():
        key = declared[topic.name]["key"]
        operations[f"{topic.owner}.send.{topic.name}"] = _operation(topic, "send", topic.owner)
        for reader in topic.reads:
            operations[f"{reader}.receive.{topic.name}"] = _operation(topic, "receive", reader)
        for name in topic.emits:
            messages[name] = _message(name) | {
                "bindings": {
                    "kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}
                }
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bondgate events",
            "version": project_version(),
            "description": "CloudEvents 1.0 in Kafka's binary mode: attributes in ce_ headers, JSON bodies, bodies above "
            f"{kafka.limits().compress_above_bytes} bytes zstd-compressed. Each topic has one writer.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "protocolVersion": "4.0",
                "description": "Any broker of the cluster",
                "variables": {"bootstrap": {"default": "localhost:9092", "description": "host:port"}},
            }
        },
        "channels": {topic.name: _channel(topic, declared[topic.name]["key"]) for topic in topics.values()},
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEventHeaders": _headers_schema()}},
    }
