"""How the agent is: told to the platform, and written beside it for `bondgate agent status`."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from agent import disk
from agent.boxes import NotReady
from agent.configured import Told
from agent.home import AgentHome
from agent.journal import Journal, Taken
from agent.link import Cut, Declined, Enrolled, Link, NotAdmitted
from agent.mailboxes import Mailbox
from backbone import log
from backbone.backoff import WORK
from backbone.pauses import pause
from contracts.answers.answer import Answer
from contracts.answers.sites import SiteCard, SiteMailbox, SiteReader, SiteSpool, SiteState, SiteStateKept

_WRITE_SECONDS = 2.0
Seen = Callable[[], tuple[list[SiteReader], list[SiteCard]]]


class LocalStatus(Answer):
    """What stands in `status.json`."""

    written_at: datetime
    running: bool
    url: str
    name: str
    tenant_name: str
    admitted: bool
    heard_at: datetime | None
    served: list[str]
    state: SiteState


class Telling:
    def __init__(
        self,
        link: Link,
        who: Enrolled,
        home: AgentHome,
        told: Told,
        journal: Journal,
        mailboxes: Mapping[str, Mailbox],
        seen: Seen,
        version: str,
    ) -> None:
        self._link = link
        self._who = who
        self._home = home
        self._told = told
        self._journal = journal
        self._mailboxes = mailboxes
        self._seen = seen
        self._version = version
        self._started_at = datetime.now(UTC)

    async def tell_for_ever(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                told = await self._link.ask("PUT", "/v1/site-agents/self/state", await self.state())
                failures = 0
                delay = float(SiteStateKept.model_validate(told).next_seconds)
            except (Cut, NotAdmitted, Declined) as error:
                failures += 1
                delay = WORK.after(failures)
                log.get().warning("state_not_told", reason=str(error), tries=failures)
            await pause(stop, delay)

    async def write_for_ever(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.write(running=True)
            await pause(stop, _WRITE_SECONDS)

    async def write(self, *, running: bool) -> None:
        heard = self._link.heard_at
        status = LocalStatus(
            written_at=datetime.now(UTC),
            running=running,
            url=self._told.url,
            name=self._who.name,
            tenant_name=self._who.tenant_name,
            admitted=self._link.admitted,
            heard_at=None if heard is None else datetime.fromtimestamp(heard, UTC),
            served=[name for name, mailbox in self._mailboxes.items() if mailbox.served],
            state=await self.state(),
        )
        await asyncio.to_thread(_replace, self._home, status.model_dump_json(indent=2).encode())

    async def state(self) -> SiteState:
        open_files = await asyncio.to_thread(self._journal.open_files)
        files, size = await asyncio.to_thread(self._journal.held)
        readers, cards = self._seen()
        return SiteState(
            agent_version=self._version,
            platform=platform.platform()[:128],
            started_at=self._started_at,
            readers=readers,
            cards=cards,
            mailboxes=[await self._mailbox(each, open_files) for each in self._mailboxes.values()],
            spool=SiteSpool(
                files=files,
                bytes=size,
                most_files=self._told.most_files,
                most_bytes=self._told.most_bytes,
                full=files >= self._told.most_files or size >= self._told.most_bytes,
            ),
        )

    async def _mailbox(self, mailbox: Mailbox, open_files: Sequence[Taken]) -> SiteMailbox:
        ours = [taken for taken in open_files if taken.mailbox == mailbox.name and taken.state != "gone"]
        since = [taken.taken_at for taken in ours]
        try:
            waiting, oldest = await mailbox.use(lambda boxes: boxes.waiting())
        except NotReady:
            waiting, oldest = 0, None
        if oldest is not None:
            since.append(oldest)
        return SiteMailbox(
            mailbox=mailbox.name,
            ready=mailbox.reason is None,
            reason=mailbox.reason,
            in_outbox=len(ours),
            in_inbox=waiting,
            oldest_at=datetime.fromtimestamp(min(since), UTC) if since else None,
        )


def _replace(home: AgentHome, text: bytes) -> None:
    fresh = home.status.with_suffix(".new")
    disk.write(fresh, text)
    fresh.replace(home.status)
