"""An agent that is killed, as by kill -9, when it has done the step that KILL_AFTER names."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from agent import running
from agent.home import AgentHome
from backbone import log


def _at(step: str) -> None:
    if step == os.environ["KILL_AFTER"]:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    log.configure("agent")
    asyncio.run(running.run(AgentHome(Path(sys.argv[-1])), "0.0.0", at=_at))
