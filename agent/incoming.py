"""Receipts of InBoxes: each goes up whole, and is moved away only after the platform has stored it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.boxes import Found, NotReady
from agent.configured import Told
from agent.link import Cut, Declined, Link, NotAdmitted
from agent.mailboxes import Mailbox
from backbone import log
from backbone.backoff import WORK
from backbone.pauses import pause
from contracts.answers.sites import SiteReceiptKept
from customs import clock
from customs.singlewindow import MAX_XML_BYTES

_DECLINED_SECONDS = 60.0


class Incoming:
    """Of one mailbox."""

    def __init__(self, link: Link, mailbox: Mailbox, told: Told, at: Callable[[str], None]) -> None:
        self._link = link
        self._mailbox = mailbox
        self._told = told
        self._at = at

    async def run(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            delay = self._told.poll_seconds
            try:
                for found in await self._mailbox.use(lambda boxes: boxes.standing_still()):
                    if stop.is_set():
                        return
                    await self._bring(found)
                failures = 0
            except NotReady:
                failures += 1
                delay = WORK.after(failures)
            except (Cut, NotAdmitted) as error:
                failures += 1
                delay = 60.0 if isinstance(error, NotAdmitted) else WORK.after(failures)
                log.get().warning(
                    "receipts_wait", mailbox=self._mailbox.name, reason=str(error), tries=failures
                )
            except Declined as error:
                delay = _DECLINED_SECONDS
                log.get().error("receipt_declined", mailbox=self._mailbox.name, reason=str(error))
            await pause(stop, delay)

    async def _bring(self, found: Found) -> None:
        content = await self._mailbox.use(lambda boxes: boxes.read(found, MAX_XML_BYTES))
        if content is None:
            return
        sha256, data = content
        told = await self._link.upload(
            "/v1/site/inbox",
            data or b"",
            mailbox=self._mailbox.name,
            file_name=found.told_name,
            sha256=sha256,
            size=str(found.size),
        )
        kept = SiteReceiptKept.model_validate(told)
        self._at("receipt_stored")
        await self._mailbox.use(lambda boxes: boxes.keep(found, clock.now()))
        self._at("receipt_kept")
        log.get().info(
            "receipt_brought",
            mailbox=self._mailbox.name,
            file_name=found.told_name,
            state="repeated" if kept.repeated else "stored",
        )
