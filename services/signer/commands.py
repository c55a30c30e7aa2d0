"""Making the message of an attempt: freeze, sign, prove, release. Called again after a crash, it goes on where it was."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import asyncpg

from backbone import compress, jobs, log, metrics, outbox, postgres
from backbone.backoff import WORK, AgainLater
from backbone.ids import new_id
from backbone.jobs import Job
from backbone.postgres import Pool
from contracts.events.entry import AttemptStarted
from contracts.events.event import Route
from contracts.events.signer import DocumentSigned, Evidence, SigningFailed
from customs import singlewindow
from customs.singlewindow import Algorithm
from services.signer import evidence, store
from services.signer.cards import rows as card_rows
from services.signer.cards.checking import fault_of as card_fault
from services.signer.cards.choosing import ChooseKey, Chosen
from services.signer.domain import (
    SigningRefused,
    algorithm_for,
    algorithms_of,
    composed,
    message_id_of,
    message_type_of,
)
from services.signer.evidence import Link, MessageKey
from services.signer.evidence_keys import CurrentKey
from services.signer.gateway import KeyUnavailable, SigningKey
from services.signer.media import certificates
from services.signer.proving import Kept, fault_of
from services.signer.store import Frozen

QUEUE = "sign"
MOST_LANES = 64
"""Cards that are asked at the same time."""
Step = Callable[[str], None]
"""Told of every step that is done; tests stop the program there."""


def unobserved(_: str) -> None:
    pass


class Signing:
    """The job handler of the signer. `evidence_key` answers what seals a release; `choose_key` which key signs a message."""

    def __init__(
        self,
        *,
        pool: Pool,
        evidence_key: CurrentKey,
        choose_key: ChooseKey,
        wake: Callable[[], None],
        at: Step = unobserved,
    ) -> None:
        self._pool = pool
        self._evidence_key = evidence_key
        self._choose_key = choose_key
        # A thread a lane: a card that sticks holds its own, and composing never waits for one.
        self._asking = ThreadPoolExecutor(MOST_LANES, thread_name_prefix="key")
        self._wake = wake
        self._at = at

    async def do(self, job: Job) -> None:
        """One (document, attempt): one message released, or one refusal told."""
        attempt = AttemptStarted.model_validate_json(compress.unpack(job.payload))
        try:
            await self._sign(job, attempt)
        except SigningRefused as refused:
            await self._refuse(job, attempt, refused)
        self._wake()

    async def _sign(self, job: Job, attempt: AttemptStarted) -> None:
        is_signed = bool(algorithms_of(attempt.route.signing))
        frozen = await store.find(self._pool, attempt.attempt_id)
        if frozen is None or not frozen.is_released:
            await self._require_own_card(attempt)
        if frozen is None:
            frozen = await self._freeze(attempt)
        elif frozen.is_released:
            return
        else:
            await self._ask_again(attempt, frozen)
        self._at("frozen")
        released, message_key = frozen.unsigned, None
        if is_signed:
            declared, chosen = attempt.route, await self._chosen(job, attempt)
            attempt = attempt.model_copy(update={"route": chosen.route})
            frozen = await self._for_route(declared, attempt, frozen)
            released, message_key = await self._signed(job, attempt, frozen, chosen.key)
        self._at("signed")
        await self._release(job, attempt, frozen, released, message_key)
        self._at("released")

    async def _require_own_card(self, attempt: AttemptStarted) -> None:
        """Raises SigningRefused: a card that is registered stands for its own firm alone, and while it is valid."""
        number = attempt.route.card_no
        card = await card_rows.card_of(self._pool, attempt.tenant_id, number) if number else None
        fault = card_fault(card, attempt.document, datetime.now(UTC)) if card is not None else None
        if fault is not None:
            raise SigningRefused(*fault)

    async def _freeze(self, attempt: AttemptStarted) -> Frozen:
        message_type = message_type_of(attempt)
        frozen = await self._composed(attempt, None)
        self._at("composed")
        try:
            async with postgres.transaction(self._pool) as connection:
                await store.freeze(connection, attempt, frozen, message_type=message_type)
        except asyncpg.UniqueViolationError as error:
            # Another process has the lane; what it froze stands.
            raise AgainLater("frozen by another worker", failed=False) from error
        return frozen

    async def _composed(self, attempt: AttemptStarted, route: Route | None) -> Frozen:
        message_id = message_id_of(message_type_of(attempt), attempt.attempt_id)
        composed_at = datetime.now(UTC)
        unsigned = await asyncio.to_thread(composed, attempt, message_id=message_id, send_time=composed_at)
        return Frozen(message_id, unsigned, composed_at, key_asked=True, is_released=False, route=route)

    async def _for_route(self, declared: Route, attempt: AttemptStarted, frozen: Frozen) -> Frozen:
        """The frozen message, composed anew where it was frozen for another card."""
        route = None if attempt.route == declared else attempt.route
        if frozen.route == route:
            return frozen
        frozen = await self._composed(attempt, route)
        await store.freeze_anew(self._pool, attempt.attempt_id, frozen)
        return frozen

    async def _ask_again(self, attempt: AttemptStarted, frozen: Frozen) -> None:
        await store.ask_key(self._pool, attempt.attempt_id, discarded=frozen.key_asked)
        if frozen.key_asked:
            metrics.counter("signatures_discarded_total").inc()
            log.get().warning("signature_discarded", attempt_id=str(attempt.attempt_id))

    async def _chosen(self, job: Job, attempt: AttemptStarted) -> Chosen:
        try:
            return await self._choose_key(attempt, job.tries)
        except KeyUnavailable as error:
            raise await self._wait(job, attempt, error) from error

    async def _signed(
        self, job: Job, attempt: AttemptStarted, frozen: Frozen, key: SigningKey
    ) -> tuple[bytes, MessageKey]:
        algorithm = algorithm_for(attempt.route.signing, key)
        signing = partial(_signed_and_verified, frozen.unsigned, key, algorithm)
        try:
            released = await asyncio.get_running_loop().run_in_executor(self._asking, signing)
        except KeyUnavailable as error:
            raise await self._wait(job, attempt, error) from error
        return released, MessageKey(key.key_id, key.certificate, algorithm)

    async def _wait(self, job: Job, attempt: AttemptStarted, error: KeyUnavailable) -> AgainLater:
        """What is known of a key that cannot be used now is kept where people look for it."""
        if not error.may_have_signed:
            await store.key_unasked(self._pool, attempt.attempt_id)
        why = str(error) or "key unavailable"
        await store.waits(self._pool, attempt.attempt_id, attempt.route.card_no, why)
        return AgainLater(why, WORK.after(job.tries))

    async def _release(
        self,
        job: Job,
        attempt: AttemptStarted,
        frozen: Frozen,
        released: bytes,
        message_key: MessageKey | None,
    ) -> None:
        async with postgres.transaction(self._pool) as connection:
            chain = str(attempt.tenant_id)
            head = await store.lock_head(connection, chain)
            key = await self._evidence_key(connection)
            signed_at = datetime.now(UTC)
            if not await store.release(connection, attempt.attempt_id, released, signed_at):
                return
            evidence_id = new_id()
            stated = evidence.statement_of(
                attempt,
                evidence_id=evidence_id,
                previous=head,
                continues=() if head.position else await store.closed_chains(connection, attempt.tenant_id),
                message_id=frozen.message_id,
                message_type=message_type_of(attempt),
                unsigned=frozen.unsigned,
                released=released,
                message_key=message_key,
                key_id=key.key_id,
                certificate=key.certificate,
                composed_at=frozen.composed_at,
                signed_at=signed_at,
            )
            statement = evidence.canonical(stated)
            link = Link(
                position=head.position + 1,
                attempt_id=attempt.attempt_id,
                statement=statement,
                chain_hash=evidence.link_hash(stated, statement),
                signature=await asyncio.to_thread(key.sign, statement, evidence.ALGORITHM),
                certificate=key.certificate,
                message_certificate=message_key.certificate if message_key else None,
            )
            kept = Kept(link, {}, frozen.unsigned, released)
            if (fault := await asyncio.to_thread(fault_of, kept, chain, head)) is not None:
                raise RuntimeError(f"evidence does not hold: {fault}")
            await store.add_link(connection, attempt, evidence_id, link)
            await outbox.append(
                connection,
                [
                    DocumentSigned(
                        tenant_id=attempt.tenant_id,
                        document_id=attempt.document_id,
                        kind=attempt.kind,
                        enterprise_id=attempt.enterprise_id,
                        internal_no=attempt.internal_no,
                        attempt_id=attempt.attempt_id,
                        attempt_no=attempt.attempt_no,
                        declare_flag=attempt.declare_flag,
                        message_type=message_type_of(attempt),
                        message_id=frozen.message_id,
                        seq_no=attempt.numbers.seq_no,
                        route=attempt.route,
                        message=released.decode(),
                        sha256=hashlib.sha256(released).hexdigest(),
                        evidence=Evidence(
                            evidence_id=evidence_id,
                            algorithm=evidence.ALGORITHM,
                            key_id=key.key_id,
                            certificate_serial=key.certificate_serial,
                            chain_hash=link.chain_hash,
                        ),
                        composed_at=frozen.composed_at,
                        signed_at=signed_at,
                    )
                ],
                tenant_id=attempt.tenant_id,
            )
            await jobs.finish(connection, job)
            self._at("releasing")
        metrics.counter("documents_signed_total").labels(attempt.route.signing).inc()
        log.get().info(
            "document_signed",
            attempt_id=str(attempt.attempt_id),
            document_id=str(attempt.document_id),
            message_id=frozen.message_id,
            mailbox=attempt.route.mailbox,
            bytes=len(released),
        )

    async def _refuse(self, job: Job, attempt: AttemptStarted, refused: SigningRefused) -> None:
        async with postgres.transaction(self._pool) as connection:
            await outbox.append(
                connection,
                [
                    SigningFailed(
                        tenant_id=attempt.tenant_id,
                        document_id=attempt.document_id,
                        kind=attempt.kind,
                        enterprise_id=attempt.enterprise_id,
                        internal_no=attempt.internal_no,
                        attempt_id=attempt.attempt_id,
                        attempt_no=attempt.attempt_no,
                        declare_flag=attempt.declare_flag,
                        reason_code=refused.code,
                        reason=refused.reason,
                        failed_at=datetime.now(UTC),
                    )
                ],
                tenant_id=attempt.tenant_id,
            )
            await jobs.finish(connection, job)
        metrics.counter("signing_failed_total").labels(refused.code).inc()
        log.get().info("signing_refused", attempt_id=str(attempt.attempt_id), reason_code=refused.code)


def _signed_and_verified(unsigned: bytes, key: SigningKey, algorithm: Algorithm) -> bytes:
    """The message with its signature filled in, read back and checked with the certificate's key."""
    signed = singlewindow.sign(
        unsigned,
        algorithm=algorithm,
        key_name=key.certificate_serial,
        signer=lambda data: key.sign(data, algorithm),
        certificate=key.certificate,
    )
    singlewindow.verify(signed, certificates.read(key.certificate).verifies)
    return signed
