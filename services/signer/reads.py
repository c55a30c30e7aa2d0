"""Evidence for those who ask: one link with what it proves, or the check of whole chains."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from backbone import postgres
from backbone.auth import Principal
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.evidence import ChainKey, ChainReport, Evidence
from contracts.permissions import MESSAGE_READ
from services.signer import evidence_keys, export, store
from services.signer.evidence import EMPTY, Head
from services.signer.proving import Kept, Walk, fault_of
from services.signer.vouching import Vouchers

_PAGE = 20


async def evidence_of(pool: Pool, caller: Principal, attempt_id: UUID) -> Evidence:
    """Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        owned = await store.kept_of(connection, attempt_id)
    if owned is None:
        raise NotFound(f"没有申报 {attempt_id} 的签名存证")
    caller.require(
        MESSAGE_READ, enterprise_id=owned.enterprise_id, team_id=owned.team_id, client_id=owned.client_id
    )
    return await asyncio.to_thread(_view, owned.kept)


def _view(kept: Kept) -> Evidence:
    link = kept.link
    stated = link.stated
    # Alone, a link proves itself and its message; that nothing is missing before it only the whole chain shows.
    alone = Head(link.position - 1, stated["previous"])
    fault = fault_of(kept, stated.get("chain", stated["mailbox"]), alone)
    certificate = x509.load_der_x509_certificate(link.certificate)
    return Evidence(
        statement={**stated},
        statement_base64=base64.b64encode(link.statement).decode(),
        chain_hash=link.chain_hash,
        signature_base64=base64.b64encode(link.signature).decode(),
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        holds=fault is None,
        fault=fault,
    )


async def chain_report(worker_pool: Pool, chain: str) -> ChainReport:
    """Check every link of a chain from the first, with its signature and its message. Raises NotFound."""
    walk = await walked(worker_pool, chain)
    if walk is None:
        raise NotFound(f"没有存证链 {chain}")
    first = walk.faults[0] if walk.faults else None
    return ChainReport(
        chain=chain,
        links=walk.head.position,
        keys=[
            ChainKey(
                key_id=span.key_id, certificate=span.certificate_sha256, first=span.first, last=span.last
            )
            for span in walk.keys
        ],
        fault=first.code if first else None,
        position=first.position if first else None,
    )


async def walked(worker_pool: Pool, chain: str, trusted: Collection[str] = ()) -> Walk | None:
    """None: there is no such chain. Links that are added meanwhile are left for the next time."""
    head, last = await store.end_of(worker_pool, chain)
    if head is None and not last:
        return None
    walk = Walk(chain)
    while page := await store.kept_between(worker_pool, chain, walk.head.position, last, _PAGE):
        await asyncio.to_thread(_along, walk, page)
    walk.end(head)
    walk.vouched(Vouchers(await evidence_keys.introduced(worker_pool)), trusted)
    for closed in walk.continues:
        walk.closes(closed, await store.hash_at(worker_pool, closed["chain"], closed["position"]))
    return walk


async def exported(
    worker_pool: Pool, target: Path, tenant_id: UUID, *, wanted: export.Wanted | None = None
) -> int:
    """Write a tenant's chains; answers how many links are shown. Raises NotFound, FileExistsError."""
    names = await store.chains(worker_pool, tenant_id)
    if not names:
        raise NotFound(f"租户 {tenant_id} 没有签名存证")

    async def links(name: str, last: int) -> AsyncIterator[Kept]:
        after = 0
        while page := await store.kept_between(worker_pool, name, after, last, _PAGE):
            for kept in page:
                yield kept
            after = page[-1].link.position

    async def chains() -> AsyncIterator[export.Chain]:
        for name in names:
            head, last = await store.end_of(worker_pool, name)
            yield export.Chain(name, head or EMPTY, links(name, last))

    keys = await evidence_keys.introduced(worker_pool)
    return await export.write(target, tenant_id, chains(), keys, wanted=wanted)


def _along(walk: Walk, page: Sequence[Kept]) -> None:
    for kept in page:
        walk.step(kept)
