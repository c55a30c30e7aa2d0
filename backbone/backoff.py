"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """The wait after each failure in a row; the last one repeats."""

    seconds: tuple[float, ...]

    def after(self, failures: int) -> float:
        """`failures` in a row, from 1."""
        return self.seconds[min(failures, len(self.seconds)) - 1]


COMPONENT = Backoff((0.2, 0.5, 1.0, 2.0, 5.0))
"""A part of a service that fails as a whole, e.g. for want of PostgreSQL or Kafka."""
WORK = Backoff((0.2, 1.0, 5.0, 15.0, 30.0))
"""A job, or a mailbox, that fails by itself while others go on: a share that is gone, a card that does not answer."""


class AgainLater(Exception):
    """Not now: the same job or record comes again after `seconds`; others go on meanwhile.

    `failed` False says nothing against the work, e.g. that its mailbox belongs to another process; it counts as no try.
    """

    def __init__(self, reason: str, seconds: float = 1.0, *, failed: bool = True) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.failed = failed
