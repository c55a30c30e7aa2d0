"""What a read model is: a table, the topics it reads, and a function from a batch of events to its rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from backbone.cloudevents import Received
from backbone.postgres import Connection

Apply = Callable[[Connection, Sequence[Received]], Awaitable[None]]


@dataclass(frozen=True)
class View:
    """`apply` must leave the same rows whatever is repeated, and whatever older event comes after a newer one."""

    name: str
    topics: tuple[str, ...]
    handles: frozenset[str]
    apply: Apply
