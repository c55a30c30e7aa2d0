"""One recorded and released message an attempt, wherever the signer is interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

import contracts
from backbone import compress, jobs, postgres
from backbone.backoff import AgainLater
from backbone.jobs import Job
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events import EVENT_TYPES, Event
from contracts.events.entry import DocumentDeclared
from contracts.events.signer import DocumentSigned, SigningFailed
from customs import singlewindow
from customs.singlewindow import Algorithm
from services.signer import reads, software_key
from services.signer.commands import QUEUE, Signing, Step, unobserved
from services.signer.gateway import KeyUnavailable, SigningKey
from services.signer.software_key import SoftwareKey
from tests.support.infrastructure import Servers

pytestmark = pytest.mark.anyio
_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_EXAMPLE = json.loads(sorted(_EXAMPLES.glob("*.json"))[0].read_text(encoding="utf-8"))
_KEY = software_key.make("software-test")


class Killed(BaseException):
    """Stands for the end of the process."""


@dataclass
class Bench:
    database: Database
    pool: Pool

    async def declare(self, *, signing: str = "none", mailbox: str = "card-1", **changes: Any) -> Job:
        """An attempt and its job, as the worker hands it out."""
        attempt_id = uuid4()
        route = {**_EXAMPLE["route"], "signing": signing, "mailbox": mailbox}
        attempt = DocumentDeclared.model_validate(
            {**_EXAMPLE, "attempt_id": str(attempt_id), "route": route, **changes}
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

    def signing(self, at: Step = unobserved, message_key: SigningKey = _KEY) -> Signing:
        return Signing(
            pool=self.pool,
            evidence_key=_KEY,
            key_of_route=lambda route: message_key,
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


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("signer")


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    owner = await postgres.connect(database.owner_dsn, name="test")
    await owner.execute("TRUNCATE jobs, events, outbox, evidence, messages, chain_heads, software_keys")
    await owner.close()
    pool = await postgres.create_pool(database.worker_dsn, name="test")
    yield Bench(database, pool)
    await pool.close()


def _dying_at(step: str) -> Step:
    def at(reached: str) -> None:
        if reached == step:
            raise Killed

    return at


@pytest.mark.parametrize("signing", ["none", "xmldsig-rsa-sha1", "xmldsig-rsa-sha256"])
async def test_a_message_is_signed_as_its_route_asks_and_sealed(bench: Bench, signing: str) -> None:
    job = await bench.declare(signing=signing)
    await bench.signing().do(job)
    event = await bench.signed()
    public_key = x509.load_der_x509_certificate(_KEY.certificate).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    if signing == "none":
        with pytest.raises(singlewindow.SignatureInvalidError):
            singlewindow.verify(event.message.encode(), public_key)
        assert "<SignatureValue></SignatureValue>" in event.message
    else:
        proved = singlewindow.verify(event.message.encode(), public_key)
        assert proved.algorithm == signing.removeprefix("xmldsig-")
        assert proved.key_name == _KEY.certificate_serial
    assert event.message_id == f"INV101{event.attempt_id.hex.upper()}"
    assert event.evidence.algorithm == "rsa-sha256"
    assert event.evidence.certificate_serial == _KEY.certificate_serial
    report = await reads.verify_chain(bench.pool, "card-1")
    assert (report.links, report.fault) == (1, None)
    assert await bench.count("SELECT count(*) FROM jobs WHERE state = 'done'") == 1


@pytest.mark.parametrize(
    ("step", "discarded"), [("composed", 0), ("frozen", 1), ("signed", 1), ("releasing", 1), ("released", 0)]
)
@pytest.mark.parametrize("signing", ["none", "xmldsig-rsa-sha256"])
async def test_killed_anywhere_one_message_is_released(
    bench: Bench, step: str, discarded: int, signing: str
) -> None:
    job = await bench.declare(signing=signing)
    with pytest.raises(Killed):
        await bench.signing(_dying_at(step)).do(job)
    frozen = await bench.pool.fetchrow("SELECT message_id, unsigned, composed_at FROM messages")
    assert (frozen is None) == (step == "composed")
    for _ in range(2):
        await bench.signing().do(job)
    event = await bench.signed()
    kept = await bench.pool.fetchrow("SELECT message_id, unsigned, composed_at FROM messages")
    if frozen is not None:
        assert kept == frozen
        assert event.composed_at == frozen["composed_at"]
    assert await bench.count("SELECT count(*) FROM evidence") == 1
    assert await bench.count("SELECT signatures_discarded FROM messages") == discarded
    assert (await reads.verify_chain(bench.pool, "card-1")).fault is None


async def test_two_workers_on_one_attempt_release_once(bench: Bench) -> None:
    job = await bench.declare(signing="xmldsig-rsa-sha1")
    with pytest.raises(Killed):
        await bench.signing(_dying_at("frozen")).do(job)
    await asyncio.gather(*(bench.signing().do(job) for _ in range(4)))
    await bench.signed()
    assert await bench.count("SELECT count(*) FROM evidence") == 1


async def test_what_cannot_be_composed_is_told_and_stops_nothing(bench: Bench) -> None:
    head = {**_EXAMPLE["document"]["head"], "operating_name": "示例\x02公司"}
    bad = await bench.declare(document={**_EXAMPLE["document"], "head": head})
    strange = await bench.declare(signing="sm2-sm3")
    good = await bench.declare()
    for job in (bad, strange, good):
        await bench.signing().do(job)
    first, second, third = await bench.events()
    assert isinstance(first, SigningFailed)
    assert first.reason_code == "unwritable_character"
    assert "表头「经营企业名称」" in first.reason
    assert isinstance(second, SigningFailed)
    assert second.reason_code == "unknown_signing"
    assert isinstance(third, DocumentSigned)
    assert await bench.count("SELECT count(*) FROM jobs WHERE state = 'done'") == 3


class _Absent:
    """A key whose card is out of the reader."""

    key_id = "card-1"
    certificate = _KEY.certificate
    certificate_serial = _KEY.certificate_serial

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        raise KeyUnavailable("no card in the reader")


async def test_an_absent_key_is_waited_for_and_discards_nothing(bench: Bench) -> None:
    job = await bench.declare(signing="xmldsig-rsa-sha256")
    for _ in range(3):
        with pytest.raises(AgainLater):
            await bench.signing(message_key=_Absent()).do(job)
    assert await bench.events() == []
    await bench.signing().do(job)
    await bench.signed()
    assert await bench.count("SELECT signatures_discarded FROM messages") == 0


async def test_a_wrong_signature_is_never_released(bench: Bench) -> None:
    other = software_key.make("software-other")

    class Liar(SoftwareKey):
        def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
            return other.sign(data, algorithm)

    job = await bench.declare(signing="xmldsig-rsa-sha256")
    key = Liar(_KEY.key_id, _KEY._private_key, x509.load_der_x509_certificate(_KEY.certificate))
    with pytest.raises(singlewindow.SignatureInvalidError):
        await bench.signing(message_key=key).do(job)
    assert await bench.events() == []
    assert await bench.count("SELECT count(*) FROM evidence") == 0


async def test_chains_are_by_mailbox_and_show_what_the_owner_of_the_tables_alters(bench: Bench) -> None:
    for mailbox in ("card-1", "card-2", "card-1", "card-2", "card-1"):
        await bench.signing().do(await bench.declare(mailbox=mailbox))
    first = await reads.verify_chain(bench.pool, "card-1")
    assert (first.links, first.fault) == (3, None)
    assert (await reads.verify_chain(bench.pool, "card-2")).links == 2
    owner = await postgres.connect(bench.database.owner_dsn, name="test")
    try:
        await owner.execute("ALTER TABLE evidence NO FORCE ROW LEVEL SECURITY")
        await owner.execute("DELETE FROM evidence WHERE mailbox = 'card-1' AND position = 2")
        await owner.execute("DELETE FROM evidence WHERE mailbox = 'card-2' AND position = 2")
        await owner.execute("ALTER TABLE evidence FORCE ROW LEVEL SECURITY")
    finally:
        await owner.close()
    cut = await reads.verify_chain(bench.pool, "card-1")
    assert (cut.fault, cut.position) == ("position_broken", 3)
    assert (await reads.verify_chain(bench.pool, "card-2")).fault == "links_missing"
    await bench.pool.execute(
        "UPDATE messages SET released = $1 WHERE attempt_id = "
        "(SELECT attempt_id FROM evidence WHERE mailbox = 'card-2' AND position = 1)",
        compress.pack(b"<Signature>forged</Signature>"),
    )
    assert (await reads.verify_chain(bench.pool, "card-2")).fault == "message_changed"


@pytest.mark.parametrize(
    "statement", ["UPDATE evidence SET position = 9", "DELETE FROM evidence", "TRUNCATE evidence"]
)
async def test_the_service_itself_cannot_alter_evidence(bench: Bench, statement: str) -> None:
    await bench.signing().do(await bench.declare())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bench.pool.execute(statement)
    async with bench.pool.acquire() as connection, connection.transaction():
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM messages")


async def test_the_key_is_made_once_and_needs_the_master_key(bench: Bench) -> None:
    master = bytes(range(32))
    keys = await asyncio.gather(*(software_key.load_or_make(bench.pool, master) for _ in range(4)))
    assert len({key.key_id for key in keys}) == 1
    assert await bench.count("SELECT count(*) FROM software_keys") == 1
    with pytest.raises(software_key.MasterKeyWrong):
        await software_key.load_or_make(bench.pool, bytes(32))


async def test_a_document_of_ten_thousand_lines_is_signed(bench: Bench) -> None:
    row = _EXAMPLE["document"]["goods"][0]
    goods = [{**row, "line_no": number} for number in range(1, 10_001)]
    job = await bench.declare(
        signing="xmldsig-rsa-sha256", document={**_EXAMPLE["document"], "goods": goods}, attempt_no=1
    )
    await bench.signing().do(job)
    event = await bench.signed()
    message = singlewindow.read(event.message.encode())
    assert isinstance(message, singlewindow.Upload)
    written = message.document["goods"]
    assert isinstance(written, list)
    assert len(written) == 10_000
