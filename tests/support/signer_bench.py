"""A signer's database, and attempts with their jobs as its worker hands them out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import contracts
from backbone import compress, jobs, postgres
from backbone.jobs import Job
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from contracts.events import EVENT_TYPES, Event
from contracts.events.entry import AttemptStarted, DocumentDeclared
from contracts.events.signer import DocumentSigned
from services.signer import software_key
from services.signer.cards.choosing import ChooseKey, Chosen
from services.signer.commands import QUEUE, Signing, Step, unobserved
from services.signer.evidence_keys import CurrentKey
from services.signer.gateway import SigningKey

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
EXAMPLE: dict[str, Any] = json.loads(sorted(_EXAMPLES.glob("*.json"))[0].read_text(encoding="utf-8"))
TENANT: str = EXAMPLE["tenant_id"]
KEY = software_key.make("software-test")


class Killed(BaseException):
    """Stands for the end of the process."""


async def _always(_: Connection) -> SigningKey:
    return KEY


@dataclass
class Bench:
    database: Database
    pool: Pool

    async def declare(self, *, signing: str = "none", mailbox: str = "card-1", **changes: Any) -> Job:
        """An attempt and its job, as the worker hands it out."""
        attempt_id = uuid4()
        route = {**EXAMPLE["route"], "signing": signing, "mailbox": mailbox}
        attempt = DocumentDeclared.model_validate(
            {**EXAMPLE, "attempt_id": str(attempt_id), "route": route, **changes}
        )
        async with postgres.transaction(self.pool) as connection:
            await jobs.enqueue(
                connection,
                queue=QUEUE,
                lane=mailbox,
                dedupe_key=str(attempt_id),
                tenant_id=attempt.tenant_id,
                payload=compress.pack(attempt.model_dump_json().encode()),
            )
        row = await self.pool.fetchrow(
            "SELECT job_id, queue, lane, dedupe_key, tenant_id, payload, traceparent, tries FROM jobs "
            "WHERE dedupe_key = $1",
            str(attempt_id),
        )
        assert row is not None
        return Job(**row)

    def signing(
        self,
        at: Step = unobserved,
        message_key: SigningKey = KEY,
        evidence_key: CurrentKey = _always,
        choose: ChooseKey | None = None,
    ) -> Signing:
        async def chosen(attempt: AttemptStarted, tries: int) -> Chosen:
            return Chosen(message_key, attempt.route)

        return Signing(
            pool=self.pool,
            evidence_key=evidence_key,
            choose_key=choose or chosen,
            wake=lambda: None,
            at=at,
        )

    async def events(self) -> list[Event]:
        rows = await self.pool.fetch("SELECT type, compressed, body FROM events ORDER BY seq")
        return [
            EVENT_TYPES[row["type"]].model_validate_json(
                compress.unpack(row["body"]) if row["compressed"] else row["body"]
            )
            for row in rows
        ]

    async def signed(self) -> DocumentSigned:
        (event,) = await self.events()
        assert isinstance(event, DocumentSigned)
        return event

    async def count(self, sql: str) -> int:
        value: int = await self.pool.fetchval(sql)
        return value
