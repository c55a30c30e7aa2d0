"""Evidence for those who ask: one link with what it proves, or the check of a whole chain."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from backbone import postgres
from backbone.auth import Principal
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.evidence import ChainReport, Evidence
from contracts.permissions import MESSAGE_READ
from services.signer import store
from services.signer.evidence import EMPTY, Head, fault_of
from services.signer.store import Kept

_PAGE = 20


async def evidence_of(pool: Pool, caller: Principal, attempt_id: UUID) -> Evidence:
    """Raises NotFound, Forbidden."""
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        kept = await store.kept_of(connection, attempt_id)
    if kept is None:
        raise NotFound(f"没有申报 {attempt_id} 的签名存证")
    caller.require(
        MESSAGE_READ, enterprise_id=kept.enterprise_id, team_id=kept.team_id, client_id=kept.client_id
    )
    return await asyncio.to_thread(_view, kept)


def _view(kept: Kept) -> Evidence:
    link = kept.link
    # Alone, a link proves itself and its message; that nothing is missing before it only the whole chain shows.
    alone = Head(link.position - 1, link.stated["previous"])
    fault = fault_of(link, alone, kept.released)
    certificate = x509.load_der_x509_certificate(link.certificate)
    return Evidence(
        statement={**link.stated},
        statement_base64=base64.b64encode(link.statement).decode(),
        chain_hash=link.chain_hash,
        signature_base64=base64.b64encode(link.signature).decode(),
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        holds=fault is None,
        fault=fault,
    )


async def verify_chain(worker_pool: Pool, mailbox: str) -> ChainReport:
    """Check every link of a mailbox from the first, with its signature and its message. Raises NotFound."""
    end = await store.head_of(worker_pool, mailbox)
    if end is None:
        raise NotFound(f"信箱 {mailbox} 还没有签名存证")
    head, certificates = EMPTY, set[str]()
    while head.position < end.position:
        page = await store.kept_after(worker_pool, mailbox, head.position, _PAGE)
        if not page:
            return _report(mailbox, head, certificates, "links_missing", head.position + 1)
        head, fault, position = await asyncio.to_thread(_along, head, page, certificates)
        if fault is not None:
            return _report(mailbox, head, certificates, fault, position)
    # Links may have been added while we read; the end we started from must be among them.
    if head.position == end.position and head.chain_hash != end.chain_hash:
        return _report(mailbox, head, certificates, "head_differs", head.position)
    return _report(mailbox, head, certificates, None, None)


def _along(head: Head, page: Sequence[Kept], certificates: set[str]) -> tuple[Head, str | None, int | None]:
    for kept in page:
        fault = fault_of(kept.link, head, kept.released)
        if fault is not None:
            return head, fault, kept.link.position
        certificates.add(hashlib.sha256(kept.link.certificate).hexdigest())
        head = Head(kept.link.position, kept.link.chain_hash)
    return head, None, None


def _report(
    mailbox: str, head: Head, certificates: set[str], fault: str | None, position: int | None
) -> ChainReport:
    return ChainReport(
        mailbox=mailbox,
        links=head.position,
        certificates=sorted(certificates),
        fault=fault,
        position=position,
    )
