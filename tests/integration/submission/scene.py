"""A database and a mailbox of submission, and an import client that does what a test tells it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import orjson

import contracts
from backbone import compress, postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.migrate import Database
from contracts.events import EVENT_TYPES, Event
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from customs.singlewindow.folders import BOXES
from services.submission import consumer
from tests.integration.submission import delivering_process
from tests.integration.submission.delivering_process import KILLED, Order

_EXAMPLES = Path(contracts.__file__).parent / "examples"
MAILBOX = "example-broker-1"
_NEVER_SO_MANY = 1_000_000


def example(event: type[Event], **changes: object) -> Event:
    """The first hand-made sample of a type, with changes."""
    body = json.loads(sorted((_EXAMPLES / event.type).glob("*.json"))[0].read_text(encoding="utf-8"))
    return event.model_validate({**body, **changes})


def received(event: Event) -> Received:
    return Received(
        event=event,
        id=new_id(),
        source="/bondgate/test",
        type=type(event).type,
        tenant_id=UUID(int=1),
        time=datetime.now(UTC),
        topic="test",
        partition=0,
        offset=0,
        traceparent=None,
    )


def signed(mailbox: str = MAILBOX) -> DocumentSigned:
    """The message of a new attempt."""
    attempt_id = uuid4()
    message = f"<Signature>{attempt_id}</Signature>"
    event = example(
        DocumentSigned,
        attempt_id=attempt_id,
        document_id=uuid4(),
        message=message,
        sha256=hashlib.sha256(message.encode()).hexdigest(),
    )
    assert isinstance(event, DocumentSigned)
    return event.model_copy(update={"route": event.route.model_copy(update={"mailbox": mailbox})})


class Scene:
    """A database, a mailbox, and an import client that does what a test tells it. `seen` counts files in OutBox."""

    def __init__(self, database: Database, exchange: Path) -> None:
        self.database = database
        self.exchange = exchange
        self.seen: Counter[str] = Counter()
        self.contents: dict[str, bytes] = {}
        self.add_mailbox(MAILBOX)

    def add_mailbox(self, name: str) -> None:
        for box in BOXES:
            (self.exchange / name / "Sas" / box).mkdir(parents=True)

    def box(self, name: str, mailbox: str = MAILBOX) -> Path:
        return self.exchange / mailbox / "Sas" / name

    def sign(self, mailbox: str = MAILBOX) -> UUID:
        """A signed message arrives; answers its attempt."""
        event = signed(mailbox)
        self.absorb(event)
        return event.attempt_id

    def absorb(self, *events: Event) -> None:
        """Each as the consumer takes it, in a transaction of its own."""

        async def absorb() -> None:
            pool = await postgres.create_pool(self.database.worker_dsn, name="test")
            async with pool:
                for event in events:
                    async with postgres.transaction(pool) as connection:
                        await consumer.handlers()[type(event).type](connection, received(event))

        asyncio.run(absorb())

    def acknowledge(self, attempt_id: UUID) -> None:
        self.absorb(example(ReceiptReceived, attempt_id=attempt_id))

    def client(self, box: str = "SentBox", most: int | None = None) -> None:
        """The import client moves what it finds; every file it saw is counted once."""
        for path in sorted(self.box("OutBox").glob("*.zip"))[:most]:
            self.seen[path.name] += 1
            self.contents[path.name] = path.read_bytes()
            path.rename(self.box(box) / path.name)

    def clear(self, box: str) -> None:
        for path in self.box(box).iterdir():
            path.unlink()

    def go(
        self, die_at: str = "", *, files: int = 0, unsettled: tuple[str, ...] = ("intended", "staged")
    ) -> None:
        """Run submission until it dies at a step, or until `files` are recorded and none is `unsettled`."""
        wanted = _NEVER_SO_MANY if die_at else files
        order = Order(self.database.worker_dsn, self.exchange, die_at, wanted, unsettled=unsettled)
        assert delivering_process.run(order) == (KILLED if die_at else 0)

    def settle(self) -> None:
        """Until nothing is outstanding."""
        self.go(unsettled=("intended", "staged", "delivered"))

    def events(self) -> list[Event]:
        """Everything told, in order."""

        async def fetch() -> list[Event]:
            connection = await postgres.connect(self.database.worker_dsn, name="test")
            rows = await connection.fetch("SELECT type, compressed, body FROM events ORDER BY seq")
            await connection.close()
            return [
                EVENT_TYPES[row["type"]].model_validate(
                    orjson.loads(compress.unpack(row["body"]) if row["compressed"] else row["body"])
                )
                for row in rows
            ]

        return asyncio.run(fetch())

    def told(self) -> list[str]:
        return [type(event).type for event in self.events()]
