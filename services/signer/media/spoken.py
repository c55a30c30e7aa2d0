"""One process of a medium, from the side of who started it: asks, waits so long and no longer."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator

from pydantic import SecretStr

from backbone import child
from services.signer.media import configured
from services.signer.media.port import CardSeen, Order, ServiceAway, Signature, TimedOut
from services.signer.media.wire import (
    Answered,
    Asked,
    Opening,
    cards_of_text,
    orders_as_text,
    signature_of,
)

_MODULE = "services.signer.media.process"
_MOST_LINE = 16 * 1024**2


class Spoken:
    """Every method raises MediumFault; TimedOut when the process did not answer in time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def open(
        cls, what: configured.Configured, place: str | None, *, production: bool, seconds: float
    ) -> Spoken:
        """`place` None: for `changes` only."""
        process = await child.start(_MODULE, limit=_MOST_LINE)
        spoken = cls(process)
        try:
            told = Opening(configured=configured.told(what), place=place, production=production)
            await spoken._write(told.model_dump_json())
            (await spoken._answer(seconds)).raise_fault()
        except BaseException:
            await spoken.close()
            raise
        return spoken

    @property
    def process_id(self) -> int:
        return self._process.pid

    async def changes(self, wait_seconds: float, seconds: float) -> tuple[list[str], list[str]]:
        """As `opening.Changes`; `seconds` is the bound beyond the waiting."""
        told = await self._ask(Asked(do="changes", seconds=wait_seconds), wait_seconds + seconds)
        return told.places, told.changed

    async def cards(self, seconds: float) -> list[CardSeen]:
        return cards_of_text((await self._ask(Asked(do="cards"), seconds)).cards)

    async def tries_left(self, card_no: str, seconds: float) -> int | None:
        return (await self._ask(Asked(do="tries", card_no=card_no), seconds)).tries

    async def check_pin(self, card_no: str, pin: SecretStr, seconds: float) -> None:
        await self._ask(Asked(do="check_pin", card_no=card_no, pin=pin.get_secret_value()), seconds)

    async def sign(
        self, card_no: str, pin: SecretStr, orders: list[Order], seconds: float
    ) -> AsyncGenerator[Signature, None]:
        """One after another; `seconds` is for each."""
        asked = Asked(do="sign", card_no=card_no, pin=pin.get_secret_value(), orders=orders_as_text(orders))
        await self._write(asked.model_dump_json())
        while True:
            answer = await self._answer(seconds)
            answer.raise_fault()
            if answer.done:
                return
            yield signature_of(answer, card_no)

    async def close(self) -> None:
        await child.end(self._process)

    async def _ask(self, asked: Asked, seconds: float) -> Answered:
        await self._write(asked.model_dump_json())
        answer = await self._answer(seconds)
        answer.raise_fault()
        return answer

    async def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()
        except (ConnectionError, OSError) as error:
            raise ServiceAway("the process of the medium ended") from error

    async def _answer(self, seconds: float) -> Answered:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise TimedOut(f"no answer in {seconds:g} s") from error
        if not line:
            raise ServiceAway("the process of the medium ended")
        return Answered.model_validate_json(line)
