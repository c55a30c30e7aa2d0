"""One transaction with a card: commands and their answers, with chaining and GET RESPONSE."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from services.signer.media.pcsc.readers import checked, context, library
from services.signer.media.port import CardOut, CardPulled, CardRefused

_OK, _MORE, _OTHER_LENGTH, _PAST_THE_END, _END_EARLY = 0x9000, 0x61, 0x6C, 0x6B00, 0x6282
_CHAINED = 0x10


class Transaction:
    """Nobody else speaks with the card meanwhile; it is reset in the end, so that no PIN stays given."""

    def __init__(self, reader: str, most_data: int = 255) -> None:
        self._reader = reader
        self.most_data = most_data
        self.answer_to_reset = b""
        self._card: Any = None
        self._protocol: Any = None

    def __enter__(self) -> Self:
        """Raises MediumFault. Waits while another program has a transaction: the caller has a bound of its own."""
        scard = library()
        status, self._card, self._protocol = scard.SCardConnect(
            context(),
            self._reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        checked(status, "connect")
        try:
            checked(scard.SCardBeginTransaction(self._card), "begin")
            status, _, _, _, told = scard.SCardStatus(self._card)
            checked(status, "status")
        except BaseException:
            scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)
            raise
        self.answer_to_reset = bytes(told)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scard = library()
        # Nothing to reset once the card is out: pcscd takes a failed reset for its own news of the card and may then miss
        # that it comes back. What fails here was told already, or is told by the next probe.
        pulled = isinstance(error, CardPulled)
        scard.SCardEndTransaction(self._card, scard.SCARD_LEAVE_CARD if pulled else scard.SCARD_RESET_CARD)
        scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)

    def ask(self, instruction: int, parameters: int, data: bytes = b"", *, answer: bool = False) -> bytes:
        """The answer of a command that must succeed. Raises MediumFault."""
        body, status = self.tell(instruction, parameters, data, answer=answer)
        if status != _OK:
            raise CardRefused(f"{instruction:02X} {parameters:04X}: {status:04X}")
        return body

    def tell(
        self, instruction: int, parameters: int, data: bytes = b"", *, answer: bool = False
    ) -> tuple[bytes, int]:
        """Answer and status. `answer`: bytes are expected back. Raises MediumFault."""
        while len(data) > self.most_data:
            part, data = data[: self.most_data], data[self.most_data :]
            _, status = self._exchange(_command(_CHAINED, instruction, parameters, part, answer=False))
            if status != _OK:
                return b"", status
        command = _command(0x00, instruction, parameters, data, answer=answer)
        body, status = self._exchange(command)
        if status >> 8 == _OTHER_LENGTH:
            body, status = self._exchange(command[:-1] + bytes([status & 0xFF]))
        while status >> 8 == _MORE:
            more, status = self._exchange(bytes([0x00, 0xC0, 0x00, 0x00, status & 0xFF]))
            body += more
        return body, status

    def read_file(self, number: bytes) -> bytes:
        """The whole of an elementary file. Raises MediumFault."""
        self.ask(0xA4, 0x020C, number)
        found = b""
        while True:
            part, status = self.tell(0xB0, len(found), answer=True)
            found += part
            if status in (_PAST_THE_END, _END_EARLY) or (status == _OK and not part):
                return found
            if status != _OK:
                raise CardRefused(f"B0 {len(found):04X}: {status:04X}")

    def _exchange(self, command: bytes) -> tuple[bytes, int]:
        scard = library()
        status, told = scard.SCardTransmit(self._card, self._protocol, list(command))
        if status != scard.SCARD_S_SUCCESS:
            self._tell_apart(status)
        if len(told) < 2:
            # So some drivers tell that the card left; the reader itself may notice later.
            raise CardPulled("an answer without a status")
        return bytes(told[:-2]), told[-2] << 8 | told[-1]

    def _tell_apart(self, status: int) -> None:
        """A driver may call a pulled card anything; whether one is there, the reader says. Raises MediumFault."""
        if not present(self._reader):
            raise CardPulled(f"0x{status & 0xFFFFFFFF:08X}")
        try:
            checked(status, "transmit")
        except CardOut as out:
            raise CardPulled(out.detail) from out


def _command(kind: int, instruction: int, parameters: int, data: bytes, *, answer: bool) -> bytes:
    head = bytes([kind, instruction, parameters >> 8, parameters & 0xFF])
    return head + (bytes([len(data)]) + data if data else b"") + (b"\0" if answer else b"")


def inserted(reader: str) -> int | None:
    """A number that changes whenever a card is put in or taken out; None while none is there. Raises MediumFault."""
    scard = library()
    status, states = scard.SCardGetStatusChange(context(), 0, [(reader, scard.SCARD_STATE_UNAWARE)])
    checked(status, "state")
    _, state, _ = states[0]
    if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
        checked(scard.SCARD_E_READER_UNAVAILABLE, "state")
    if not state & scard.SCARD_STATE_PRESENT or state & scard.SCARD_STATE_MUTE:
        return None
    return int(state) >> 16


def present(reader: str) -> bool:
    """Raises MediumFault."""
    return inserted(reader) is not None
