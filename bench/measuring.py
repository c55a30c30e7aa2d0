"""Rounds: a closed loop of work, timed, candidates taking turns so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.tables import Row


@dataclass(frozen=True, slots=True)
class Round:
    """What was done in one go. `latencies` are seconds, one an operation (or a batch of them)."""

    done: int
    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        return self.done / self.seconds


Candidate = Callable[[], Awaitable[Round]]


def repeat(work: Callable[[], object], seconds: float) -> Round:
    """Call `work` again and again for about this long, at least three times."""
    latencies: list[float] = []
    started = previous = time.perf_counter()
    while previous - started < seconds or len(latencies) < 3:
        work()
        now = time.perf_counter()
        latencies.append(now - previous)
        previous = now
    return Round(len(latencies), previous - started, latencies)


async def drive(connections: int, seconds: float, work: Callable[[int], Awaitable[bool]]) -> Round:
    """`connections` loops beside each other, each calling `work(its number)`; False ends a loop before the time is up."""
    latencies: list[float] = []
    started = time.perf_counter()

    async def loop(number: int) -> None:
        while (begun := time.perf_counter()) - started < seconds:
            if not await work(number):
                return
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(loop(number) for number in range(connections)))
    return Round(len(latencies), time.perf_counter() - started, latencies)


async def take_turns(candidates: Mapping[str, Candidate], rounds: int) -> dict[str, list[Round]]:
    """`rounds` of every candidate, interleaved, the order turning; one more of each before, thrown away as warm-up."""
    results: dict[str, list[Round]] = {name: [] for name in candidates}
    names = list(candidates)
    for number in range(-1, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            result = await candidates[name]()
            if number >= 0:
                results[name].append(result)
    return results


def at_once(work: Callable[[], object], seconds: float) -> Candidate:
    """A candidate out of a plain function."""

    async def run() -> Round:
        return repeat(work, seconds)

    return run


def compared(what: str, ours: Sequence[Round], floor: Sequence[Round], **columns: str | float) -> Row:
    """A row of a comparison: medians over the rounds; `× floor` is the median of the rounds' own ratios."""
    ratios = [theirs.rate / mine.rate for mine, theirs in zip(ours, floor, strict=True)]
    return {
        "what": what,
        **columns,
        "per s": statistics.median(r.rate for r in ours),
        "p50 ms": statistics.median(quantile(r.latencies, 0.50) * 1e3 for r in ours),
        "p99 ms": statistics.median(quantile(r.latencies, 0.99) * 1e3 for r in ours),
        "spread %": spread([r.rate for r in ours]),
        "floor per s": statistics.median(r.rate for r in floor),
        "× floor": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def quantile(values: Sequence[float], share: float) -> float:
    """Nearest rank. Raises ValueError when there is nothing."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> float:
    """Half the distance between the extremes, in percent of the median."""
    return (max(values) - min(values)) / 2 / statistics.median(values) * 100
