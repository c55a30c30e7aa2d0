"""A card of the rack as a key that signs messages."""

from __future__ import annotations

import asyncio

from customs.singlewindow import Algorithm
from services.signer.gateway import KeyUnavailable
from services.signer.media.port import CardOut, MediumFault
from services.signer.media.rack import Rack


class CardKey:
    """Implements `gateway.SigningKey` for the thread of a job; the rack runs in `loop`."""

    def __init__(self, rack: Rack, card_no: str, loop: asyncio.AbstractEventLoop) -> None:
        """Raises KeyUnavailable while the card was not seen in a reader."""
        card = next((card for card in rack.cards() if card.card_no == card_no), None)
        if card is None:
            found = rack.reader_of(card_no)
            told = found.last_error_told if found is not None else None
            raise KeyUnavailable(told or CardOut(card_no).told)
        self._rack = rack
        self._loop = loop
        self._card = card

    @property
    def key_id(self) -> str:
        return self._card.card_no

    @property
    def certificate(self) -> bytes:
        return self._card.certificate

    @property
    def certificate_serial(self) -> str:
        return self._card.serial

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        signing = self._rack.sign(self._card.card_no, data, algorithm)
        try:
            made = asyncio.run_coroutine_threadsafe(signing, self._loop).result()
        except MediumFault as fault:
            raise KeyUnavailable(fault.told, may_have_signed=fault.may_have_signed) from fault
        if made.certificate != self._card.certificate:
            # The card got a new certificate meanwhile; the message names the old one.
            raise KeyUnavailable("卡上的证书已更换，正在重新读取", may_have_signed=True)
        return made.value
