"""What the platform costs while nothing happens, and what its programs hold in memory."""

from __future__ import annotations

import time

import psutil

from bench.counting import counts, processor_seconds
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from local.platform import Platform
from tests.support.desk import Desk

ABOUT = "the platform while nothing happens: processor time and memory by program"
_SETTLES_SECONDS = 30.0
_SECONDS = 60.0


def run(on: Surroundings) -> list[Table]:
    platform = on.platform()
    # A mailbox that is looked at, as every installation has one.
    desk = Desk(platform)
    desk.close()
    time.sleep(1.0 if on.quick else _SETTLES_SECONDS)
    before, began = counts(platform), time.monotonic()
    spent_before = processor_seconds(platform)
    time.sleep(1.0 if on.quick else _SECONDS)
    spent = {name: s - spent_before[name] for name, s in processor_seconds(platform).items()}
    seconds = time.monotonic() - began
    after, memory = counts(platform), _megabytes(platform)
    platform.stop()
    rows: list[Row] = [
        {"what": name, "ms/s": each / seconds * 1e3, "MB": memory[name]}
        for name, each in sorted(spent.items(), key=lambda item: -item[1])
    ]
    whole = sum(spent.values()) / seconds
    rows.append({"what": "all", "ms/s": whole * 1e3, "MB": sum(memory.values())})
    commits = (after.commits - before.commits) / seconds
    note = f"{whole / 2 * 100:.1f} % of two cores, {commits:.1f} commits a second; the supervisor itself is not among them"
    return [Table("idle: by program", note, rows)]


def _megabytes(platform: Platform) -> dict[str, float]:
    """Resident, with the children that live; what children share is counted once for each."""
    held = {}
    for program in platform.status(measure=False).programs:
        process = psutil.Process(platform.pid(program.name))
        family = [process, *process.children(recursive=True)]
        held[program.name] = sum(each.memory_info().rss for each in family) / 1e6
    return held
