"""The agent's home: its configuration, its key, its journal, what it last said of itself; owned by one process at a time."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AgentHome:
    path: Path

    @property
    def configuration(self) -> Path:
        return self.path / "agent.toml"

    @property
    def enrolment(self) -> Path:
        return self.path / "enrolment.json"

    @property
    def key(self) -> Path:
        return self.path / "agent-key.pem"

    @property
    def journal(self) -> Path:
        return self.path / "journal.sqlite"

    @property
    def lock(self) -> Path:
        return self.path / "agent.lock"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)


def usual() -> AgentHome:
    """Named by BONDGATE_AGENT_HOME, else where programs of this system keep such things."""
    given = os.environ.get("BONDGATE_AGENT_HOME")
    if given:
        return AgentHome(Path(given))
    if sys.platform == "win32":
        return AgentHome(Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "Bondgate Agent")
    return AgentHome(Path("/var/lib/bondgate-agent"))
