"""Settings of submission. Environment, prefix `BONDGATE_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import PositiveFloat

from backbone.settings import ServiceSettings


class Settings(ServiceSettings):
    exchange_dir: Path
    """Holds one base directory a mailbox (`<mailbox>/Sas/OutBox` …), each the folder of one card's import client."""
    create_mailboxes: bool = False
    """Make base directories that are missing. Only where nothing is mounted there: into an unmounted share a file
    would be delivered to nobody."""
    box_poll_seconds: PositiveFloat = 0.5
    """Between looks; where the kernel tells of files, only as long as something goes on."""
    missing_grace_seconds: PositiveFloat = 120.0
    """How long a file may be in no box before its delivery counts as unknown; a client may copy instead of rename."""
