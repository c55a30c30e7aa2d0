"""One recorded and released message an attempt, wherever the signer is interrupted."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from backbone.backoff import AgainLater
from contracts.events.signer import DocumentSigned, SigningFailed
from customs import singlewindow
from customs.singlewindow import Algorithm
from services.signer import commands, reads, software_key
from services.signer.commands import Step
from services.signer.gateway import KeyUnavailable
from services.signer.software_key import SoftwareKey
from tests.support.signer_bench import EXAMPLE, KEY, TENANT, Bench, Killed

pytestmark = pytest.mark.anyio


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
    public_key = x509.load_der_x509_certificate(KEY.certificate).public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    if signing == "none":
        with pytest.raises(singlewindow.SignatureInvalidError):
            singlewindow.verify(event.message.encode(), public_key)
        assert "<SignatureValue></SignatureValue>" in event.message
    else:
        proved = singlewindow.verify(event.message.encode(), public_key)
        assert proved.algorithm == signing.removeprefix("xmldsig-")
        assert proved.key_name == KEY.certificate_serial
    assert event.message_id == f"INV101{event.attempt_id.hex.upper()}"
    assert event.evidence.algorithm == "rsa-sha256"
    assert event.evidence.certificate_serial == KEY.certificate_serial
    report = await reads.chain_report(bench.pool, TENANT)
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
    assert (await reads.chain_report(bench.pool, TENANT)).fault is None


async def test_messages_without_a_key_share_a_commit_and_keep_their_order(bench: Bench) -> None:
    jobs_of_lane = [await bench.declare() for _ in range(4)]
    await bench.signing().together(jobs_of_lane)
    told = [event for event in await bench.events() if isinstance(event, DocumentSigned)]
    assert [str(event.attempt_id) for event in told] == [job.dedupe_key for job in jobs_of_lane]
    assert len({event.signed_at for event in told}) == 1
    assert await bench.count("SELECT count(*) FROM jobs WHERE state = 'done'") == 4
    assert (
        await bench.count("SELECT count(*) FROM messages WHERE released_at IS NOT NULL AND NOT key_asked")
        == 4
    )
    report = await reads.chain_report(bench.pool, TENANT)
    assert (report.links, report.fault) == (4, None)


@pytest.mark.parametrize("step", ["composed", "releasing", "released"])
async def test_killed_anywhere_each_of_many_is_released_once(bench: Bench, step: str) -> None:
    jobs_of_lane = [await bench.declare() for _ in range(3)]
    with pytest.raises(Killed):
        await bench.signing(_dying_at(step)).together(jobs_of_lane)
    kept = 3 if step == "released" else 0
    assert await bench.count("SELECT count(*) FROM messages") == kept, "all of them or none"
    for job in jobs_of_lane:
        await bench.signing().do(job)
    events = await bench.events()
    assert len(events) == len({event.model_dump()["attempt_id"] for event in events}) == 3
    assert await bench.count("SELECT count(*) FROM evidence") == 3
    assert (await reads.chain_report(bench.pool, TENANT)).fault is None


async def test_one_that_needs_a_key_or_was_begun_sends_all_their_single_way(bench: Bench) -> None:
    plain, signed, begun = (
        await bench.declare(),
        await bench.declare(signing="xmldsig-rsa-sha256"),
        await bench.declare(),
    )
    with pytest.raises(Killed):
        await bench.signing(_dying_at("frozen")).do(begun)
    for lane in ([plain, signed], [plain, begun]):
        with pytest.raises(commands._NotPlain):
            await bench.signing().together(lane)
    assert await bench.events() == []


async def test_two_workers_on_one_attempt_release_once(bench: Bench) -> None:
    job = await bench.declare(signing="xmldsig-rsa-sha1")
    with pytest.raises(Killed):
        await bench.signing(_dying_at("frozen")).do(job)
    await asyncio.gather(*(bench.signing().do(job) for _ in range(4)))
    await bench.signed()
    assert await bench.count("SELECT count(*) FROM evidence") == 1


async def test_what_cannot_be_composed_is_told_and_stops_nothing(bench: Bench) -> None:
    head = {**EXAMPLE["document"]["head"], "operating_name": "示例\x02公司"}
    bad = await bench.declare(document={**EXAMPLE["document"], "head": head})
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
    certificate = KEY.certificate
    certificate_serial = KEY.certificate_serial
    algorithms = KEY.algorithms

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
    key = Liar(KEY.key_id, KEY._private_key, x509.load_der_x509_certificate(KEY.certificate))
    with pytest.raises(singlewindow.SignatureInvalidError):
        await bench.signing(message_key=key).do(job)
    assert await bench.events() == []
    assert await bench.count("SELECT count(*) FROM evidence") == 0


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


async def test_a_document_of_ten_thousand_lines_is_signed(bench: Bench) -> None:
    row = EXAMPLE["document"]["goods"][0]
    goods = [{**row, "line_no": number} for number in range(1, 10_001)]
    job = await bench.declare(
        signing="xmldsig-rsa-sha256", document={**EXAMPLE["document"], "goods": goods}, attempt_no=1
    )
    await bench.signing().do(job)
    event = await bench.signed()
    message = singlewindow.read(event.message.encode())
    assert isinstance(message, singlewindow.Upload)
    written = message.document["goods"]
    assert isinstance(written, list)
    assert len(written) == 10_000
