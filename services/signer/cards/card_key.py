"""A card in somebody's hand as a key that signs messages."""

from __future__ import annotations

import asyncio

from customs.singlewindow import Algorithm
from services.signer.cards.holding import Holder
from services.signer.gateway import KeyUnavailable
from services.signer.media.port import CardSeen, MediumFault


class CardKey:
    """Implements `gateway.SigningKey` for the thread of a job; the holder lives in `loop`."""

    def __init__(
        self, holder: Holder, card: CardSeen, loop: asyncio.AbstractEventLoop, *, urgent: bool = False
    ) -> None:
        self._holder = holder
        self._loop = loop
        self._card = card
        self._urgent = urgent

    @property
    def key_id(self) -> str:
        return self._card.card_no

    @property
    def certificate(self) -> bytes:
        return self._card.certificate

    @property
    def certificate_serial(self) -> str:
        return self._card.serial

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        return self._card.algorithms

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        signing = self._holder.sign(self._card.card_no, data, algorithm, urgent=self._urgent)
        try:
            made = asyncio.run_coroutine_threadsafe(signing, self._loop).result()
        except MediumFault as fault:
            raise KeyUnavailable(fault.told, may_have_signed=fault.may_have_signed) from fault
        if made.certificate != self._card.certificate:
            # The card got a new certificate meanwhile; the message names the old one.
            raise KeyUnavailable("卡上的证书已更换，正在重新读取", may_have_signed=True)
        return made.value
