"""The PC/SC service of this machine: its readers, and what its error codes mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from services.signer.media.port import (
    CardOut,
    CardPulled,
    CardRefused,
    MediumFault,
    ReaderGone,
    ServiceAway,
)


def library() -> Any:
    """pyscard's plain functions. Raises ServiceAway where it is not installed."""
    try:
        from smartcard import scard
    except ImportError as error:
        raise ServiceAway("pyscard is not installed; `make cards` installs it") from error
    return scard


# By name: their numbers differ between Windows and pcsclite.
_FAULTS: Mapping[str, type[MediumFault]] = MappingProxyType(
    {
        "SCARD_E_NO_SMARTCARD": CardOut,
        "SCARD_W_REMOVED_CARD": CardPulled,
        "SCARD_E_UNKNOWN_READER": ReaderGone,
        "SCARD_E_READER_UNAVAILABLE": ReaderGone,
        "SCARD_E_NO_READERS_AVAILABLE": ReaderGone,
        "SCARD_E_NO_SERVICE": ServiceAway,
        "SCARD_E_SERVICE_STOPPED": ServiceAway,
        "SCARD_E_INVALID_HANDLE": ServiceAway,
        "SCARD_F_COMM_ERROR": ServiceAway,
        "SCARD_F_INTERNAL_ERROR": ServiceAway,
    }
)


def checked(status: int, doing: str) -> None:
    """Raises the MediumFault that a status of PC/SC stands for."""
    scard = library()
    if status == scard.SCARD_S_SUCCESS:
        return
    for name, fault in _FAULTS.items():
        if status == getattr(scard, name, None):
            raise fault(f"{doing}: {name}")
    raise CardRefused(f"{doing}: 0x{status & 0xFFFFFFFF:08X} {scard.SCardGetErrorMessage(status)}")


_CONTEXT: list[Any] = []


def context() -> Any:
    """Made once a process; a process whose context is lost is replaced. Raises MediumFault."""
    if not _CONTEXT:
        scard = library()
        status, made = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        checked(status, "context")
        _CONTEXT.append(made)
    return _CONTEXT[0]


def readers(pattern: str) -> Sequence[str]:
    """Those whose name matches; none when the service runs without a reader. Raises MediumFault."""
    scard = library()
    status, names = scard.SCardListReaders(context(), [])
    if status == scard.SCARD_E_NO_READERS_AVAILABLE:
        return ()
    checked(status, "list readers")
    return [name for name in names if re.search(pattern, name)]
