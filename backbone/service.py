"""Running a service: pools, components under supervision, an orderly start and a stop that loses nothing.

Stopping goes from the outside in: first no new request and no new event, then what is in hand, then the outbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI

from backbone import log, migrate, postgres, whereabouts
from backbone.auth import Verifier
from backbone.door import Door
from backbone.idempotency import KEPT_HOURS
from backbone.outbox import Relay, Waker
from backbone.pauses import pause
from backbone.periodic import Periodic
from backbone.postgres import Pool
from backbone.revocations import RevocationsFollower
from backbone.settings import ServiceSettings
from backbone.supervision import Component, supervise

_STOP_SECONDS = 25.0
_KNOWN_SECONDS = 5.0
_KEEP_INBOX_DAYS = 90
_HOUSE_SECONDS = 3600
_CANNOT_START = 2
_NOT_YET = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
"""Nobody has made the role, its password or the database so far."""

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True)
class Runtime:
    """What a service builds itself from."""

    name: str
    pool: Pool
    """Role `_app`: one tenant a transaction, by `postgres.tenant_transaction`."""
    worker_pool: Pool
    """Role `_worker`: every tenant, by `postgres.transaction`; for consumers and jobs."""
    waker: Waker
    """`waker.wake()` after a commit that appended events."""
    verifier: Verifier
    components: list[Component] = field(default_factory=list)

    async def ready(self) -> Mapping[str, bool]:
        """For `/readyz`: every component, and that the database answers."""
        checks = {component.name: component.ready.is_set() for component in self.components}
        try:
            async with asyncio.timeout(2):
                checks["database"] = await self.pool.fetchval("SELECT true") is True
        except (*postgres.OUTAGES, TimeoutError):
            checks["database"] = False
        return checks


Build = Callable[[S, Runtime], Awaitable[FastAPI]]
"""Adds the service's components to `runtime.components` and answers its application."""


def run(name: str, settings: S, build: Build[S], *, publishes: bool = True) -> None:
    """Run a service until SIGTERM or SIGINT; exits 0 after an orderly stop, 1 when it is wedged, 2 when it cannot start."""
    log.configure(name, settings.log_level)

    async def served() -> None:
        status = await _serve(name, settings, build, publishes)
        # All is flushed. What is left behind, a task that swallows its cancellation or a thread on a share that hangs,
        # would be waited for without a bound by Python itself.
        sys.stdout.flush()
        os._exit(status)

    try:
        uvloop.run(served())
    except _CannotStart as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(_CANNOT_START)


class _CannotStart(Exception):
    pass


async def _serve(name: str, settings: S, build: Build[S], publishes: bool) -> int:
    listening = _listen(settings.host, settings.port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, whereabouts.say)
    door = Door(name)
    serving = asyncio.create_task(supervise(HttpServer(door, listening), stop), name=HttpServer.name)
    pool = await _patiently(settings.database_url, f"{name}-app", settings.pool_max_size, stop)
    worker_pool = await _patiently(
        settings.worker_database_url, f"{name}-worker", settings.pool_max_size, stop
    )
    if pool is None or worker_pool is None or not await _schema_is_there(worker_pool, build, stop):
        await _within(_STOP_SECONDS, [serving])
        return 0
    verifier = Verifier(
        jwks_url=settings.jwks_url, issuer=settings.token_issuer, audience=settings.token_audience
    )
    revocations = RevocationsFollower(settings.kafka_bootstrap_servers, name, verifier.revoked)
    runtime = Runtime(name, pool, worker_pool, Waker(worker_pool), verifier)
    app = await build(settings, runtime)
    app.state.verifier = verifier
    housekeeping = Periodic("housekeeping", partial(_keep_house, worker_pool), _HOUSE_SECONDS)
    back: list[Component] = [housekeeping, revocations]
    if publishes:
        relay = Relay(settings.worker_database_url, settings.kafka_bootstrap_servers, name, runtime.waker)
        back += [runtime.waker, relay]
    runtime.components.extend(back)
    front = [component for component in runtime.components if component not in back]
    stop_back = asyncio.Event()
    back_tasks = [asyncio.create_task(supervise(component, stop_back)) for component in back]
    # The door opens when it is known whom to refuse, or when Kafka does not say so in time.
    await _within_reason(revocations.ready, stop)
    front_tasks = [serving, *(asyncio.create_task(supervise(component, stop)) for component in front)]
    door.app = app
    tasks = [*front_tasks, *back_tasks]
    for task in tasks:
        # Before the stop only one that is wedged ends.
        task.add_done_callback(lambda _: stop.set())
    log.get().info("service_started", host=settings.host, port=settings.port)
    await stop.wait()
    wedged = any(task.done() for task in tasks)
    log.get().info("service_stopping")
    await _within(_STOP_SECONDS, front_tasks)
    stop_back.set()
    runtime.waker.wake()
    await _within(_STOP_SECONDS, back_tasks)
    for each in (pool, worker_pool):
        with contextlib.suppress(Exception):
            await asyncio.wait_for(each.close(), 5)
    log.get().info("service_stopped")
    return 1 if wedged else 0


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise _CannotStart(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listening.set_inheritable(True)
    return listening


async def _patiently(dsn: str, name: str, size: int, stop: asyncio.Event) -> Pool | None:
    """A pool, once the database and the role are there; None when the service is to end first."""
    for attempt in range(10_000):
        try:
            return await postgres.create_pool(dsn, name=name, max_size=size)
        except (*postgres.OUTAGES, *_NOT_YET) as error:
            log.get().warning("database_unreachable", error_type=type(error).__name__, tries=attempt + 1)
        if await pause(stop, 1):
            break
    return None


async def _schema_is_there(pool: Pool, build: Build[S], stop: asyncio.Event) -> bool:
    """Wait for the migrations of backbone and of the service, in its folder; False when it is to end first."""
    folder = Path(sys.modules[build.__module__].__file__ or "").parent / "migrations"
    while not stop.is_set():
        try:
            behind = await migrate.missing(pool, folder)
        except postgres.OUTAGES as error:
            log.get().warning("database_unreachable", error_type=type(error).__name__)
        else:
            if not behind:
                return True
            log.get().warning("schema_behind", count=len(behind), name=behind[0])
        await pause(stop, 1)
    return False


async def _within_reason(ready: asyncio.Event, stop: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (ready, stop)]
    await asyncio.wait(waiting, timeout=_KNOWN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


async def _within(seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        log.get().warning("component_did_not_stop", name=task.get_name())
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=5)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's business."""
        yield


class HttpServer:
    """The application on its socket; requests in hand are answered before it ends."""

    name = "http"

    def __init__(self, app: Door, listening: socket.socket) -> None:
        self.ready = asyncio.Event()
        self._app = app
        self._listening = listening

    async def run(self, stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http="httptools",
            ws="none",
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=15,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[self._listening]))
        stopping = asyncio.create_task(stop.wait())
        self.ready.set()
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await serving
        finally:
            self.ready.clear()
            stopping.cancel()


async def _keep_house(pool: Pool) -> None:
    """Next month's event partitions, and old inbox lines and idempotency keys swept away."""
    async with postgres.transaction(pool) as connection:
        await connection.execute("SELECT bondgate_make_partitions()")
        await connection.execute(
            "DELETE FROM inbox WHERE absorbed_at < now() - make_interval(days => $1)", _KEEP_INBOX_DAYS
        )
        await connection.execute(
            "DELETE FROM idempotency WHERE created_at < now() - make_interval(hours => $1)", KEPT_HOURS
        )
