"""What the card does with a command: ISO 7816-4 and -8 as far as signing needs them. Written from the standards.

SELECT (application, file), READ BINARY, VERIFY with tries, MSE:SET of the signing key, PSO: COMPUTE DIGITAL SIGNATURE over
a DigestInfo (RSA) or a digest (SM2), command chaining, GET RESPONSE.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from simulators.card import curve
from simulators.card.issuing import Issued

APPLICATION = bytes.fromhex("F0424F4E444741544501")
KEY_REFERENCE = 0x01
ALGORITHMS = {"rsa-sha1": 0x12, "rsa-sha256": 0x42, "sm2": 0x71}
_DIGEST_INFOS: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("3021300906052B0E03021A05000414"): hashes.SHA1(),  # noqa: S303 - what old cards have
    bytes.fromhex("3031300D060960864801650304020105000420"): hashes.SHA256(),
}
_OK, _NOT_VERIFIED, _BLOCKED, _WRONG_STATE = 0x9000, 0x6982, 0x6983, 0x6985
_WRONG_DATA, _NO_FILE, _NO_REFERENCE, _NO_INSTRUCTION, _PAST_THE_END = 0x6A80, 0x6A82, 0x6A88, 0x6D00, 0x6B00


class Pulled(Exception):
    """The card leaves the reader now, in the middle of what it does."""


@dataclass
class Orders:
    """What goes wrong, to order. Everything may be changed while the card works."""

    seconds_a_signature: float = 0.0
    pull_at_signature: int | None = None
    """At the signature of this number from now on (1: the next) it is pulled, before it answers."""
    wrong_answers: bool = False
    status: int | None = None
    """Answered to every signing command instead of a signature."""


@dataclass
class Card:
    """One card. `tries` of 3 are left; at none it is blocked."""

    issued: Issued
    pin: str = "88888888"
    tries: int = 3
    orders: Orders = field(default_factory=Orders)
    verifies: int = 0
    signatures: int = 0

    def __post_init__(self) -> None:
        person = self.issued.person
        self._files = {
            0x4331: self.issued.certificate,
            0x2F01: person.card_no.encode(),
            0x2F02: person.holder.encode(),
            0x2F03: person.firm_name.encode(),
            0x2F04: person.firm_code.encode(),
            0x2F05: person.firm_credit_code.encode(),
        }
        self._woken = threading.Event()
        self.reset()

    def wake(self) -> None:
        """End a slow signature."""
        self._woken.set()

    def reset(self) -> None:
        """As after power-on."""
        self._selected = self._verified = False
        self._file: bytes | None = None
        self._algorithm: int | None = None
        self._chained = self._rest = b""
        self._woken.clear()

    def answer(self, command: bytes) -> bytes:
        """A response APDU. Raises Pulled."""
        kind, instruction, first, second = command[:4]
        data, most = _body(command)
        if instruction == 0xC0:
            return self._reply(self._rest, _OK, most or 256)
        if kind & 0x10:
            self._chained += data
            return _OK.to_bytes(2)
        data, self._chained = self._chained + data, b""
        return self._reply(*self._do(instruction, first << 8 | second, data, most), most)

    def _reply(self, body: bytes, status: int, most: int | None) -> bytes:
        """What does not fit, or was not asked for, waits for GET RESPONSE."""
        now, self._rest = body[: most or 0], body[most or 0 :]
        if status == _OK and self._rest:
            status = 0x6100 | (len(self._rest) if len(self._rest) < 256 else 0)
        return now + status.to_bytes(2)

    def _do(self, instruction: int, parameters: int, data: bytes, most: int | None) -> tuple[bytes, int]:
        if instruction == 0xA4:
            return b"", self._select(parameters, data)
        if not self._selected:
            return b"", _WRONG_STATE
        match instruction:
            case 0xB0:
                if self._file is None or parameters >= len(self._file):
                    return b"", _WRONG_STATE if self._file is None else _PAST_THE_END
                return self._file[parameters : parameters + (most or 256)], _OK
            case 0x20:
                return b"", self._verify(data)
            case 0x22 if parameters == 0x41B6:
                return b"", self._set_algorithm(data)
            case 0x2A if parameters == 0x9E9A:
                return self._sign(data)
        return b"", _NO_INSTRUCTION

    def _select(self, parameters: int, data: bytes) -> int:
        if parameters >> 8 == 0x04:
            self._selected = data == APPLICATION
            self._verified = False
            return _OK if self._selected else _NO_FILE
        self._file = self._files.get(int.from_bytes(data)) if self._selected else None
        return _NO_FILE if self._file is None else _OK

    def _verify(self, data: bytes) -> int:
        if self.tries == 0:
            return _BLOCKED
        if not data:
            return _OK if self._verified else 0x63C0 | self.tries
        self.verifies += 1
        self._verified = data.rstrip(b"\xff") == self.pin.encode()
        self.tries = 3 if self._verified else self.tries - 1
        return _OK if self._verified else (0x63C0 | self.tries if self.tries else _BLOCKED)

    def _set_algorithm(self, data: bytes) -> int:
        told = {}
        while len(data) >= 2:
            told[data[0]], data = data[2 : 2 + data[1]], data[2 + data[1] :]
        if told.get(0x84) != bytes([KEY_REFERENCE]) or len(told.get(0x80, b"")) != 1:
            return _NO_REFERENCE
        self._algorithm = told[0x80][0]
        return _OK

    def _sign(self, data: bytes) -> tuple[bytes, int]:
        if not self._verified:
            return b"", _NOT_VERIFIED
        if self._algorithm is None:
            return b"", _WRONG_STATE
        orders = self.orders
        if orders.seconds_a_signature:
            self._woken.wait(orders.seconds_a_signature)
        if orders.pull_at_signature is not None:
            orders.pull_at_signature -= 1
            if orders.pull_at_signature <= 0:
                orders.pull_at_signature = None
                raise Pulled
        if orders.status is not None:
            return b"", orders.status
        try:
            made = self._made(data)
        except ValueError:
            return b"", _WRONG_DATA
        self.signatures += 1
        return (bytes([made[0] ^ 1]) + made[1:] if orders.wrong_answers else made), _OK

    def _made(self, data: bytes) -> bytes:
        """Raises ValueError for what this key does not sign."""
        key = self.issued.key
        if isinstance(key, curve.Key):
            if self._algorithm != ALGORITHMS["sm2"] or len(data) != 32:
                raise ValueError
            return key.sign(data)
        for prefix, hashed in _DIGEST_INFOS.items():
            if data.startswith(prefix) and self._algorithm == ALGORITHMS[f"rsa-{hashed.name}"]:
                digest = data[len(prefix) :]
                return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashed))
        raise ValueError


def _body(command: bytes) -> tuple[bytes, int | None]:
    """Data, and the most bytes that may be answered (None: none asked for). Short and extended forms."""
    rest = command[4:]
    if not rest:
        return b"", None
    if len(rest) == 1:
        return b"", rest[0] or 256
    if rest[0] == 0 and len(rest) >= 3:
        size = int.from_bytes(rest[1:3])
        if len(rest) == 3:
            return b"", size or 65536
        after = rest[3 + size :]
        return rest[3 : 3 + size], (int.from_bytes(after) or 65536) if after else None
    after = rest[1 + rest[0] :]
    return rest[1 : 1 + rest[0]], (after[0] or 256) if after else None
