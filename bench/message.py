"""Making messages: composing beside lxml writing a ready tree, signatures and evidence beside the bare RSA signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import uvloop
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from backbone.ids import new_id
from bench.measuring import at_once, compared, take_turns
from bench.surroundings import Surroundings, route
from bench.tables import Row, Table
from contracts.events.entry import Actor, DocumentDeclared
from customs.documents.inventory import INVENTORY
from customs.documents.normal_form import JsonObject
from customs.singlewindow import Algorithm, compose, sign
from services.signer import evidence, software_key
from tests.support.documents import inventory

ABOUT = "composing uploads, signing them, evidence"
_AT = datetime(2026, 1, 15, 8, tzinfo=UTC)
_SIGNED_LINES = 90


def run(on: Surroundings) -> list[Table]:
    return [uvloop.run(_composing(on)), uvloop.run(_signing(on))]


def composed(document: JsonObject) -> bytes:
    return compose(
        INVENTORY,
        document,
        route=route("bench"),
        declare_flag="1",
        message_id="INV101BENCH",
        send_time=_AT,
        file_name="INV101BENCH.zip",
    )


async def _composing(on: Surroundings) -> Table:
    rows = []
    for lines in (1, 90) if on.quick else (1, 90, 1_000, 10_000):
        document = inventory("BENCH", lines)
        message = composed(document)
        tree = etree.fromstring(message)
        rows.append(
            await _beside(
                on,
                f"{lines:,} lines",
                lambda given=document: composed(given),  # type: ignore[misc]
                lambda ready=tree: etree.tostring(ready, encoding="UTF-8"),  # type: ignore[misc]
                kB=len(message) / 1000,
            )
        )
    return Table(
        "compose: document to XML", "floor: lxml serialising the ready tree of the same message", rows
    )


async def _signing(on: Surroundings) -> Table:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    message = composed(inventory("BENCH", _SIGNED_LINES))
    rows = []
    names: tuple[tuple[Algorithm, hashes.HashAlgorithm], ...] = (
        ("rsa-sha1", hashes.SHA1()),  # noqa: S303 - what some routes ask for
        ("rsa-sha256", hashes.SHA256()),
    )
    for algorithm, hash_function in names:

        def bare(data: bytes, used: hashes.HashAlgorithm = hash_function) -> bytes:
            return key.sign(data, padding.PKCS1v15(), used)

        def xmldsig(used: Algorithm = algorithm, signer: Callable[[bytes], bytes] = bare) -> bytes:
            return sign(message, algorithm=used, key_name="bench", signer=signer)

        def alone(signer: Callable[[bytes], bytes] = bare) -> bytes:
            return signer(b"x" * 400)

        rows.append(await _beside(on, f"XMLDSig {algorithm}, {_SIGNED_LINES} lines", xmldsig, alone))
    rows.append(await _evidence(on, message))
    return Table("sign: a composed message", "floor: one RSA-2048 signature over 400 bytes", rows)


async def _evidence(on: Surroundings, message: bytes) -> Row:
    key = software_key.make("bench")
    order = DocumentDeclared(
        tenant_id=uuid4(),
        document_id=new_id(),
        kind=INVENTORY.name,
        enterprise_id=new_id(),
        internal_no="BENCH",
        version=2,
        state="sending",
        occurred_at=_AT,
        attempt_id=new_id(),
        attempt_no=1,
        round_no=1,
        declare_flag="1",
        route=route("bench"),
        catalogue_version=INVENTORY.catalogue_version,
        document={},
        ordered_by=Actor(id="bench", name="bench"),
    )

    def link() -> bytes:
        statement = evidence.statement_of(
            order,
            evidence_id=new_id(),
            previous=evidence.EMPTY,
            message_id="INV101BENCH",
            message_type="INV101",
            unsigned=message,
            released=message,
            message_key=None,
            key_id=key.key_id,
            certificate=key.certificate,
            composed_at=_AT,
            signed_at=_AT,
        )
        text = evidence.canonical(statement)
        evidence.link_hash(statement, text)
        return key.sign(text, evidence.ALGORITHM)

    return await _beside(on, "link of evidence", link, lambda: key.sign(b"x" * 400, evidence.ALGORITHM))


async def _beside(
    on: Surroundings, what: str, ours: Callable[[], object], floor: Callable[[], object], **columns: float
) -> Row:
    seconds = on.seconds / 2
    candidates = {"ours": at_once(ours, seconds), "floor": at_once(floor, seconds)}
    rounds = await take_turns(candidates, on.rounds)
    return compared(what, rounds["ours"], rounds["floor"], **columns)
