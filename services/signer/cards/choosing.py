"""Which key signs a message: the card of its route, another card of the same firm in its place, or the software key.

A card that its tenant registered signs alone what names it. Another takes over only where the firm consented, and only after
so many tries: `Ic_Card`, the base directory and who is responsible change with it, so the message is composed anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from backbone import log
from backbone.postgres import Pool
from contracts.events.entry import AttemptStarted
from contracts.events.event import Route
from services.signer.cards import rows
from services.signer.cards.card_key import CardKey
from services.signer.cards.checking import fault_of
from services.signer.cards.holding import Holder, card_in
from services.signer.cards.rows import CardOfFirm
from services.signer.domain import is_urgent
from services.signer.gateway import KeyUnavailable, SigningKey
from services.signer.media.port import FAULTS, CardOut
from services.signer.media.supervisor import ReaderState

TAKEOVER_TRIES = 4
"""So many tries in a row the card of the route has first: about twenty seconds."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """`route` is the attempt's own, or names the card that signs in place of the first and its base directory."""

    key: SigningKey
    route: Route


ChooseKey = Callable[[AttemptStarted, int], Awaitable[Chosen]]
"""For an attempt at its so-manieth try. Raises KeyUnavailable."""


class CardKeys:
    """`software` signs where the route names no card that the tenant registered."""

    def __init__(self, pool: Pool, holder: Holder, software: SigningKey) -> None:
        self._pool = pool
        self._holder = holder
        self._software = software

    async def choose(self, attempt: AttemptStarted, tries: int) -> Chosen:
        """Implements `ChooseKey`."""
        route = attempt.route
        number = route.card_no
        card = await rows.card_of(self._pool, attempt.tenant_id, number) if number else None
        if card is None:
            return Chosen(self._software, route)
        if tries > TAKEOVER_TRIES and (chosen := await self._in_its_place(attempt, card)) is not None:
            return chosen
        return Chosen(self._key(attempt, card), route)

    async def _in_its_place(self, attempt: AttemptStarted, card: CardOfFirm) -> Chosen | None:
        for successor in await rows.successors(self._pool, attempt.tenant_id, card.number):
            if fault_of(successor.card, attempt.document, datetime.now(UTC)) is not None:
                continue
            try:
                key = self._key(attempt, successor.card)
            except KeyUnavailable:
                continue
            changes = {
                "card_no": successor.card.number,
                "operator_customs_code": successor.card.firm_code,
                "mailbox": successor.mailbox or attempt.route.mailbox,
            }
            log.get().warning(
                "card_taken_over",
                attempt_id=str(attempt.attempt_id),
                card=card.number,
                successor=successor.card.number,
            )
            return Chosen(key, attempt.route.model_copy(update=changes))
        return None

    def _key(self, attempt: AttemptStarted, card: CardOfFirm) -> SigningKey:
        """Raises KeyUnavailable with why, for people."""
        if card.pin_fault is not None:
            fault = FAULTS.get(card.pin_fault, CardOut)("", tries_left=card.pin_tries_left)
            raise KeyUnavailable(fault.told)
        report = self._holder.reader_of(card.number)
        seen = card_in(report, card.number)
        if seen is None:
            # A reader that works again has only lost the card, whatever ailed it before.
            ails = report is not None and report.state not in (ReaderState.READY, ReaderState.EMPTY)
            told = report.last_error_told if report is not None and ails else None
            raise KeyUnavailable(told or CardOut(card.number).told)
        if seen.firm_credit_code not in (None, card.firm_uscc):
            raise KeyUnavailable(f"读卡器中卡 {card.number} 所属的企业与登记的不同，请核对卡的登记")
        loop = asyncio.get_running_loop()
        return CardKey(self._holder, seen, loop, urgent=is_urgent(attempt))
