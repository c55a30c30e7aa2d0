"""PostgreSQL restarted and killed in turn under a busy platform: how long until every service is ready again.

Clerks declare all the time. Busy loops fill the machine up to a load of eight, less what others already make it do.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from bench.measuring import quantile
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from local.platform import Platform
from services.declared import SERVICES
from tests.support.desk import Desk, Sent

ABOUT = "PostgreSQL restarted and killed under a busy platform, until all services are ready"
_OUTAGES = 20
_LOAD = 8
_CLERKS = 3
_BETWEEN_SECONDS = 5.0
_BOUND_SECONDS = 60.0
_PATIENCE_SECONDS = 600.0
_LOOP = "import os; parent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"


def run(on: Surroundings) -> list[Table]:
    platform = on.platform("--speed=0.1", "--poll=0.02")
    ready: dict[str, list[float]] = {"restart": [], "kill": []}
    loads: list[float] = []
    with _clerks(platform) as (desk, declared):
        for number in range(2 if on.quick else _OUTAGES):
            how = "kill" if number % 2 else "restart"
            with _busy(0 if on.quick else _LOAD - int(os.getloadavg()[0])):
                _interrupt(platform, how)
                began = time.monotonic()
                asyncio.run(_until_ready(platform))
                ready[how].append(time.monotonic() - began)
                loads.append(os.getloadavg()[0])
            print(f"{number + 1:>2} {how:<8} ready {ready[how][-1]:5.1f} s, load {loads[-1]:.0f}", flush=True)
            # A token lives for fifteen minutes.
            desk.client.headers["authorization"] = f"Bearer {desk.login()}"
    for sent in declared:
        desk.until(sent, "deducted", seconds=_PATIENCE_SECONDS)
    desk.close()
    platform.stop()
    rows: list[Row] = [
        {
            "what": how,
            "outages": float(len(taken)),
            f"within {_BOUND_SECONDS:g} s": float(sum(each <= _BOUND_SECONDS for each in taken)),
            "p50 s": quantile(taken, 0.5),
            "most s": max(taken),
        }
        for how, taken in ready.items()
    ]
    note = (
        f"since PostgreSQL answered again; load {min(loads):.0f} to {max(loads):.0f}; {_CLERKS} clerks declared"
        f" {len(declared)} documents meanwhile, and each came to 已核扣"
    )
    return [Table("outages: until every service is ready", note, rows)]


def _interrupt(platform: Platform, how: str) -> None:
    if how == "kill":
        platform.kill("postgres")
    else:
        platform.stop_program("postgres", seconds=_PATIENCE_SECONDS)
    platform.start_program("postgres", seconds=_PATIENCE_SECONDS)


async def _until_ready(platform: Platform) -> None:
    """All services say so in the same look."""
    urls = [f"{platform.url(name)}/readyz" for name in SERVICES]
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client, asyncio.timeout(_PATIENCE_SECONDS):
        while not all(await asyncio.gather(*(_answers(client, url) for url in urls))):  # noqa: ASYNC110 - they tell nobody
            await asyncio.sleep(0.2)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@contextmanager
def _clerks(platform: Platform) -> Iterator[tuple[Desk, list[Sent]]]:
    """Clerks who declare a document every few seconds, also while the database is away; what was answered with 202."""
    desk = Desk(platform)
    declared: list[Sent] = []
    enough = threading.Event()

    def clerk() -> None:
        while not enough.is_set():
            with suppress(AssertionError, httpx.HTTPError):
                declared.append(desk.send())
            enough.wait(_BETWEEN_SECONDS)

    clerks = [threading.Thread(target=clerk) for _ in range(_CLERKS)]
    for each in clerks:
        each.start()
    try:
        yield desk, declared
    finally:
        enough.set()
        for each in clerks:
            each.join()


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    """Processes that only compute; they end with this one, however it ends."""
    running = [subprocess.Popen([sys.executable, "-c", _LOOP]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()
