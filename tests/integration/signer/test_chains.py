"""One chain of evidence a tenant: what is altered in the database shows, by whomever."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import compress, postgres
from contracts.events.entry import DocumentDeclared
from services.signer import evidence, reads, retention, store
from services.signer.evidence import EMPTY, Link
from tests.support.signer_bench import EXAMPLE, KEY, TENANT, Bench

pytestmark = pytest.mark.anyio
_OTHER_TENANT = str(UUID(int=77))


async def _as_owner(bench: Bench, *statements: str) -> None:
    """What only the owner of the tables can do."""
    owner = await postgres.connect(bench.database.owner_dsn, name="test")
    try:
        for table in ("evidence", "messages"):
            await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for statement in statements:
            assert (await owner.execute(statement)).split()[-1] != "0"
        for table in ("evidence", "messages"):
            await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    finally:
        await owner.close()


async def _report(bench: Bench, chain: str = TENANT) -> tuple[str | None, int | None]:
    report = await reads.chain_report(bench.pool, chain)
    return report.fault, report.position


async def test_mailboxes_of_a_tenant_share_a_chain_and_tenants_do_not(bench: Bench) -> None:
    for mailbox in ("card-1", "card-2", "card-1"):
        await bench.signing().do(await bench.declare(mailbox=mailbox))
    await bench.signing().do(await bench.declare(mailbox="card-3", tenant_id=_OTHER_TENANT))
    assert (await reads.chain_report(bench.pool, TENANT)).links == 3
    assert (await reads.chain_report(bench.pool, _OTHER_TENANT)).links == 1
    assert await store.chains(bench.pool, None) == sorted([TENANT, _OTHER_TENANT])
    assert await store.chains(bench.pool, UUID(TENANT)) == [TENANT]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("evidence_id", "'00000000-0000-0000-0000-000000000009'"),
        ("tenant_id", "tenant_id, enterprise_id = '00000000-0000-0000-0000-000000000009'"),
        ("team_id", "'00000000-0000-0000-0000-000000000009'"),
        ("client_id", "'00000000-0000-0000-0000-000000000009'"),
        ("mailbox", "'card-9'"),
        ("statement", "statement || ' '::bytea"),
        ("chain_hash", "repeat('0', 64)"),
        ("signature", "set_byte(signature, 5, (get_byte(signature, 5) + 1) % 256)"),
        ("certificate", "set_byte(certificate, 40, (get_byte(certificate, 40) + 1) % 256)"),
        ("message_certificate", "certificate"),
    ],
)
async def test_every_column_of_evidence_shows(bench: Bench, column: str, value: str) -> None:
    for _ in range(3):
        await bench.signing().do(await bench.declare())
    assert await _report(bench) == (None, None)
    await _as_owner(bench, f"UPDATE evidence SET {column} = {value} WHERE position = 2")
    fault, position = await _report(bench)
    assert position == 2
    assert fault is not None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("document_id", "'00000000-0000-0000-0000-000000000009'"),
        ("message_id", "'INV101X'"),
        ("message_type", "'INV201'"),
        ("composed_at", "composed_at + interval '1 second'"),
        ("released_at", "released_at - interval '1 second'"),
    ],
)
async def test_every_column_of_a_message_shows(bench: Bench, column: str, value: str) -> None:
    for _ in range(2):
        await bench.signing().do(await bench.declare())
    await bench.pool.execute(
        f"UPDATE messages SET {column} = {value} WHERE attempt_id = "
        "(SELECT attempt_id FROM evidence WHERE position = 2)"
    )
    assert await _report(bench) == (f"{column}_changed", 2)


@pytest.mark.parametrize("column", ["unsigned", "released"])
async def test_the_bytes_of_a_message_show(bench: Bench, column: str) -> None:
    await bench.signing().do(await bench.declare())
    await bench.pool.execute(f"UPDATE messages SET {column} = $1", compress.pack(b"<forged/>"))
    assert await _report(bench) == (f"{column}_changed", 1)


async def test_links_that_were_taken_out_show_wherever_they_stood(bench: Bench) -> None:
    for _ in range(4):
        await bench.signing().do(await bench.declare())
    await _as_owner(bench, "DELETE FROM evidence WHERE position = 4")
    assert await _report(bench) == ("links_missing", 4)
    await _as_owner(bench, "DELETE FROM evidence WHERE position = 2")
    assert await _report(bench) == ("position_broken", 3)
    await _as_owner(bench, "DELETE FROM evidence")
    assert await _report(bench) == ("links_missing", 1)
    assert await store.chains(bench.pool, UUID(TENANT)) == [TENANT]
    await bench.pool.execute("UPDATE chain_heads SET position = 0, chain_hash = repeat('0', 64)")
    await bench.signing().do(await bench.declare())
    await bench.pool.execute("UPDATE chain_heads SET chain_hash = repeat('1', 64)")
    assert await _report(bench) == ("head_changed", 1)


async def test_bytes_past_their_retention_are_dropped_and_the_chain_holds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await bench.declare()
    await bench.signing().do(job)
    assert await retention.drop(bench.pool, years=5) == 0
    assert await retention.drop(bench.pool, years=-1) == 1
    # Gone before anybody may drop them.
    assert await _report(bench) == ("unsigned_missing", 1)
    monkeypatch.setattr(retention, "LEAST_YEARS", -1)
    assert await _report(bench) == (None, None)
    await bench.signing().do(job)
    await bench.signed()
    assert await bench.count("SELECT count(*) FROM evidence") == 1


async def test_a_chain_by_mailbox_of_the_release_before_is_closed_by_the_tenants_first_link(
    bench: Bench,
) -> None:
    for number in range(2):
        await _of_form_1(bench, number)
    assert await _report(bench, "card-1") == (None, None)
    await bench.signing().do(await bench.declare())
    walk = await reads.walked(bench.pool, TENANT)
    assert walk is not None
    assert [(closed["chain"], closed["position"]) for closed in walk.continues] == [("card-1", 2)]
    assert await _report(bench) == (None, None)
    assert await store.chains(bench.pool, UUID(TENANT)) == ["card-1", TENANT]
    # Cut short together with its head the old chain looks whole; the chain that goes on from it says otherwise.
    await _as_owner(bench, "DELETE FROM evidence WHERE chain = 'card-1' AND position = 2")
    first = await bench.pool.fetchval("SELECT chain_hash FROM evidence WHERE chain = 'card-1'")
    await bench.pool.execute(
        "UPDATE chain_heads SET position = 1, chain_hash = $1 WHERE mailbox = 'card-1'", first
    )
    assert await _report(bench, "card-1") == (None, None)
    assert await _report(bench) == ("earlier_chain_changed: card-1 at 2", 1)


async def _of_form_1(bench: Bench, number: int) -> None:
    """A link as 0.2.0 made it, by the statements of its SQL."""
    attempt = DocumentDeclared.model_validate({**EXAMPLE, "attempt_id": str(uuid4())})
    released, at = f"<Signature>{number}</Signature>".encode(), datetime.now(UTC)
    message_id = f"INV101{attempt.attempt_id.hex}"
    await bench.pool.execute(
        "INSERT INTO messages (attempt_id, tenant_id, document_id, message_id, message_type, unsigned, composed_at, "
        "key_asked, released, released_at) VALUES ($1, $2, $3, $4, 'INV101', $5, $6, false, $5, $6)",
        attempt.attempt_id,
        attempt.tenant_id,
        attempt.document_id,
        message_id,
        compress.pack(released),
        at,
    )
    async with postgres.transaction(bench.pool) as connection:
        previous = await store.lock_head(connection, "card-1") if number else EMPTY
        stated: dict[str, Any] = {
            **evidence.statement_of(
                attempt,
                evidence_id=uuid4(),
                previous=previous,
                message_id=message_id,
                message_type="INV101",
                unsigned=released,
                released=released,
                message_key=None,
                key_id=KEY.key_id,
                certificate=KEY.certificate,
                composed_at=at,
                signed_at=at,
            ),
            "form": 1,
            "mailbox": "card-1",
        }
        for later in ("chain", "continues", "team_id", "client_id", "message_type", "message_algorithm"):
            del stated[later]
        del stated["message_certificate_sha256"], stated["certificate_sha256"]
        statement = evidence.canonical(stated)  # type: ignore[arg-type]
        link = Link(
            position=previous.position + 1,
            attempt_id=attempt.attempt_id,
            statement=statement,
            chain_hash=evidence.sha256(statement),
            signature=KEY.sign(statement, evidence.ALGORITHM),
            certificate=KEY.certificate,
        )
        await store.lock_head(connection, "card-1")
        await connection.execute(
            "INSERT INTO evidence (evidence_id, attempt_id, tenant_id, enterprise_id, mailbox, position, statement, "
            "chain_hash, signature, certificate) VALUES ($1, $2, $3, $4, 'card-1', $5, $6, $7, $8, $9)",
            UUID(stated["evidence_id"]),
            attempt.attempt_id,
            attempt.tenant_id,
            attempt.enterprise_id,
            link.position,
            link.statement,
            link.chain_hash,
            link.signature,
            link.certificate,
        )
        await connection.execute(
            "UPDATE chain_heads SET position = $1, chain_hash = $2 WHERE mailbox = 'card-1'",
            link.position,
            link.chain_hash,
        )
