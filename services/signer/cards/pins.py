"""PINs as the readers ask for them: kept sealed, and never tried again once a card refused one."""

from __future__ import annotations

from pydantic import SecretStr

from backbone import log, postgres
from backbone.postgres import Pool
from backbone.sealing import SealBroken, Sealer
from services.signer.cards import rows
from services.signer.media.port import MediumFault, PinMissing


class KeptPins:
    """`of` and `refused` are what a `Rack` takes as `pin_of` and `pin_refused`."""

    def __init__(self, worker_pool: Pool, sealer: Sealer) -> None:
        self._pool = worker_pool
        self._sealer = sealer
        self._unwritten: dict[str, MediumFault] = {}

    async def of(self, card_no: str) -> SecretStr | None:
        """Raises MediumFault."""
        try:
            if (fault := self._unwritten.get(card_no)) is not None:
                await self.refused(card_no, fault)
                raise fault.unasked()
            return await rows.pin_of(self._pool, self._sealer, card_no)
        except SealBroken as error:
            raise PinMissing("its seal does not open") from error
        except postgres.OUTAGES as error:
            raise MediumFault("the PIN cannot be read now") from error

    async def refused(self, card_no: str, fault: MediumFault) -> None:
        """Kept in memory until the database has it."""
        self._unwritten[card_no] = fault
        try:
            await rows.pin_refused(self._pool, card_no, fault)
        except postgres.OUTAGES as error:
            log.get().warning("refused_pin_not_kept_yet", card=card_no, error_type=type(error).__name__)
            return
        del self._unwritten[card_no]
