"""The card's side of vpcd, the virtual reader of vsmartcard: frames of a 2-byte length and a body.

A body of one byte is control: 0 power off, 1 power on, 2 reset, 4 "tell the ATR", of which only the last is answered. Anything
longer is a command APDU. The driver listens, the card dials: a connection is a card in the slot.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import threading
import time
from pathlib import Path

from simulators.card.machine import Card, Pulled

_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
_POWER_OFF, _POWER_ON, _RESET, _TELL_ATR = 0, 1, 2, 4
_HISTORY = b"BONDGATE"
_DIAL_SECONDS = 0.1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _answer_to_reset() -> bytes:
    told = bytes([0x3B, 0x80 | len(_HISTORY), 0x80, 0x01]) + _HISTORY
    check = 0
    for byte in told[1:]:
        check ^= byte
    return told + bytes([check])


ATR = _answer_to_reset()


class Slot:
    """A place for one card of a driver that listens at `port`, in the network of process `network_of` if given."""

    def __init__(self, port: int, network_of: int | None = None) -> None:
        self._port = port
        self._network_of = network_of
        self._lock = threading.Lock()
        self._card: Card | None = None
        self._insertions = 0
        self._connection: socket.socket | None = None

    def insert(self, card: Card) -> None:
        """It dials until the driver answers, again when the driver was restarted, and until it is pulled."""
        with self._lock:
            card.reset()
            self._card, self._insertions = card, self._insertions + 1
            thread = threading.Thread(target=self._dial, args=(card, self._insertions), daemon=True)
        thread.start()

    def pull(self) -> None:
        """Also in the middle of a signature."""
        self._pull(None)

    def _pull(self, insertion: int | None) -> None:
        """Only what was put in that time, if it is named: another may be in by now."""
        with self._lock:
            if insertion not in (None, self._insertions):
                return
            card, self._card = self._card, None
            connection, self._connection = self._connection, None
        if card is not None:
            card.wake()
        _close(connection)

    def move(self, network_of: int) -> None:
        """The driver runs in another process now."""
        self._network_of = network_of

    def _dial(self, card: Card, insertion: int) -> None:
        """The same card may be pulled and put in again before this notices; then another dials for it."""

        def is_in() -> bool:
            return self._card is card and self._insertions == insertion

        while is_in():
            try:
                connection = self._connected()
            except OSError:
                time.sleep(_DIAL_SECONDS)
                continue
            with self._lock:
                if not is_in():
                    _close(connection)
                    return
                self._connection = connection
            try:
                converse(connection, card)
            except Pulled:
                self._pull(insertion)
            finally:
                _close(connection)

    def _connected(self) -> socket.socket:
        """A socket belongs to the network in which its thread was when it was made. Raises OSError."""
        if self._network_of is not None:
            with Path(f"/proc/{self._network_of}/ns/net").open() as network:
                if _LIBC.setns(network.fileno(), 0) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
        return socket.create_connection(("127.0.0.1", self._port), 5)


def converse(connection: socket.socket, card: Card) -> None:
    """Until the driver hangs up. Raises Pulled."""
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        while (frame := _frame(connection)) is not None:
            if len(frame) != 1:
                _send(connection, card.answer(frame))
            elif frame[0] == _TELL_ATR:
                _send(connection, ATR)
            elif frame[0] in (_POWER_OFF, _POWER_ON, _RESET):
                card.reset()


def _frame(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, 2)
    return None if head is None else _exactly(connection, int.from_bytes(head))


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        if _QUICK_ACK is not None:
            # The driver writes length and body apart with Nagle on: a late acknowledgement would cost 40 ms a command.
            connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        more = connection.recv(size - len(found))
        if not more:
            return None
        found += more
    return found


def _send(connection: socket.socket, body: bytes) -> None:
    connection.sendall(len(body).to_bytes(2) + body)


def _close(connection: socket.socket | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            connection.close()
