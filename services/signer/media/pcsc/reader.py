"""A card in a PC/SC reader: IC card, IKey, U盾."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.certificates import Certificate
from services.signer.media.pcsc.profile import Profile, profile_of
from services.signer.media.pcsc.transaction import Transaction, inserted
from services.signer.media.port import (
    AlgorithmMissing,
    CardExchanged,
    CardOut,
    CardRefused,
    CardSeen,
    Order,
    PinBlocked,
    Signature,
    SignatureAlgorithm,
    WrongPin,
)

# DigestInfo (PKCS#1) up to the hash.
_DIGEST_INFOS: Mapping[SignatureAlgorithm, bytes] = MappingProxyType(
    {
        "rsa-sha1": bytes.fromhex("3021300906052B0E03021A05000414"),
        "rsa-sha256": bytes.fromhex("3031300D060960864801650304020105000420"),
    }
)
_SELECT, _VERIFY, _SET, _PERFORM = 0xA4, 0x20, 0x22, 0x2A
_APPLICATION, _SIGNING_KEY, _SIGNATURE = 0x0400, 0x41B6, 0x9E9A
_OK, _BLOCKED = 0x9000, 0x6983


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read from the card that is in the reader now."""

    insertion: int
    profile: Profile
    certificate: Certificate
    card: CardSeen


class PcscReader:
    """Implements `port.Medium`."""

    def __init__(self, reader: str, profiles: Path | None) -> None:
        self._reader = reader
        self._profiles = profiles
        self._last: _Read | None = None

    def cards(self) -> Sequence[CardSeen]:
        found = self._now()
        return [] if found is None else [found.card]

    def tries_left(self, card_no: str) -> int | None:
        found = self._of(card_no)
        with self._transaction(found) as transaction:
            return _tries_left(transaction, found.profile)

    def check_pin(self, card_no: str, pin: SecretStr) -> None:
        found = self._of(card_no)
        with self._transaction(found) as transaction:
            _verify(transaction, found.profile, pin)

    def sign(self, card_no: str, pin: SecretStr, orders: Sequence[Order]) -> Iterator[Signature]:
        found = self._of(card_no)
        found.certificate.check_time()
        with self._transaction(found) as transaction:
            if _tries_left(transaction, found.profile) == 1:
                # A person must be there when the card could lock itself.
                raise WrongPin("the last try is left to a person", tries_left=1)
            _verify(transaction, found.profile, pin)
            for order in orders:
                yield found.certificate.proved(order, _signed(transaction, found, order), card_no)

    def close(self) -> None:
        pass

    def _now(self) -> _Read | None:
        insertion = inserted(self._reader)
        if insertion is None:
            self._last = None
        elif self._last is None or self._last.insertion != insertion:
            self._last = self._read(insertion)
        return self._last

    def _of(self, card_no: str) -> _Read:
        found = self._now()
        if found is None or found.card.card_no != card_no:
            raise CardOut(card_no)
        return found

    def _transaction(self, found: _Read) -> _Selected:
        return _Selected(self._reader, found)

    def _read(self, insertion: int) -> _Read:
        with Transaction(self._reader) as transaction:
            profile = profile_of(transaction.answer_to_reset, self._profiles)
            transaction.most_data = profile.most_data
            transaction.ask(_SELECT, _APPLICATION, profile.application)
            files = profile.files
            certificate = certificates.read(transaction.read_file(files.certificate))
            told = {
                name: transaction.read_file(number).decode().strip("\0 ")
                for name, number in files
                if number is not None and name != "certificate"
            }
        card = certificate.seen(
            reader=self._reader,
            card_no=told.get("card_no") or certificate.serial,
            holder=told.get("holder"),
            firm_name=told.get("firm_name"),
            firm_codes=(told.get("firm_code"), told.get("firm_credit_code")),
        )
        return _Read(insertion, profile, certificate, card)


class _Selected(Transaction):
    """A transaction in the signing application of the card that was read, and of no other."""

    def __init__(self, reader: str, found: _Read) -> None:
        super().__init__(reader, found.profile.most_data)
        self._found = found

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._select()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def _select(self) -> None:
        """A card that was exchanged faster than the driver looks is not given this one's PIN. Raises MediumFault."""
        profile, card_no = self._found.profile, self._found.card.card_no
        self.ask(_SELECT, _APPLICATION, profile.application)
        number = profile.files.card_no
        if number is not None and self.read_file(number).decode(errors="replace").strip("\0 ") != card_no:
            raise CardExchanged(card_no)


def _tries_left(transaction: Transaction, profile: Profile) -> int | None:
    """VERIFY without data asks and uses no try up."""
    _, status = transaction.tell(_VERIFY, profile.pin.reference)
    if status == _BLOCKED:
        return 0
    return status & 0x0F if status & 0xFFF0 == 0x63C0 else None


def _verify(transaction: Transaction, profile: Profile, pin: SecretStr) -> None:
    """Raises WrongPin, PinBlocked."""
    given = pin.get_secret_value()
    if not re.fullmatch(r"[\x20-\x7e]{1,32}", given):
        raise WrongPin("not a PIN that a card can take")
    data = given.encode().ljust(profile.pin.length, bytes([profile.pin.filler]))
    _, status = transaction.tell(_VERIFY, profile.pin.reference, data)
    if status == _OK:
        return
    if status == _BLOCKED or status == 0x63C0:
        raise PinBlocked(tries_left=0)
    if status & 0xFFF0 == 0x63C0:
        raise WrongPin(tries_left=status & 0x0F)
    raise CardRefused(f"VERIFY: {status:04X}")


def _signed(transaction: Transaction, found: _Read, order: Order) -> bytes:
    algorithm, digest = found.certificate.digest(order)
    how = found.profile.algorithms.get(algorithm)
    if how is None:
        raise AlgorithmMissing(f"profile {found.profile.name} knows no {algorithm}")
    transaction.ask(_SET, _SIGNING_KEY, bytes([0x80, 1, how.reference, 0x84, 1, how.key]))
    given = _DIGEST_INFOS[algorithm] + digest if how.input == "digest_info" else digest
    return transaction.ask(_PERFORM, _SIGNATURE, given, answer=True)
