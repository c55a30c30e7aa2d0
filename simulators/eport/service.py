"""Calls and replies of the local signing service, with a virtual card's key behind it.

A call is JSON with `_method`, `_id`, `args`; the reply repeats `_method` and `_id` and has `_status` and `_args` with Result,
Data, Error. A greeting `open` comes first. How a wrong PIN is told is not public: 50061 here is our own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from simulators.card import curve
from simulators.card.machine import Card

_PREFIX = "cus-sec_"
_HEADER = 128
_NO_CARD = ["读卡器中无卡", "Err:Custom50070"]
_WRONG_PIN = ["卡密码错误", "Err:Custom50061"]
_BAD_CALL = ["不支持的操作", "Err:Custom59999"]


class Refused(Exception):
    """Told in `Error`."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[-1])
        self.errors = errors


@dataclass
class Faults:
    """To order; may be changed while it runs."""

    strays: bool = False
    """A reply with another number comes before the right one."""
    silent: bool = False
    """Calls are taken and never answered."""
    drop: bool = False
    """The connection ends at the next call."""


class EportService:
    """Listens on a port of this machine; None for `card`: no card is in the reader."""

    def __init__(self, card: Card | None, port: int = 0) -> None:
        self.card = card
        self.faults = Faults()
        self.busiest = 0
        """The most calls that were in work at once."""
        self.methods: list[str] = []
        self._busy = 0
        self._server = serve(self._connection, "127.0.0.1", port, max_size=16 * 1024**2)
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(10)

    def _connection(self, connection: ServerConnection) -> None:
        try:
            connection.send(json.dumps({"_method": "open", "_id": 0, "_status": "00", "_args": {}}))
            gathered: list[str] = []
            for text in connection:
                assert isinstance(text, str)
                if text.startswith("BLOCKTXT"):
                    gathered.append(text[_HEADER:])
                    if len(gathered) < int(text[18:22]):
                        continue
                    whole, gathered = "".join(gathered), []
                    if hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest() != text[26:66]:
                        return
                    text = whole
                if self.faults.drop:
                    self.faults.drop = False
                    return
                if not self.faults.silent:
                    self._answer(connection, json.loads(text))
        except ConnectionClosed:
            pass

    def _answer(self, connection: ServerConnection, call: dict[str, Any]) -> None:
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        method, told = call["_method"], call.get("args", {})
        self.methods.append(method)
        try:
            arguments = {"Result": True, "Data": self._do(method.removeprefix(_PREFIX), told), "Error": []}
        except Refused as refused:
            arguments = {"Result": False, "Data": [], "Error": refused.errors}
        self._busy -= 1
        reply = {"_id": call["_id"], "_method": method, "_status": "00", "_args": arguments}
        if self.faults.strays:
            connection.send(json.dumps({**reply, "_id": call["_id"] + 1000}))
        connection.send(json.dumps(reply, ensure_ascii=False))

    def _do(self, method: str, told: dict[str, str]) -> list[str]:
        """Raises Refused."""
        card = self.card
        if card is None:
            raise Refused(_NO_CARD)
        person = card.issued.person
        reads: dict[str, Callable[[], str]] = {
            "SpcGetCardID": lambda: person.card_no,
            "SpcGetUName": lambda: person.holder,
            "SpcGetEntName": lambda: person.firm_name,
            "SpcGetEntID": lambda: person.firm_code,
            "SpcGetSignCertAsPEM": lambda: base64.b64encode(card.issued.certificate).decode(),
        }
        if method in reads:
            return [reads[method]()]
        if method in ("SpcVerifyPIN", "SpcSignDataAsPEM"):
            if told.get("passwd") != card.pin or card.tries == 0:
                card.tries = max(0, card.tries - 1)
                raise Refused(_WRONG_PIN)
            card.tries = 3
            if method == "SpcVerifyPIN":
                return []
            time.sleep(card.orders.seconds_a_signature)
            return [base64.b64encode(_signed(card, told["inData"].encode())).decode(), "01"]
        raise Refused(_BAD_CALL)


def _signed(card: Card, data: bytes) -> bytes:
    key = card.issued.key
    if isinstance(key, curve.Key):
        made = key.sign(curve.digest(key.public, data))
    else:
        made = key.sign(data, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - what old cards sign with
    card.signatures += 1
    return bytes([made[0] ^ 1]) + made[1:] if card.orders.wrong_answers else made
