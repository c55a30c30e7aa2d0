"""Settings of receipts."""

from __future__ import annotations

from pathlib import Path

from backbone.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where the InBoxes are, and how patient the service is; times in seconds."""

    exchange_dir: Path
    """Holds one folder a mailbox, each with `Sas/InBox`."""

    inbox_poll_seconds: float = 0.3
    """Between looks; where the kernel tells of files, only as long as something goes on."""
    inbox_patience_seconds: float = 10.0
    """How long a file that ends in the middle of something must stand still before it is taken as it is."""
    packet_timeout_seconds: float = 3600.0
    """After this a split receipt that lacks packets is shown as incomplete; it is still joined when they come."""
