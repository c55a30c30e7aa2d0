"""Making the message of an attempt: freeze, sign, prove, release. Called again after a crash, it goes on where it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import asyncpg

from backbone import compress, jobs, log, metrics, outbox, postgres
from backbone.backoff import WORK, AgainLater
from backbone.jobs import Job
from backbone.postgres import Pool
from contracts.events.entry import AttemptStarted
from contracts.events.event import Route
from contracts.events.signer import SigningFailed
from customs import singlewindow
from customs.singlewindow import Algorithm
from services.signer import releasing, store
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
from services.signer.evidence import MessageKey
from services.signer.evidence_keys import CurrentKey
from services.signer.gateway import KeyUnavailable, SigningKey
from services.signer.media import certificates
from services.signer.releasing import Elsewhere, Ready
from services.signer.store import Frozen

QUEUE = "sign"
AT_ONCE = 32
"""Messages of a mailbox that share a commit, where no key is asked."""
MOST_LANES = 64
"""Cards that are asked at the same time."""
Step = Callable[[str], None]
"""Told of every step that is done; tests stop the program there."""


def unobserved(_: str) -> None:
    pass


class _NotPlain(Exception):
    """A key is to be asked, a card speaks against it, or it was begun before."""


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

    async def together(self, jobs_of_lane: Sequence[Job]) -> None:
        """Messages that need no key, none of them begun: composed, kept and released in one commit.

        Raises _NotPlain where one is otherwise; `do` understands any.
        """
        attempts = [_attempt_of(job) for job in jobs_of_lane]
        tenants = {attempt.tenant_id for attempt in attempts}
        if len(tenants) > 1 or any(algorithms_of(attempt.route.signing) for attempt in attempts):
            raise _NotPlain
        if await store.are_kept(self._pool, [attempt.attempt_id for attempt in attempts]):
            raise _NotPlain
        for number, sharing in _by_card(attempts).items():
            card = await card_rows.card_of(self._pool, attempts[0].tenant_id, number)
            if card is not None and any(
                card_fault(card, each.document, datetime.now(UTC)) for each in sharing
            ):
                raise _NotPlain
        messages = [await self._composed(attempt, None) for attempt in attempts]
        self._at("composed")
        await self._release(
            [
                Ready(job, attempt, frozen, frozen.unsigned)
                for job, attempt, frozen in zip(jobs_of_lane, attempts, messages, strict=True)
            ]
        )
        self._wake()

    async def do(self, job: Job) -> None:
        """One (document, attempt): one message released, or one refusal told."""
        attempt = _attempt_of(job)
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
        ready = Ready(job, attempt, frozen, released, message_key, is_kept=True)
        with contextlib.suppress(Elsewhere):
            await self._release([ready])

    async def _release(self, all_ready: Sequence[Ready]) -> None:
        tenant_id = all_ready[0].attempt.tenant_id
        async with postgres.transaction(self._pool) as connection:
            try:
                await releasing.release(connection, self._evidence_key, tenant_id, all_ready)
            except KeyUnavailable as error:
                tries = max(ready.job.tries for ready in all_ready)
                raise AgainLater(f"evidence key: {error}", WORK.after(tries)) from error
            self._at("releasing")
        self._at("released")
        releasing.say(all_ready)

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


def _attempt_of(job: Job) -> AttemptStarted:
    return AttemptStarted.model_validate_json(compress.unpack(job.payload))


def _by_card(attempts: Sequence[AttemptStarted]) -> dict[str, list[AttemptStarted]]:
    """Those whose route names a card."""
    found: dict[str, list[AttemptStarted]] = {}
    for attempt in attempts:
        if attempt.route.card_no:
            found.setdefault(attempt.route.card_no, []).append(attempt)
    return found


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
