"""Opening what is configured. Each kind is imported only where it is used: not every machine has its library."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from services.signer.media.configured import (
    Configured,
    EportService,
    KeyFileOfSandbox,
    PcscReaders,
    Pkcs11Tokens,
)
from services.signer.media.port import Medium

Changes = Callable[[float], tuple[Sequence[str], Sequence[str]]]
"""The places there are, and those in which a card came or went since the last call, waiting so many seconds for that.

Readers tell at once; of other media only the places are known, after the wait. Raises MediumFault.
"""


def changes(configured: Configured) -> Changes:
    if isinstance(configured, PcscReaders):
        from services.signer.media.pcsc.readers import Changes as OfReaders

        return partial(OfReaders().wait, configured.readers)

    def after(seconds: float) -> tuple[Sequence[str], Sequence[str]]:
        time.sleep(seconds)
        return places(configured), ()

    return after


def places(configured: Configured) -> Sequence[str]:
    """The readers, slots … that are there now. Raises MediumFault."""
    match configured:
        case PcscReaders():
            from services.signer.media.pcsc.readers import readers

            return readers(configured.readers)
        case Pkcs11Tokens():
            from services.signer.media.pkcs11_token import tokens

            return tokens(configured.module, configured.tokens)
        case EportService():
            return (configured.url,)
        case KeyFileOfSandbox():
            return (configured.path.name,)


def medium(configured: Configured, place: str, *, production: bool) -> Medium:
    """Raises MediumFault."""
    match configured:
        case PcscReaders():
            from services.signer.media.pcsc.reader import PcscReader

            return PcscReader(place, configured.profiles)
        case Pkcs11Tokens():
            from services.signer.media.pkcs11_token import Pkcs11Token

            return Pkcs11Token(configured.module, place)
        case EportService():
            from services.signer.media.eport import EportClient

            return EportClient(place, configured.certificate_of_service)
        case KeyFileOfSandbox():
            from services.signer.media.key_file import KeyFile

            return KeyFile(
                configured.path,
                passphrase=configured.passphrase,
                production=production,
                allowed=configured.allowed_in_production,
                card_no=configured.card_no,
            )
