"""Signatures by medium, through the rack with its processes and checks, beside the medium alone and its crypto alone."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bench.measuring import drive, repeat
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from local import pcsc_daemon
from services.signer.media import opening
from services.signer.media.configured import Configured, EportService, KeyFileOfSandbox
from services.signer.media.port import Order
from services.signer.media.supervisor import Bounds
from simulators.card import curve
from simulators.card.issuing import KeyKind, Person, issue
from simulators.card.machine import Card
from simulators.eport.service import EportService as Player
from tests.support.cards import PIN, CardBench, card_bench, running_rack, until_cards
from tests.support.certificates import certificate

ABOUT = "signatures per second by medium, eight cards of 300 ms"
_CARD = Person().card_no
_DATA = bytes(500)
_AT_ONCE = 16
_CARDS, _CARD_SECONDS = 8, 0.3


@dataclass(frozen=True)
class _Medium:
    """`place` is where its card lies; `crypto` one bare signature of its key."""

    name: str
    configured: Configured
    place: str
    crypto: Callable[[], object]


def run(on: Surroundings) -> list[Table]:
    seconds = 0.5 if on.quick else 5.0
    rows: list[Row] = []
    with ExitStack() as all_media:
        media = [all_media.enter_context(_key_file()), all_media.enter_context(_eport())]
        if (reason := pcsc_daemon.missing()) is None:
            bench = all_media.enter_context(card_bench(1))
            os.environ["PCSCLITE_CSOCK_NAME"] = str(bench.daemon.socket)
            media += [_in_reader(bench, "rsa-sha256"), _in_reader(bench, "sm2")]
        for medium in media:
            if medium.name.startswith("PC/SC"):
                _insert(bench, "sm2" if "SM2" in medium.name else "rsa-sha256")
            rows.append(uvloop.run(_one(medium, seconds)))
    note = "floor: the medium alone, opened in this process, sixteen signatures at a time; and its key's bare signature"
    tables = [Table("Signatures per second by medium", note if reason is None else f"{note}; {reason}", rows)]
    if reason is None:
        tables.append(uvloop.run(_eight_cards(3 if on.quick else 30)))
    return tables


async def _one(medium: _Medium, seconds: float) -> Row:
    bare = repeat(medium.crypto, seconds).rate
    opened = opening.medium(medium.configured, medium.place, production=False)
    orders = [Order(_DATA)] * _AT_ONCE
    while not (seen := opened.cards()):
        time.sleep(0.05)  # noqa: ASYNC251 - nothing else runs yet
    number = seen[0].card_no
    alone = repeat(lambda: list(opened.sign(number, PIN, orders)), seconds).rate * _AT_ONCE
    opened.close()
    async with running_rack(medium.configured, bounds=Bounds()) as rack:
        await until_cards(rack, number)

        async def sign(_: int) -> bool:
            await rack.sign(number, _DATA)
            return True

        await sign(0)
        ours = (await drive(_AT_ONCE, seconds, sign)).rate
    return {
        "medium": medium.name,
        "crypto alone/s": bare,
        "medium alone/s": alone,
        "rack/s": ours,
        "of medium alone %": 100 * ours / alone,
        "overhead ms": 1000 * (1 / ours - 1 / alone),
    }


async def _eight_cards(each: int) -> Table:
    """Every card asked by a lane of its own, as the signer's jobs ask."""
    with card_bench(_CARDS) as bench:
        numbers = [f"53000000001{number:02}" for number in range(_CARDS)]
        for place, number in enumerate(numbers):
            bench.insert(place, card_no=number).orders.seconds_a_signature = _CARD_SECONDS
        async with running_rack(bench.configured, bounds=Bounds()) as rack:
            await until_cards(rack, *numbers)
            left = [each] * _CARDS

            async def sign(place: int) -> bool:
                if not left[place]:
                    return False
                left[place] -= 1
                await rack.sign(numbers[place], _DATA)
                return True

            started = time.perf_counter()
            await drive(_CARDS, 3600, sign)
            rate = _CARDS * each / (time.perf_counter() - started)
    floor = _CARDS / _CARD_SECONDS
    row: Row = {
        "cards": float(_CARDS),
        "floor/s": floor,
        "rack/s": rate,
        "of the floor %": 100 * rate / floor,
        "overhead ms": 1000 * (_CARDS / rate - _CARD_SECONDS),
    }
    return Table("Eight cards of 300 ms each", "floor: the cards' own time, one after another on each", [row])


def _insert(bench: CardBench, kind: KeyKind) -> None:
    bench.empty()
    bench.insert(kind=kind)


def _in_reader(bench: CardBench, kind: KeyKind) -> _Medium:
    name = {"sm2": "PC/SC, virtual card, SM2"}.get(kind, "PC/SC, virtual card, RSA 2048")
    return _Medium(name, bench.configured, f"{bench.names[0]} 00 00", _bare(Card(issue(Person(), kind))))


@contextmanager
def _eport() -> Iterator[_Medium]:
    card = Card(issue(Person(), "rsa-sha1"))
    with Player(card) as player:
        configured = EportService(kind="eport", url=player.url)
        yield _Medium("e-port service, player, RSA 2048", configured, player.url, _bare(card))


@contextmanager
def _key_file() -> Iterator[_Medium]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key.pem"
        form = serialization.PrivateFormat.PKCS8
        private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        path.write_bytes(private + certificate(key).public_bytes(serialization.Encoding.PEM))
        configured = KeyFileOfSandbox(kind="key_file", path=path, passphrase=PIN, card_no=_CARD)
        yield _Medium("key file, RSA 2048", configured, path.name, lambda: _rsa(key))


def _bare(card: Card) -> Callable[[], object]:
    key = card.issued.key
    if isinstance(key, curve.Key):
        digest = curve.digest(key.public, _DATA)
        return lambda: key.sign(digest)
    return lambda: _rsa(key)


def _rsa(key: rsa.RSAPrivateKey) -> Sequence[int]:
    return key.sign(_DATA, padding.PKCS1v15(), hashes.SHA256())
