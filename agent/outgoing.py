"""Files for OutBoxes: fetched, staged, noted, released, and followed until the import client took or refused them.

The order of the steps is what makes a crash harmless. A file is durable beside OutBox before it is noted, and noted before
it is renamed. So a noted file is never fetched again, and a staged one is renamed when the agent is back.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence

from agent import journal as journals
from agent.boxes import Boxes, NotReady
from agent.configured import Told
from agent.journal import Journal, Taken
from agent.link import LONGEST_WAIT_SECONDS, Cut, Declined, Link, NotAdmitted
from agent.mailboxes import Mailbox
from backbone import log
from backbone.backoff import WORK
from backbone.pauses import pause
from contracts.answers.sites import SiteFile, SiteWork

Step = Callable[[str], None]
_FINAL = ("SentBox", "FailBox")
_PATH = "/v1/site/outbox"


class Outgoing:
    """`at` is told of every step that is done; tests stop the agent there."""

    def __init__(
        self, link: Link, journal: Journal, mailboxes: Mapping[str, Mailbox], told: Told, at: Step
    ) -> None:
        self._link = link
        self._journal = journal
        self._mailboxes = mailboxes
        self._told = told
        self._at = at
        self._anew = True
        self._came_on = False

    async def fetch_for_ever(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            self._came_on = False
            try:
                brought = await self._fetch()
            except (Cut, NotAdmitted, Declined) as error:
                # A bad line that lets a file through now and then is not one that is down.
                failures = 1 if self._came_on else failures + 1
                log.get().warning("link_waits", reason=str(error), tries=failures)
                await pause(stop, 60.0 if isinstance(error, NotAdmitted) else WORK.after(failures))
            else:
                failures = 0
                # Without room, or with a folder that is away, the platform would answer the same at once.
                await pause(stop, 0.0 if brought else self._told.poll_seconds)

    async def follow_for_ever(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                await self._follow()
            except (Cut, NotAdmitted) as error:
                failures += 1
                log.get().warning("place_not_told", reason=str(error), tries=failures)
                await pause(stop, WORK.after(failures))
            else:
                failures = 0
                await pause(stop, self._told.poll_seconds)

    async def _fetch(self) -> bool:
        """Ask once; whether something was brought into an OutBox."""
        ready = [name for name, mailbox in self._mailboxes.items() if await _is_ready(mailbox)]
        files, size = await asyncio.to_thread(self._journal.held)
        most_files, most_bytes = max(0, self._told.most_files - files), max(0, self._told.most_bytes - size)
        body = {
            "mailboxes": ready,
            "most_files": most_files,
            "most_bytes": most_bytes,
            "wait_seconds": self._patience(ready, min(most_files, most_bytes)),
            "tell_held": self._anew,
        }
        work = SiteWork.model_validate(await self._link.ask("POST", f"{_PATH}/requests", body))
        for name, mailbox in self._mailboxes.items():
            mailbox.served = name in work.served
        brought = False
        for file in work.files:
            mailbox = self._mailboxes[file.mailbox]
            try:
                brought |= await self._take(mailbox, file)
            except NotReady:
                continue
        self._anew = False
        return brought

    def _patience(self, ready: Sequence[str], room: int) -> float:
        """The first question only learns what it serves; one that can bring nothing is asked now and then."""
        if self._anew:
            return 0.0
        return LONGEST_WAIT_SECONDS if ready and room else 1.0

    async def _take(self, mailbox: Mailbox, file: SiteFile) -> bool:
        known = await asyncio.to_thread(self._journal.find, file.mailbox, file.file_name)
        if known is not None:
            if known.state == journals.ACCEPTED:
                await self._release(mailbox, known)
            await self._tell(mailbox, known)
            return False
        size = file.bytes or 0
        was_here = await mailbox.use(lambda boxes: boxes.place(file.file_name)) is not None
        if was_here or file.state == "held":
            # Of an earlier life of this agent, whose journal is gone. It is looked for, and never fetched again.
            await self._note(file, size, journals.RELEASED)
            return False
        files, held = await asyncio.to_thread(self._journal.held)
        if files >= self._told.most_files or (files and held + size > self._told.most_bytes):
            return False
        data = await self._link.fetch(f"{_PATH}/{file.mailbox}/{file.file_name}")
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise Cut("the file is not whole")
        self._at("fetched")
        await mailbox.use(lambda boxes: boxes.stage(file.file_name, data))
        self._at("staged")
        await self._note(file, len(data), journals.ACCEPTED)
        self._at("noted")
        taken = await asyncio.to_thread(self._journal.find, file.mailbox, file.file_name)
        assert taken is not None
        await self._release(mailbox, taken)
        self._came_on = True
        await self._tell(mailbox, taken)
        return True

    async def _note(self, file: SiteFile, size: int, state: str) -> None:
        await asyncio.to_thread(self._journal.take, file.mailbox, file.file_name, file.sha256, size, state)

    async def _release(self, mailbox: Mailbox, taken: Taken) -> None:
        """A noted file that is not staged any more was renamed before a crash."""

        def release(boxes: Boxes) -> None:
            if boxes.staged(taken.file_name):
                try:
                    boxes.release(taken.file_name)
                except FileExistsError:
                    log.get().error("file_there_already", mailbox=mailbox.name, file_name=taken.file_name)

        await mailbox.use(release)
        self._at("released")
        await asyncio.to_thread(self._journal.move, taken, journals.RELEASED)
        self._at("release_noted")
        log.get().info("file_delivered", mailbox=mailbox.name, file_name=taken.file_name)

    async def _follow(self) -> None:
        for taken in await asyncio.to_thread(self._journal.open_files):
            mailbox = self._mailboxes.get(taken.mailbox)
            if mailbox is None:
                continue
            try:
                if taken.state == journals.ACCEPTED:
                    await self._release(mailbox, taken)
                await self._tell(mailbox, taken)
            except NotReady:
                continue

    async def _tell(self, mailbox: Mailbox, taken: Taken) -> None:
        """Where the file is now, unless that was told; what is final is told before it is forgotten here."""
        place = await mailbox.use(lambda boxes: boxes.place(taken.file_name))
        if place is None:
            place = await self._missed(taken)
        elif taken.missing_since is not None:
            await asyncio.to_thread(self._journal.missing, taken, None)
        if place is None or place == taken.told:
            return
        if place == "FailBox":
            await mailbox.use(lambda boxes: boxes.withdraw(taken.file_name))
        path = f"{_PATH}/{taken.mailbox}/{taken.file_name}/place"
        try:
            await self._link.ask("PUT", path, {"place": place, "sha256": taken.sha256})
        except Declined as error:
            log.get().error(
                "place_declined", mailbox=mailbox.name, file_name=taken.file_name, reason=str(error)
            )
        self._at("told")
        if place in _FINAL:
            await mailbox.use(lambda boxes: boxes.tidy(taken.file_name))
            state = journals.CLOSED
        else:
            state = journals.GONE if place == "gone" else journals.RELEASED
        await asyncio.to_thread(self._journal.told, taken, place, state)
        log.get().info("file_moved", mailbox=mailbox.name, file_name=taken.file_name, state=place)

    async def _missed(self, taken: Taken) -> str | None:
        now = time.time()
        if taken.missing_since is None:
            await asyncio.to_thread(self._journal.missing, taken, now)
            return None
        return "gone" if now - taken.missing_since >= self._told.gone_seconds else None


async def _is_ready(mailbox: Mailbox) -> bool:
    try:
        await mailbox.use(lambda boxes: None)
    except NotReady:
        return False
    return True
