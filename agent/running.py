"""The agent as it runs: one task for each thing it does, until it is stopped; what is in hand is finished by the journal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import partial

from agent import configured, disk, pins
from agent.home import AgentHome
from agent.incoming import Incoming
from agent.journal import Journal
from agent.link import Enrolled, Link
from agent.mailboxes import mailboxes_of
from agent.outgoing import Outgoing
from agent.signing import SigningHere
from agent.telling import Telling
from backbone import log
from backbone.backoff import COMPONENT
from backbone.pauses import pause
from contracts.answers.sites import SiteCard, SiteReader
from services.signer.media.configured import load
from services.signer.media.rack import Rack

_FORGET_SECONDS = 3600.0
Life = Callable[[asyncio.Event], Coroutine[object, object, None]]


class CannotStart(Exception):
    """Why; the text is for who starts it."""


def unobserved(_: str) -> None:
    pass


async def run(home: AgentHome, version: str, *, at: Callable[[str], None] = unobserved) -> None:
    """Until SIGTERM, SIGINT or Ctrl-C. Raises CannotStart."""
    told, who = _read(home)
    owned = disk.Ownership(home.lock)
    try:
        owned.take()
    except disk.OwnedByAnother:
        raise CannotStart(f"an agent runs in {home.path} already") from None
    journal = Journal(home.journal)
    mailboxes = mailboxes_of(told)
    link = Link.of(told, who, home.key)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    outgoing = Outgoing(link, journal, mailboxes, told, at)
    rack, signing = _cards(told, link, journal, at)
    seen = signing.seen if signing is not None else _nothing_seen
    telling = Telling(link, who, home, told, journal, mailboxes, seen, version)
    parts: dict[str, Life] = {
        "fetching": outgoing.fetch_for_ever,
        "following": outgoing.follow_for_ever,
        "telling": telling.tell_for_ever,
        "status": telling.write_for_ever,
        "forgetting": partial(_forget, journal),
        **{f"inbox-{name}": Incoming(link, each, told, at).run for name, each in mailboxes.items()},
    }
    if rack is not None and signing is not None:
        parts |= {"cards": rack.run, "signing": signing.run}
    log.get().info("agent_started", name=who.name, version=version)
    try:
        async with asyncio.TaskGroup() as tasks:
            for name, life in parts.items():
                tasks.create_task(_kept_up(name, stop, life))
    finally:
        await telling.write(running=False)
        await link.close()
        for mailbox in mailboxes.values():
            mailbox.close()
        journal.close()
        owned.give_up()
        log.get().info("agent_stopped", name=who.name)


def _read(home: AgentHome) -> tuple[configured.Told, Enrolled]:
    try:
        told = configured.load(home.configuration)
        who = Enrolled.model_validate_json(home.enrolment.read_bytes())
    except FileNotFoundError as error:
        raise CannotStart(
            f"{error.filename} is not there; enrol first: bondgate agent enrol --help"
        ) from None
    except (OSError, ValueError) as error:
        raise CannotStart(str(error)) from error
    if who.url != told.url:
        raise CannotStart(f"enrolled at {who.url}, configured for {told.url}")
    return told, who


def _cards(
    told: configured.Told, link: Link, journal: Journal, at: Callable[[str], None]
) -> tuple[Rack | None, SigningHere | None]:
    """Raises CannotStart."""
    if told.media is None:
        return None, None
    try:
        media = load(told.media)
        known = pins.of_file(told.pins) if told.pins is not None else pins.asked()
    except (OSError, ValueError, pins.Unsafe) as error:
        raise CannotStart(str(error)) from error
    rack = Rack(media, pin_of=known.of, production=not told.sandbox)
    return rack, SigningHere(link, journal, rack, at)


def _stop_on_signals(stop: asyncio.Event) -> None:
    if sys.platform == "win32":
        # The loop there takes no handlers; Ctrl-C and the end of a service come as a signal to the main thread.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def _cancelled_by(stop: asyncio.Event, work: Coroutine[object, object, None]) -> None:
    """A question that waits at the platform is not waited for."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


async def _kept_up(name: str, stop: asyncio.Event, life: Life) -> None:
    """What fails unforeseen (a full disk, a journal that cannot be written) begins anew, and the rest goes on."""
    failures = 0
    while not stop.is_set():
        try:
            await _cancelled_by(stop, life(stop))
        except Exception as error:  # noqa: BLE001 - one part that fails must not stop the others
            failures += 1
            log.get().error("component_failed", name=name, exc_info=error)
            await pause(stop, COMPONENT.after(failures))


async def _forget(journal: Journal, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.to_thread(journal.forget_old)
        await pause(stop, _FORGET_SECONDS)


def _nothing_seen() -> tuple[list[SiteReader], list[SiteCard]]:
    return [], []
