"""The mailboxes of this site, each with a thread of its own: a share that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.boxes import Boxes, NotReady
from agent.configured import Told
from backbone import log

T = TypeVar("T")


class Mailbox:
    """One import client's folder, and what is wrong with it."""

    def __init__(self, name: str, boxes: Boxes) -> None:
        self.name = name
        self.reason: str | None = "not looked at yet"
        self.served = False
        """Whether the platform gives its files to this agent and to no other."""
        self._boxes = boxes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"mailbox-{name}")

    async def use(self, work: Callable[[Boxes], T]) -> T:
        """Do `work` in the mailbox's thread. Raises NotReady."""
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._thread, self._within, work)
        except (NotReady, OSError) as error:
            reason = str(error) if isinstance(error, NotReady) else error.strerror or type(error).__name__
            if self.reason != reason:
                log.get().warning("mailbox_not_ready", mailbox=self.name, reason=reason)
            self.reason = reason
            raise NotReady(reason) from error
        if self.reason is not None:
            log.get().info("mailbox_ready", mailbox=self.name)
        self.reason = None
        return done

    def _within(self, work: Callable[[Boxes], T]) -> T:
        self._boxes.own()
        return work(self._boxes)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._boxes.give_up()


def mailboxes_of(told: Told) -> dict[str, Mailbox]:
    return {
        each.name: Mailbox(each.name, Boxes(each.folder, patience_seconds=told.patience_seconds))
        for each in told.mailbox
    }
