"""The evidence key in a PKCS#11 token: the token that is configured, its PIN, and its key as one that seals links."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from services.signer.cards.card_key import CardKey
from services.signer.evidence import ALGORITHM, sha256
from services.signer.media.configured import Pkcs11Tokens, load
from services.signer.media.port import CardSeen
from services.signer.media.rack import Rack
from services.signer.media.supervisor import ReaderState

_LOOK_SECONDS = 0.05
_DIGITS = 32


class NoEvidenceToken(Exception):
    """The text says what is wrong with the setting or with the token."""


class TokenKey(CardKey):
    """Named by its certificate: a token that gets another key is another key of evidence."""

    @property
    def key_id(self) -> str:
        return f"token-{sha256(self.certificate)[:_DIGITS]}"


def rack_of(media: Path, pin_file: Path | None) -> Rack:
    """A component of its own, so that a card that sticks never stops a seal. Raises NoEvidenceToken."""
    try:
        configured = load(media)
        pin = SecretStr(pin_file.read_text(encoding="utf-8").strip()) if pin_file else None
    except (OSError, ValueError) as wrong:
        raise NoEvidenceToken(str(wrong)) from None
    if len(configured) != 1 or not isinstance(configured[0], Pkcs11Tokens):
        raise NoEvidenceToken(f'{media} needs one [[medium]] of kind "pkcs11"')
    if not pin:
        raise NoEvidenceToken("BONDGATE_EVIDENCE_PIN_FILE names no file with the token's PIN")

    async def pin_of(_: str) -> SecretStr:
        return pin

    rack = Rack(configured, pin_of=pin_of, production=True)
    rack.name = "evidence-token"
    return rack


async def token_in(rack: Rack, seconds: float = 60.0) -> CardSeen:
    """The one token that the rack finds, looked at before the rack is a component. Raises NoEvidenceToken."""
    stop = asyncio.Event()
    looking = asyncio.create_task(rack.run(stop))
    try:
        async with asyncio.timeout(seconds):
            while not _is_seen(rack):  # noqa: ASYNC110 - the rack tells nobody of a card
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise NoEvidenceToken(f"no token with a certificate was found within {seconds:g} s") from None
    finally:
        found = rack.cards()
        stop.set()
        await looking
    if len(found) > 1:
        raise NoEvidenceToken(f"{len(found)} tokens are there; `tokens` must match one")
    if ALGORITHM not in found[0].algorithms:
        raise NoEvidenceToken(f"token {found[0].card_no} has no key for {ALGORITHM}")
    return found[0]


def _is_seen(rack: Rack) -> bool:
    """One at least, and every token that was found was looked at."""
    looked = all(report.state is not ReaderState.STARTING for report in rack.readers())
    return looked and bool(rack.cards())
