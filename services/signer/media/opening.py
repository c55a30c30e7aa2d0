"""Opening what is configured. Each kind is imported only where it is used: not every machine has its library."""

from __future__ import annotations

from collections.abc import Sequence

from services.signer.media.configured import (
    Configured,
    EportService,
    KeyFileOfSandbox,
)
from services.signer.media.port import Medium, MediumFault


def places(configured: Configured) -> Sequence[str]:
    """The readers, slots … that are there now. Raises MediumFault."""
    match configured:
        case EportService():
            return (configured.url,)
        case KeyFileOfSandbox():
            return (configured.path.name,)
        case _:
            raise MediumFault(f"{configured.kind} is not built yet")


def medium(configured: Configured, place: str, *, production: bool) -> Medium:
    """Raises MediumFault."""
    match configured:
        case KeyFileOfSandbox():
            from services.signer.media.key_file import KeyFile

            return KeyFile(
                configured.path,
                passphrase=configured.passphrase,
                production=production,
                allowed=configured.allowed_in_production,
                card_no=configured.card_no,
            )
        case _:
            raise MediumFault(f"{configured.kind} is not built yet")
