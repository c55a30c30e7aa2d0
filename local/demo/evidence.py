"""What stands in Kafka, in the databases and in the boxes after the demo, read from each itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.table import Table
from rich.text import Text

from backbone import postgres
from backbone.kafka import topics
from local.demo.broker_desk import Document
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
_SHOWN = 16


@dataclass(frozen=True)
class Hashes:
    """SHA-256 of a ZIP and of the XML in it, in hexadecimal; "" where there is none."""

    zip: str = ""
    xml: str = ""


@dataclass(frozen=True)
class Upload:
    """One file: as we delivered it, and as the simulator says it arrived."""

    document: Document
    attempt_no: int
    message_type: str
    delivered: Hashes
    taken: Hashes

    @property
    def agrees(self) -> bool:
        return bool(self.delivered.zip and self.delivered.xml) and self.delivered == self.taken


async def uploads(platform: Platform, documents: Iterable[Document]) -> list[Upload]:
    """Every file that was delivered for the documents, or that arrived under their numbers; by document and attempt."""
    found: list[Upload] = []
    connection = await postgres.connect(platform.dsn("submission", "worker"), name="demo")
    try:
        for document in documents:
            delivered = await connection.fetch(
                "SELECT stem, attempt_no, message_type, sha256, message_sha256 FROM deliveries "
                "WHERE document_id = $1::uuid ORDER BY attempt_no, try_no",
                document.document_id,
            )
            taken = await _taken(platform, document)
            for row in delivered:
                ours = Hashes(row["sha256"], row["message_sha256"])
                arrived = taken.pop(row["stem"], Hashes())
                found.append(Upload(document, row["attempt_no"], row["message_type"], ours, arrived))
            found += [Upload(document, 0, stem, Hashes(), arrived) for stem, arrived in taken.items()]
    finally:
        await connection.close()
    return found


async def _taken(platform: Platform, document: Document) -> dict[str, Hashes]:
    """What the simulator says arrived under the document's number, by stem."""
    async with httpx.AsyncClient(base_url=platform.url("simulator"), timeout=10, trust_env=False) as client:
        answer = await client.get(f"/taken/{document.internal_no}")
    files = answer.json()["files"] if answer.status_code == 200 else []
    return {file["stem"]: Hashes(file["sha256"] or "", file["xml_sha256"] or "") for file in files}


def all_agree(found: Sequence[Upload], documents: Iterable[Document]) -> bool:
    """Whether every document has an upload and every upload arrived as it left."""
    sent = {upload.document for upload in found}
    return sent >= set(documents) and all(upload.agrees for upload in found)


def upload_table(found: Iterable[Upload]) -> Table:
    """A row a file, with the beginnings of its hashes; where they differ, both."""
    shown = Table(box=None, pad_edge=False, title="Uploads", title_justify="left")
    for name in ("Upload", "SHA-256 of the ZIP", "of the XML in it", "Taken as delivered"):
        shown.add_column(name, overflow="fold")
    for upload in found:
        shown.add_row(
            f"{upload.message_type} #{upload.attempt_no} {upload.document.internal_no.rpartition('-')[2].lower()}",
            _both(upload.delivered.zip, upload.taken.zip),
            _both(upload.delivered.xml, upload.taken.xml),
            Text("yes", style="green") if upload.agrees else Text("NO", style="red"),
        )
    return shown


def _both(ours: str, arrived: str) -> str:
    begin, other = (f"{text[:_SHOWN]}…" if text else "–" for text in (ours, arrived))
    return begin if ours == arrived else f"{begin} ≠ {other}"


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


async def table(platform: Platform) -> Table:
    """Events and rows in one view."""
    shown = Table(box=None, pad_edge=False, title="Evidence", title_justify="left")
    shown.add_column("Of")
    shown.add_column("Where")
    shown.add_column("What", overflow="fold")
    for topic, partitions in (await offsets(platform.bootstrap_servers)).items():
        listed = ", ".join(f"{number}:{end}" for number, end in partitions.items())
        shown.add_row("events", topic, f"{sum(partitions.values())}  (partition:offset {listed or '–'})")
    for service, tables in (await rows(platform)).items():
        shown.add_row("rows", service, ", ".join(f"{name} {count}" for name, count in tables.items()))
    return shown
