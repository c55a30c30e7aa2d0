"""What the process of a medium and its supervisor say to each other: one JSON text a line."""

from __future__ import annotations

import base64
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.signer.media.port import FAULTS, CardSeen, MediumFault, Order, Signature, SignatureAlgorithm

_SEEN: TypeAdapter[list[CardSeen]] = TypeAdapter(
    list[CardSeen], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
)


class Opening(BaseModel):
    """The first line to the process. `place` None: it only lists places."""

    configured: dict[str, Any]
    place: str | None
    production: bool


class Asked(BaseModel):
    """A line to the process; every one is answered before the next is read."""

    do: Literal["changes", "cards", "tries", "check_pin", "sign"]
    card_no: str = ""
    pin: str = ""
    orders: list[tuple[str, SignatureAlgorithm | None]] = []
    """Bytes in base64, and the algorithm."""
    seconds: float = 0.0
    """How long `changes` may wait for one."""


class Answered(BaseModel):
    """A line from the process. To `sign` there is one a signature, then the last one with `done`."""

    done: bool = True
    places: list[str] = []
    changed: list[str] = []
    cards: str = ""
    tries: int | None = None
    signature: str = ""
    algorithm: SignatureAlgorithm | None = None
    certificate: str = ""
    serial: str = ""
    fault: str | None = None
    detail: str = ""
    tries_left: int | None = None

    @classmethod
    def failed(cls, fault: MediumFault) -> Answered:
        return cls(fault=fault.code, detail=fault.detail, tries_left=fault.tries_left)

    def raise_fault(self) -> None:
        """Raises MediumFault, if one was told."""
        if self.fault is not None:
            raise FAULTS.get(self.fault, MediumFault)(self.detail, tries_left=self.tries_left)


def cards_as_text(cards: list[CardSeen]) -> str:
    return _SEEN.dump_json(cards).decode()


def cards_of_text(text: str) -> list[CardSeen]:
    return _SEEN.validate_json(text)


def orders_as_text(orders: list[Order]) -> list[tuple[str, SignatureAlgorithm | None]]:
    return [(base64.b64encode(order.data).decode(), order.algorithm) for order in orders]


def orders_of_text(orders: list[tuple[str, SignatureAlgorithm | None]]) -> list[Order]:
    return [Order(base64.b64decode(data), algorithm) for data, algorithm in orders]


def signature_answer(signature: Signature) -> Answered:
    return Answered(
        done=False,
        signature=base64.b64encode(signature.value).decode(),
        algorithm=signature.algorithm,
        certificate=base64.b64encode(signature.certificate).decode(),
        serial=signature.serial,
    )


def signature_of(answer: Answered, card_no: str) -> Signature:
    assert answer.algorithm is not None
    return Signature(
        value=base64.b64decode(answer.signature),
        algorithm=answer.algorithm,
        card_no=card_no,
        certificate=base64.b64decode(answer.certificate),
        serial=answer.serial,
    )
