"""The closing table of the demo: what stands in Kafka, in the databases and in the boxes, read from each itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.table import Table

from backbone import postgres
from backbone.kafka import topics
from local.platform import Platform

# The rows a service exists for; its events, inbox and jobs stand beside them.
_TABLES = {
    "identity": ("enterprises", "users"),
    "entry": ("documents", "attempts", "facts"),
    "signer": ("messages", "evidence"),
    "submission": ("deliveries",),
    "receipts": ("raw_files", "answers"),
    "query": ("documents", "timeline", "messages"),
    "print": ("print_jobs",),
}


@dataclass(frozen=True)
class Files:
    """SHA-256 of one document's upload: as we delivered it, and as the simulator says it arrived."""

    delivered_zip: str | None
    delivered_xml: str | None
    taken_zip: str | None
    taken_xml: str | None

    @property
    def agree(self) -> bool:
        return self.delivered_zip is not None and (self.delivered_zip, self.delivered_xml) == (
            self.taken_zip,
            self.taken_xml,
        )


async def offsets(bootstrap: str) -> dict[str, dict[int, int]]:
    """Events per topic and partition: the end offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(name, number)
            for name, topic in topics().items()
            for number in range(topic.partitions)
        ]
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    found: dict[str, dict[int, int]] = {name: {} for name in topics()}
    for partition, end in sorted(ends.items()):
        if end:
            found[partition.topic][partition.partition] = end
    return found


async def rows(platform: Platform) -> dict[str, dict[str, int]]:
    """Rows of the tables a service exists for."""
    found: dict[str, dict[str, int]] = {}
    for service, tables in _TABLES.items():
        connection = await postgres.connect(platform.dsn(service, "worker"), name="demo")
        try:
            found[service] = {
                table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - names above
                for table in tables
            }
        finally:
            await connection.close()
    return found


async def delivered(platform: Platform, document_id: str) -> tuple[str | None, str | None]:
    """SHA-256 of the ZIP and of the XML of the last delivery, out of submission's database."""
    connection = await postgres.connect(platform.dsn("submission", "worker"), name="demo")
    try:
        row = await connection.fetchrow(
            "SELECT sha256, message_sha256 FROM deliveries WHERE document_id = $1::uuid "
            "ORDER BY attempt_no DESC, try_no DESC LIMIT 1",
            document_id,
        )
    finally:
        await connection.close()
    return (row["sha256"], row["message_sha256"]) if row else (None, None)


def files(platform: Platform, document_id: str, internal_no: str) -> Files:
    ours = asyncio.run(delivered(platform, document_id))
    answer = httpx.get(f"{platform.url('simulator')}/taken/{internal_no}", timeout=10, trust_env=False)
    arrived = answer.json()["files"][-1] if answer.status_code == 200 else {}
    return Files(*ours, arrived.get("sha256"), arrived.get("xml_sha256"))


def table(platform: Platform, found: Files) -> Table:
    """Everything in one view."""
    shown = Table(title="Evidence", title_justify="left")
    shown.add_column("Of")
    shown.add_column("Where")
    shown.add_column("What", overflow="fold")
    for topic, partitions in asyncio.run(offsets(platform.bootstrap_servers)).items():
        listed = ", ".join(f"{number}:{end}" for number, end in partitions.items())
        shown.add_row("events", topic, f"{sum(partitions.values())}  (partition:offset {listed or '–'})")
    for service, tables in asyncio.run(rows(platform)).items():
        shown.add_row("rows", service, ", ".join(f"{name} {count}" for name, count in tables.items()))
    shown.add_row("SHA-256", "ZIP delivered", found.delivered_zip or "–")
    shown.add_row("", "ZIP taken by the simulator", found.taken_zip or "–")
    shown.add_row("", "XML delivered", found.delivered_xml or "–")
    shown.add_row("", "XML taken by the simulator", found.taken_xml or "–")
    shown.add_row("", "the same", "yes" if found.agree else "NO")
    return shown
