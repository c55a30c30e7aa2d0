"""A reader that a test fills and spoils: implements the signer's `Holder` without a process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import padding
from pydantic import SecretStr

from backbone.certified_key import RSA_HASHES
from services.signer.media import certificates
from services.signer.media.port import (
    CardOut,
    CardSeen,
    MediumFault,
    Order,
    PinBlocked,
    Signature,
    SignatureAlgorithm,
    WrongPin,
)
from services.signer.media.supervisor import ReaderReport, ReaderState
from simulators.card import curve
from simulators.card.issuing import KeyKind, Person, issue
from simulators.card.machine import Card

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class Reader:
    """`faults`: what is raised next instead of a signature, a card; an empty list for one that signs."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}
        self._known: set[str] = set()
        self.faults: dict[str, list[MediumFault]] = {}
        self.asked: list[tuple[str, bool]] = []
        """Card and urgency of every signature that was asked for."""

    def insert(self, kind: KeyKind = "rsa-sha256", *, days: int = 365, **person: str) -> Card:
        card = Card(issue(Person(**person), kind, days=days))
        number = card.issued.person.card_no
        self._cards[number] = card
        self._known.add(number)
        return card

    def pull(self, number: str) -> None:
        del self._cards[number]

    def readers(self) -> Sequence[ReaderReport]:
        return [self._report(number) for number in sorted(self._known)]

    def reader_of(self, card_no: str) -> ReaderReport | None:
        return self._report(card_no) if card_no in self._known else None

    async def sign(
        self, card_no: str, data: bytes, algorithm: SignatureAlgorithm | None = None, *, urgent: bool = False
    ) -> Signature:
        card = self._of(card_no)
        self.asked.append((card_no, urgent))
        if self.faults.get(card_no):
            raise self.faults[card_no].pop(0)
        certificate = certificates.read(card.issued.certificate)
        order = Order(data, algorithm)
        chosen, digest = certificate.digest(order)
        key = card.issued.key
        if isinstance(key, curve.Key):
            value = key.sign(digest)
        else:
            value = key.sign(data, padding.PKCS1v15(), RSA_HASHES[chosen]())
        card.signatures += 1
        return certificate.proved(order, value, card_no)

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        card = self._of(card_no)
        if card.tries == 0:
            raise PinBlocked(tries_left=0)
        if pin.get_secret_value() != card.pin:
            card.tries -= 1
            raise WrongPin(tries_left=card.tries)
        card.tries = 3

    def _of(self, card_no: str) -> Card:
        if card_no not in self._cards:
            raise CardOut(card_no)
        return self._cards[card_no]

    def _report(self, number: str) -> ReaderReport:
        card = self._cards.get(number)
        reader = f"Reader of {number}"
        return ReaderReport(
            reader=reader,
            kind="pcsc",
            state=ReaderState.EMPTY if card is None else ReaderState.READY,
            cards=() if card is None else (_seen(card, reader),),
            since=_SINCE,
            last_error=None,
            last_error_told=None,
            last_error_at=None,
            retry_at=None,
            waiting=0,
            signatures=0 if card is None else card.signatures,
            faults=0,
            latency_seconds=None,
        )


def _seen(card: Card, reader: str) -> CardSeen:
    person = card.issued.person
    return certificates.read(card.issued.certificate).seen(
        reader=reader, card_no=person.card_no, firm_codes=(person.firm_code, person.firm_credit_code)
    )
