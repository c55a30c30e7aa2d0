"""What the cards here shall sign: orders are taken under a lease, signed by the rack, and answered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from typing import get_args
from uuid import UUID

from agent.journal import Journal
from agent.link import LONGEST_WAIT_SECONDS, Cut, Declined, Link, NotAdmitted
from backbone import log
from backbone.backoff import WORK
from backbone.pauses import pause
from contracts.answers.sites import SiteCard, SiteOrder, SiteOrderAnswered, SiteOrders, SiteReader
from services.signer.media.port import AlgorithmMissing, MediumFault, Signature, SignatureAlgorithm
from services.signer.media.rack import Rack

_PATH = "/v1/site/signings"
_MOST = 16
_LOOK_SECONDS = 0.2
_EMPTY_SECONDS = 5.0
_ANSWER_TRIES = 5


class SigningHere:
    """Of all cards in the readers of this machine."""

    def __init__(self, link: Link, journal: Journal, rack: Rack, at: Callable[[str], None]) -> None:
        self._link = link
        self._journal = journal
        self._rack = rack
        self._at = at
        self._in_hand: dict[asyncio.Task[None], UUID] = {}
        self.held: frozenset[str] = frozenset()
        """Cards whose orders the platform gives to this agent."""

    async def run(self, stop: asyncio.Event) -> None:
        failures = 0
        try:
            while not stop.is_set():
                try:
                    await self._ask()
                except (Cut, NotAdmitted, Declined) as error:
                    failures += 1
                    log.get().warning("orders_wait", reason=str(error), tries=failures)
                    await pause(stop, 60.0 if isinstance(error, NotAdmitted) else WORK.after(failures))
                else:
                    failures = 0
                    await pause(stop, _LOOK_SECONDS)
        finally:
            for task in self._in_hand:
                task.cancel()
            await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _ask(self) -> None:
        """Also without a card or a free hand: what is named here is what the platform counts as there."""
        cards = [
            {
                "card_no": card.card_no,
                "reader": card.reader,
                "certificate": base64.b64encode(card.certificate).decode(),
            }
            for card in self._rack.cards()
        ]
        most = _MOST - len(self._in_hand)
        # Short, so that a card that is put in or pulled out is told soon.
        wait = min(LONGEST_WAIT_SECONDS, _EMPTY_SECONDS)
        # What an answer that was lost gave, or an earlier life of this agent had, is not in hand and comes again.
        in_hand = sorted(str(order_id) for order_id in self._in_hand.values())
        body = {"cards": cards, "most": most, "wait_seconds": wait, "in_hand": in_hand}
        told = SiteOrders.model_validate(await self._link.ask("POST", f"{_PATH}/requests", body))
        self.held = frozenset(told.held)
        for order in told.orders:
            task = asyncio.create_task(self._do(order))
            self._in_hand[task] = order.order_id
            task.add_done_callback(self._in_hand.pop)

    async def _do(self, order: SiteOrder) -> None:
        content = base64.b64decode(order.content)
        order_id = str(order.order_id)
        await asyncio.to_thread(
            self._journal.order, order_id, order.card_no, hashlib.sha256(content).hexdigest()
        )
        self._at("order_noted")
        answer: dict[str, object] = {"lease": order.lease}
        try:
            made = await self._signed(order, content)
            answer["signature"] = base64.b64encode(made.value).decode()
            outcome = "signed"
        except MediumFault as fault:
            answer |= {
                "fault": fault.code,
                "detail": fault.detail[:500],
                "tries_left": fault.tries_left,
                "may_have_signed": fault.may_have_signed,
            }
            outcome = fault.code
        self._at("order_signed")
        await asyncio.to_thread(self._journal.signed, order_id, outcome)
        await self._tell(order_id, answer)
        self._at("order_answered")

    async def _signed(self, order: SiteOrder, content: bytes) -> Signature:
        if order.algorithm not in get_args(SignatureAlgorithm):
            raise AlgorithmMissing(order.algorithm)
        algorithm: SignatureAlgorithm = order.algorithm  # type: ignore[assignment]
        return await self._rack.sign(order.card_no, content, algorithm, urgent=order.urgent)

    async def _tell(self, order_id: str, answer: dict[str, object]) -> None:
        """While the lease may hold; after it another life of the order has begun."""
        for tries in range(1, _ANSWER_TRIES + 1):
            try:
                told = await self._link.ask("POST", f"{_PATH}/{order_id}/answer", answer)
            except (Cut, NotAdmitted) as error:
                log.get().warning("answer_waits", job_id=order_id, reason=str(error), tries=tries)
                await asyncio.sleep(WORK.after(tries))
            except Declined as error:
                log.get().error("answer_declined", job_id=order_id, reason=str(error))
                return
            else:
                if not SiteOrderAnswered.model_validate(told).accepted:
                    log.get().warning("answer_too_late", job_id=order_id)
                return

    def seen(self) -> tuple[list[SiteReader], list[SiteCard]]:
        """For who asks how the agent is."""
        readers = [
            SiteReader(reader=one.reader, state=one.state.value, last_error=one.last_error)
            for one in self._rack.readers()
        ]
        cards = [
            SiteCard(
                card_no=card.card_no,
                reader=card.reader,
                holder=card.holder,
                firm_name=card.firm_name,
                serial=card.serial,
                valid_until=card.valid_until,
                held=card.card_no in self.held,
            )
            for card in self._rack.cards()
        ]
        return readers, cards
