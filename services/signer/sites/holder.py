"""Cards at sites as a holder of cards: what the signer sees of them, and how it has one sign."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from pydantic import SecretStr

from backbone import metrics
from backbone.pauses import pause
from backbone.postgres import Pool, Record
from services.signer.media import certificates
from services.signer.media.port import (
    FAULTS,
    CardOut,
    CardRefused,
    MediumFault,
    PinAtSite,
    Signature,
    SignatureAlgorithm,
    TimedOut,
    WrongSignature,
)
from services.signer.media.supervisor import ReaderReport, ReaderState
from services.signer.sites import rows

KIND = "site"
_REFRESH_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_SWEEP_SECONDS = 3600.0
_OTHER_CERTIFICATE = "现场卡上的证书与登记的不同，或尚未登记证书，请核对卡的登记"


class SiteCards:
    """A component. An order that no agent answers in `patience_seconds` is given up, and the job tries again later."""

    def __init__(self, worker_pool: Pool, *, patience_seconds: float = 60.0) -> None:
        self.name = "site-cards"
        self.ready = asyncio.Event()
        self._pool = worker_pool
        self._patience = patience_seconds
        self._tenants: dict[str, UUID] = {}
        self._reports: dict[str, ReaderReport] = {}

    def readers(self) -> Sequence[ReaderReport]:
        return list(self._reports.values())

    def reader_of(self, card_no: str) -> ReaderReport | None:
        return self._reports.get(card_no)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        swept_at = float("-inf")
        try:
            while not stop.is_set():
                await self.refresh()
                self.ready.set()
                if time.monotonic() - swept_at > _SWEEP_SECONDS:
                    await rows.sweep(self._pool)
                    swept_at = time.monotonic()
                await pause(stop, _REFRESH_SECONDS)
        finally:
            self.ready.clear()

    async def refresh(self) -> None:
        """What agents said of their cards. Only what the card's own tenant says counts: a number is of one tenant."""
        found = await rows.cards(self._pool)
        self._tenants = {row["card_no"]: row["tenant_id"] for row in found}
        self._reports = {row["card_no"]: _report(row) for row in found}
        metrics.gauge("site_cards").labels("there").set(sum(row["is_heard"] and row["fits"] for row in found))
        metrics.gauge("site_cards").labels("away").set(
            sum(not (row["is_heard"] and row["fits"]) for row in found)
        )

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        """The PIN of a card at a site is its agent's business and never comes here. Raises PinAtSite."""
        raise PinAtSite(card_no)

    async def sign(
        self, card_no: str, data: bytes, algorithm: SignatureAlgorithm | None = None, *, urgent: bool = False
    ) -> Signature:
        """By exactly this card, verified with its registered certificate. Raises MediumFault."""
        report = self._reports.get(card_no)
        if report is None or report.state is not ReaderState.READY:
            raise CardOut(card_no)
        (card,) = report.cards
        certificate = certificates.read(card.certificate)
        chosen = certificate.choose(algorithm)
        certificate.check_time()
        order_id = await rows.ask(self._pool, self._tenants[card_no], card_no, data, chosen, urgent=urgent)
        try:
            answered = await self._answer(order_id)
        except asyncio.CancelledError:
            await asyncio.shield(rows.drop(self._pool, order_id))
            raise
        value: bytes = answered["signature"]
        if not await asyncio.to_thread(certificate.verifies, data, value, chosen):
            raise WrongSignature(card_no)
        return Signature(value, chosen, card_no, card.certificate, card.serial)

    async def _answer(self, order_id: UUID) -> Record:
        until = time.monotonic() + self._patience
        while True:
            row = await rows.look(self._pool, order_id)
            if row["state"] == "signed":
                return row
            if row["state"] == "failed":
                raise _fault(row)
            if time.monotonic() >= until and (dropped := await rows.drop(self._pool, order_id)) is not None:
                fault = TimedOut("no agent answered")
                # One that no agent took was shown to no card.
                raise fault if dropped["lease"] else fault.unasked()
            await asyncio.sleep(_LOOK_SECONDS)


def _fault(row: Record) -> MediumFault:
    kind = FAULTS.get(row["fault"], CardRefused)
    fault = kind(row["detail"] or "", tries_left=row["tries_left"])
    fault.may_have_signed = row["may_have_signed"]
    return fault


def _report(row: Record) -> ReaderReport:
    there = row["is_heard"] and row["fits"]
    card = certificates.read(row["certificate"]).seen(reader=row["reader"], card_no=row["card_no"])
    told = None if there else _OTHER_CERTIFICATE if row["is_heard"] else CardOut(row["card_no"]).told
    return ReaderReport(
        reader=row["reader"],
        kind=KIND,
        state=ReaderState.READY if there else ReaderState.FAILING if row["is_heard"] else ReaderState.GONE,
        cards=(card,) if there else (),
        since=row["since"],
        last_error=None if there else CardRefused.code if row["is_heard"] else CardOut.code,
        last_error_told=told,
        last_error_at=None if there else datetime.now(UTC),
        retry_at=None,
        waiting=row["waiting"],
        signatures=0,
        faults=0,
        latency_seconds=None,
    )
