"""Playing the demo: start everything, play the business, show every step, write the PDFs, lay out the evidence."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Sequence
from threading import Event

from rich.console import Console
from rich.live import Live

from local import screen
from local.demo import evidence, master_data, outcome, view
from local.demo.account_book import AccountBook
from local.demo.broker_desk import LOGIN, REVIEWER, BrokerDesk, DemoFailed, SigningCard
from local.demo.business import Business
from local.demo.parts import PARTS, Part
from local.demo.signed import signed
from local.platform import Platform

_LOOK_SECONDS = 0.1


def play(platform: Platform, console: Console, *, stay: bool, card: SigningCard | None = None) -> bool:
    """Whether documents and book ended as they must and the same bytes arrived. With `stay` it goes on until Ctrl-C.

    With `card`, which must lie in a reader of this platform, also whether it signed every message and the evidence
    holds. What was down before is stopped at the end. Raises DidNotStart, DemoFailed and what starting raises.
    """
    already = platform.is_running()
    if card is not None and already:
        raise DemoFailed("Bondgate runs already, without the card's reader: ./bondgate down, then once more")
    screen.fetch(platform, console)
    started = time.monotonic()
    try:
        screen.start(platform, console)
        console.print(f"platform ready after {time.monotonic() - started:.1f} s")
        right = asyncio.run(play_on(platform, console, card=card))
        if stay:
            _stay(console)
        return right
    finally:
        if not already:
            console.print("stopping …")
            platform.stop()


async def play_on(
    platform: Platform, console: Console, parts: Sequence[Part] = PARTS, *, card: SigningCard | None = None
) -> bool:
    """The same on a platform that runs."""
    started = time.monotonic()
    async with BrokerDesk(platform, card) as desk:
        await master_data.keep(desk, parts)
        book = AccountBook(desk, platform.url("simulator"))
        business = Business(desk, book, platform.home.demo, parts)
        await _watched(business, console)
    tracks = business.tracks.values()
    console.print(f"played in {time.monotonic() - started:.1f} s")
    console.print(outcome.table(tracks), "")
    console.print(outcome.book_table(book), "")
    wrong = book.wrong()
    if troubles := [*outcome.troubles(tracks), *wrong]:
        told = "\n".join(troubles)
        console.print(f"{told}\n", style="red", markup=False, soft_wrap=True)
    documents = [track.document for track in tracks if track.document is not None]
    uploads = await evidence.uploads(platform, documents)
    console.print(evidence.upload_table(uploads), "")
    console.print(await evidence.table(platform), "")
    console.print(f"PDFs       {business.folder}", soft_wrap=True)
    _addresses(platform, console, desk)
    proved = None if card is None else await signed(platform, card.number, documents)
    for line in () if proved is None else proved.lines():
        console.print(line, soft_wrap=True)
    ended = all(track.is_right for track in tracks) and not wrong
    return ended and evidence.all_agree(uploads, documents) and (proved is None or proved.is_right)


async def _watched(business: Business, console: Console) -> None:
    """Play it and show each step as it comes."""
    lines = view.Lines()
    playing = asyncio.create_task(business.play())
    live = Live(console=console, refresh_per_second=10) if console.is_terminal else None
    try:
        with live or contextlib.nullcontext():
            done = False
            while not done:
                done = bool((await asyncio.wait({playing}, timeout=_LOOK_SECONDS))[0])
                if live is not None:
                    live.update(view.live(business.tracks, business.book))
                else:
                    for line in lines.new(business.tracks, business.book):
                        console.print(line, markup=False, soft_wrap=True)
    finally:
        # Nothing is left behind when it is interrupted.
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    playing.result()


def _addresses(platform: Platform, console: Console, desk: BrokerDesk) -> None:
    console.print(f"API        {platform.edge_url}/v1", soft_wrap=True)
    console.print(f"web page   {platform.edge_url}/", soft_wrap=True)
    console.print(
        f"log in     企业代号 {desk.slug}, 用户名 {LOGIN} or {REVIEWER}, 密码 {desk.password}", soft_wrap=True
    )
    console.print(
        f"simulator  {platform.url('simulator')}   prefixes of 企业内部编号: docs/simulator.md",
        soft_wrap=True,
    )


def _stay(console: Console) -> None:
    console.print("Bondgate keeps running; Ctrl-C ends it.")
    stop = Event()
    previous = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        while not stop.wait(0.5):
            pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
