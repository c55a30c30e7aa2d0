"""Of several tellings of one thing the newest, for tables that keep what another service told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from backbone.cloudevents import Received
from contracts.events import Event

E = TypeVar("E", bound=Event)


def newest(
    events: Iterable[Received], type: type[E], key: Callable[[E], Any], version: Callable[[E], int]
) -> list[E]:
    """One event a key, in the order of the keys, so that whoever writes several rows locks them in one order."""
    found: dict[Any, E] = {}
    for received in events:
        event = received.event
        assert isinstance(event, type)
        known = found.get(key(event))
        if known is None or version(known) < version(event):
            found[key(event)] = event
    return [found[one] for one in sorted(found)]


def columns(events: Sequence[Event], *names: str) -> list[list[Any]]:
    """These fields of all of them, each as an array for a statement."""
    return [[getattr(event, name) for event in events] for name in names]
