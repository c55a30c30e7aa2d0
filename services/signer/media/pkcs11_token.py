"""A PKCS#11 token or HSM: any module, one signing key with its certificate a token.

The library is unsafe with two threads, and a module may hold the interpreter while it works: hence a process a token.
The token's serial number stands for the card's number. SM2 has no standard mechanism in PKCS#11 and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.certificates import Certificate
from services.signer.media.port import (
    AlgorithmMissing,
    CardOut,
    CardRefused,
    CardSeen,
    MediumFault,
    Order,
    PinBlocked,
    ReaderGone,
    ServiceAway,
    Signature,
    WrongPin,
)

_MECHANISMS: Mapping[str, str] = MappingProxyType(
    {"rsa-sha1": "SHA1_RSA_PKCS", "rsa-sha256": "SHA256_RSA_PKCS"}
)
_FAULTS: Mapping[str, type[MediumFault]] = MappingProxyType(
    {
        "PinIncorrect": WrongPin,
        "PinLenRange": WrongPin,
        "PinInvalid": WrongPin,
        "PinLocked": PinBlocked,
        "TokenNotPresent": CardOut,
        "DeviceRemoved": ReaderGone,
        "SessionHandleInvalid": ServiceAway,
        "DeviceError": ServiceAway,
        "GeneralError": ServiceAway,
    }
)


def tokens(module: Path, pattern: str) -> Sequence[str]:
    """Serial numbers of those whose label matches. Raises MediumFault."""
    with _faults("list tokens"):
        library = _library(module)
        library.reinitialize()
        return [_number(token) for token in library.get_tokens() if re.search(pattern, token.label)]


class Pkcs11Token:
    """Implements `port.Medium`."""

    def __init__(self, module: Path, number: str) -> None:
        self._number = number
        with _faults("open"):
            found = [token for token in _library(module).get_tokens() if _number(token) == number]
        if not found:
            raise ReaderGone(number)
        self._token = found[0]
        self._last: tuple[CardSeen, Certificate, bytes] | None = None

    def cards(self) -> Sequence[CardSeen]:
        if self._last is None:
            self._last = self._read()
        else:
            # Cheap, and fails when the token is gone.
            with _faults("session"), self._token.open():
                pass
        return [] if self._last is None else [self._last[0]]

    def tries_left(self, card_no: str) -> int | None:
        """PKCS#11 tells only that few are left."""
        flags = int(self._token.flags)
        return 0 if flags & _LOCKED else 1 if flags & _FINAL_TRY else None

    def check_pin(self, card_no: str, pin: SecretStr) -> None:
        with self._session(card_no, pin):
            pass

    def sign(self, card_no: str, pin: SecretStr, orders: Sequence[Order]) -> Iterator[Signature]:
        _, certificate, key_id = self._of(card_no)
        certificate.check_time()
        if self.tries_left(card_no) == 1:
            raise WrongPin("the last try is left to a person", tries_left=1)
        import pkcs11

        with self._session(card_no, pin) as session:
            with _faults("key"):
                key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=key_id)
            for order in orders:
                name = _MECHANISMS.get(certificate.choose(order.algorithm))
                if name is None:
                    raise AlgorithmMissing("PKCS#11 has no standard mechanism for SM2")
                with _faults("sign"):
                    value = key.sign(order.data, mechanism=pkcs11.Mechanism[name])
                yield certificate.proved(order, bytes(value), card_no)

    def close(self) -> None:
        pass

    def _of(self, card_no: str) -> tuple[CardSeen, Certificate, bytes]:
        self.cards()
        if self._last is None or card_no != self._number:
            raise CardOut(card_no)
        return self._last

    @contextmanager
    def _session(self, card_no: str, pin: SecretStr) -> Iterator[Any]:
        self._of(card_no)
        with _faults("login"):
            session = self._token.open(user_pin=pin.get_secret_value())
        try:
            yield session
        finally:
            session.close()

    def _read(self) -> tuple[CardSeen, Certificate, bytes] | None:
        """The first certificate; certificates are public objects, so no PIN is needed. None: nothing to sign with."""
        import pkcs11

        with _faults("read"), self._token.open() as session:
            for found in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
                certificate = certificates.read(bytes(found[pkcs11.Attribute.VALUE]))
                card = certificate.seen(reader=self._number, card_no=self._number)
                return card, certificate, bytes(found[pkcs11.Attribute.ID])
        return None


_FINAL_TRY, _LOCKED = 0x00020000, 0x00040000


def _library(module: Path) -> Any:
    import pkcs11

    return pkcs11.lib(str(module))


def _number(token: Any) -> str:
    return bytes(token.serial).decode("ascii", "replace").strip("\0 ")


@contextmanager
def _faults(doing: str) -> Iterator[None]:
    """Turns what the library raises into MediumFault."""
    import pkcs11.exceptions

    try:
        yield
    except pkcs11.exceptions.PKCS11Error as error:
        name = type(error).__name__
        raise _FAULTS.get(name, CardRefused)(f"{doing}: {name}") from error
    except (RuntimeError, OSError) as error:
        raise ServiceAway(f"{doing}: {error}") from error
