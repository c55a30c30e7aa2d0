"""Opening what is configured. Each kind is imported only where it is used: not every machine has its library."""

from __future__ import annotations

from collections.abc import Sequence

from services.signer.media.configured import (
    Configured,
    EportService,
    KeyFileOfSandbox,
    PcscReaders,
    Pkcs11Tokens,
)
from services.signer.media.port import Medium


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
