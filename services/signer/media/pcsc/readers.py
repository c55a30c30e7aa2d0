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


_PLUGGED = "\\\\?PnP?\\Notification"
"""By this name PC/SC tells that a reader came or left; its state counts the readers that are known."""


class Changes:
    """Waits until a card or a reader comes or goes."""

    def __init__(self) -> None:
        self._states: dict[str, int] = {}

    def wait(self, pattern: str, seconds: float) -> tuple[Sequence[str], Sequence[str]]:
        """The readers there are, and those in which a card came or went since the last call; new ones count at once.

        Waits at most `seconds`; ends early, without a change, when a reader came or left. Raises MediumFault.
        """
        scard = library()
        every = readers(".*")
        names = [name for name in every if re.search(pattern, name)]
        self._states = {name: self._states.get(name, scard.SCARD_STATE_UNAWARE) for name in names}
        asked = [*self._states.items(), (_PLUGGED, len(every) << 16)]
        status, told = scard.SCardGetStatusChange(context(), int(seconds * 1000), asked)
        if status == scard.SCARD_E_TIMEOUT:
            return names, ()
        checked(status, "wait")
        changed = {name: state for name, state, _ in told if state & scard.SCARD_STATE_CHANGED}
        changed.pop(_PLUGGED, None)
        self._states |= {name: state & ~scard.SCARD_STATE_CHANGED for name, state in changed.items()}
        return names, list(changed)


def readers(pattern: str) -> Sequence[str]:
    """Those whose name matches; none when the service runs without a reader. Raises MediumFault."""
    scard = library()
    status, names = scard.SCardListReaders(context(), [])
    if status == scard.SCARD_E_NO_READERS_AVAILABLE:
        return ()
    checked(status, "list readers")
    return [name for name in names if re.search(pattern, name)]
