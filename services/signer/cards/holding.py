"""What has cards in its hand: the readers of this machine, or the agent of a site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import SecretStr

from services.signer.media.port import CardOut, CardSeen, Signature, SignatureAlgorithm
from services.signer.media.supervisor import ReaderReport, ReaderState


class Holder(Protocol):
    """`rack.Rack` is one."""

    def readers(self) -> Sequence[ReaderReport]: ...

    def reader_of(self, card_no: str) -> ReaderReport | None:
        """Where the card is, or was last; None: never seen here."""

    async def sign(
        self, card_no: str, data: bytes, algorithm: SignatureAlgorithm | None = None, *, urgent: bool = False
    ) -> Signature:
        """By exactly this card. Raises MediumFault."""

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        """Raises MediumFault: WrongPin with the tries left, PinBlocked."""


def card_in(report: ReaderReport | None, card_no: str) -> CardSeen | None:
    """The card, when it can sign there now."""
    if report is None or report.state is not ReaderState.READY:
        return None
    return next((card for card in report.cards if card.card_no == card_no), None)


class Holders:
    """Several as one: a card is asked where it is now, else where it was seen last."""

    def __init__(self, *holders: Holder) -> None:
        self._holders = holders

    def readers(self) -> Sequence[ReaderReport]:
        return [report for holder in self._holders for report in holder.readers()]

    def reader_of(self, card_no: str) -> ReaderReport | None:
        holder = self._holding(card_no)
        return None if holder is None else holder.reader_of(card_no)

    async def sign(
        self, card_no: str, data: bytes, algorithm: SignatureAlgorithm | None = None, *, urgent: bool = False
    ) -> Signature:
        return await self._for(card_no).sign(card_no, data, algorithm, urgent=urgent)

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        await self._for(card_no).check_pin(card_no, pin)

    def _for(self, card_no: str) -> Holder:
        holder = self._holding(card_no)
        if holder is None:
            raise CardOut(card_no)
        return holder

    def _holding(self, card_no: str) -> Holder | None:
        known = [(holder, report) for holder in self._holders if (report := holder.reader_of(card_no))]
        ready = [holder for holder, report in known if card_in(report, card_no)]
        if ready:
            return ready[0]
        return max(known, key=lambda one: one[1].since)[0] if known else None
