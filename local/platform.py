"""The platform as a thing to start, stop and disturb: what the command line and the tests hold in their hands.

with Platform(home, port_base=8200) as platform:
    platform.kill("entry")            # SIGKILL; stays down
    platform.start_program("entry")   # up again, answered when it serves
    httpx.get(platform.edge_url + "/v1/inventories")
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from backbone.migrate import Database, describe
from local import fetch, named_servers, postgresql, servers
from local import plan as plans
from local.accounts import for_postgresql
from local.home import TREE, Home, read_json
from local.keeper import State, hold_path
from local.plan import Plan, services_in_tree
from local.ports import DEFAULT_BASE
from local.processes import Mark, memory_bytes, read_mark, stop_orphans
from local.programs import url
from local.supervisor import ALREADY_RUNNING

Role = Literal["app", "worker", "owner"]
START_SECONDS = 300.0
"""A busy machine needs minutes until everything serves."""
_LOOK_SECONDS = 0.05
_LOG_LINES = 8


class DidNotStart(Exception):
    """The platform or one of its programs did not come up; the text names it and quotes its log."""


class NotRunning(Exception):
    """Asked of an installation that is down."""


@dataclass(frozen=True)
class ProgramStatus:
    """One program as the supervisor sees it now. `memory_bytes` counts its children too."""

    name: str
    state: State
    pid: int | None
    port: int
    restarts: int
    last_exit: int | None
    memory_bytes: int

    @property
    def healthy(self) -> bool:
        return self.state is State.READY


@dataclass(frozen=True)
class PlatformStatus:
    """`stage` is down, starting, services, up, recovering, stopping, failed, or lost (its supervisor was killed)."""

    stage: str
    failure: str | None
    programs: tuple[ProgramStatus, ...]
    ports: Mapping[str, int]

    def program(self, name: str) -> ProgramStatus | None:
        return next((program for program in self.programs if program.name == name), None)


class Platform:
    """An installation in `home`. Several of them run side by side when home and port base differ.

    `services=()` gives PostgreSQL and Kafka alone; None means every service of the tree. `environment` adds settings
    by program name (`"*"`: to all). With `watched=True` everything stops when the calling process ends, however.
    """

    def __init__(
        self,
        home: Path | str,
        port_base: int = DEFAULT_BASE,
        *,
        services: Sequence[str] | None = None,
        simulator: bool = True,
        simulator_arguments: Sequence[str] = (),
        edge: bool = True,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        watched: bool = False,
    ) -> None:
        self.home = Home(Path(home).absolute())
        self.plan = Plan(
            port_base=port_base,
            services=tuple(services_in_tree() if services is None else services),
            simulator=simulator,
            simulator_arguments=tuple(simulator_arguments),
            edge=edge,
            environment=environment or {},
            watched_pid=os.getpid() if watched else None,
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.stop()

    # the whole

    def fetch(self, report: fetch.Report | None = None) -> None:
        """Fetch and unpack what the embedded servers need. Raises PackageUnavailable, NoAccount."""
        if not os.environ.get("DATABASE_URL"):
            account = for_postgresql()
            fetch.ensure("postgresql", report=report)
            postgresql.installation(account)
        if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            fetch.ensure("kafka", report=report)

    def start(
        self, *, seconds: float = START_SECONDS, progress: Callable[[PlatformStatus], None] | None = None
    ) -> PlatformStatus:
        """Start what is down and wait until everything serves; harmless when it is up. Raises DidNotStart.

        One that is stopping, e.g. a demo that was just ended, is waited for.
        """
        deadline = time.monotonic() + seconds
        self.home.prepare()
        while self._is_stopping():
            if time.monotonic() > deadline:
                raise DidNotStart(f"it is still stopping: see {self.home.log('supervisor')}")
            if progress is not None:
                progress(self.status(measure=False))
            time.sleep(_LOOK_SECONDS)
        if not self.is_running():
            self.fetch()
            plans.save(self.plan, self.home)
            (self.home.run / "state.json").unlink(missing_ok=True)
            with self.home.log("supervisor").open("ab") as log:
                supervisor = subprocess.Popen(
                    [sys.executable, "-P", "-m", "local.supervisor", str(self.home.root)],
                    cwd=TREE,
                    env={**os.environ, "PYTHONPATH": str(TREE)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        else:
            supervisor = None
        while True:
            status = self.status(measure=False)
            if progress is not None:
                progress(status)
            if status.stage == "up":
                return status
            ended = supervisor is not None and supervisor.poll() not in (None, ALREADY_RUNNING)
            if status.failure or ended or time.monotonic() > deadline:
                raise DidNotStart(status.failure or self._why(status))
            time.sleep(_LOOK_SECONDS)

    def stop(self, *, seconds: float = 90) -> bool:
        """Stop gracefully, in reverse order. Answers whether anything was running."""
        mark = read_mark(self.home, "supervisor")
        if mark is None:
            return bool(self.home.run.exists() and stop_orphans(self.home, except_for="supervisor"))
        self._stopping_mark.touch()
        os.kill(mark.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while mark.process() is not None:
            if time.monotonic() > deadline:
                raise NotRunning(
                    f"the supervisor (pid {mark.pid}) does not stop: see {self.home.log('supervisor')}"
                )
            time.sleep(_LOOK_SECONDS)
        return True

    def _is_stopping(self) -> bool:
        """Whether a supervisor is there that was told to end, or ends by itself."""
        if not self.is_running():
            self._stopping_mark.unlink(missing_ok=True)
            return False
        return self._stopping_mark.exists() or self.status(measure=False).stage in (
            "stopping",
            "failed",
            "down",
        )

    @property
    def _stopping_mark(self) -> Path:
        """Laid by who asks for the stop, because the supervisor hears of it a moment later."""
        return self.home.run / "stopping"

    def is_running(self) -> bool:
        """Whether a supervisor holds the installation."""
        return read_mark(self.home, "supervisor") is not None

    def status(self, *, measure: bool = True) -> PlatformStatus:
        data = read_json(self.home.run / "state.json")
        if data is None:
            return PlatformStatus("starting" if self.is_running() else "down", None, (), {})
        stage = data["stage"]
        if stage not in ("down", "failed") and not self.is_running():
            stage = "lost"
        marks = (
            {row["name"]: read_mark(self.home, row["name"]) for row in data["programs"]} if measure else {}
        )
        programs = tuple(
            ProgramStatus(
                **{**row, "state": State(row["state"])},
                memory_bytes=memory_bytes(mark) if (mark := marks.get(row["name"])) else 0,
            )
            for row in data["programs"]
        )
        return PlatformStatus(stage, data["failure"], programs, data["ports"])

    # one program

    def kill(self, name: str, number: int = signal.SIGKILL, *, stays_down: bool = True) -> None:
        """Send a signal, SIGKILL unless told otherwise, without warning. Else the supervisor starts it again."""
        pid = self.pid(name)
        os.kill(pid, number)
        if stays_down:
            hold_path(self.home, name).touch()
            self._wait(name, lambda status: status.state is State.HELD, "go down", 30)

    def stop_program(self, name: str, *, seconds: float = 60) -> None:
        """Stop gracefully; it stays down until `start_program`."""
        hold_path(self.home, name).touch()
        self._wait(name, lambda status: status.state is State.HELD, "stop", seconds)

    def start_program(self, name: str, *, seconds: float = 60) -> None:
        hold_path(self.home, name).unlink(missing_ok=True)
        self._wait(name, lambda status: status.healthy, "start", seconds)

    def restart(self, name: str, *, seconds: float = 60) -> None:
        self.stop_program(name, seconds=seconds)
        self.start_program(name, seconds=seconds)

    def pause(self, name: str) -> None:
        """SIGSTOP: the process is there but does nothing, as on a sick machine."""
        os.kill(self.pid(name), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGCONT)

    def wait_ready(self, *names: str, seconds: float = 60) -> None:
        """Wait until the named programs serve, or all of them."""
        for name in names or [program.name for program in self.status(measure=False).programs]:
            self._wait(name, lambda status: status.healthy, "serve", seconds)

    def pid(self, name: str) -> int:
        return self._mark(name).pid

    # addresses

    @property
    def edge_url(self) -> str:
        return self.url("edge")

    def url(self, name: str) -> str:
        """Address of a service, of the simulator's control port or of the edge."""
        return url(self.port(name))

    def port(self, name: str) -> int:
        ports = self.status(measure=False).ports
        if name not in ports:
            raise NotRunning(
                f"{name} has no port: the platform in {self.home.root} is down or does not run it"
            )
        return ports[name]

    @property
    def admin_dsn(self) -> str:
        return self._servers().admin_dsn

    @property
    def bootstrap_servers(self) -> str:
        return self._servers().bootstrap

    def database(self, service: str) -> Database:
        return describe(self.admin_dsn, service, self.home.passwords(service))

    def dsn(self, service: str, role: Role = "worker") -> str:
        database = self.database(service)
        return {"app": database.app_dsn, "worker": database.worker_dsn, "owner": database.owner_dsn}[role]

    @property
    def operator_secret(self) -> str:
        """Secret of the API client `platform-operator`."""
        return self.home.secret("operator")

    def migrate(self) -> dict[str, list[str]]:
        """Apply missing migrations of every service; answers the names applied."""

        async def run() -> dict[str, list[str]]:
            return {
                name: await named_servers.migrate_service(self.home, self.admin_dsn, name)
                for name in self.plan.services
            }

        return asyncio.run(run())

    def log_tail(self, name: str, lines: int = _LOG_LINES) -> str:
        try:
            text = self.home.log(name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _servers(self) -> servers.Servers:
        try:
            return servers.servers(self.home, self.status(measure=False).ports)
        except KeyError as error:
            raise NotRunning(f"the platform in {self.home.root} was never up: ./bondgate up") from error

    def _mark(self, name: str) -> Mark:
        mark = read_mark(self.home, name)
        if mark is None:
            raise NotRunning(f"{name} is not running")
        return mark

    def _wait(self, name: str, done: Callable[[ProgramStatus], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            status = self.status(measure=False)
            program = status.program(name)
            if program is None or status.stage in ("down", "lost", "failed"):
                raise NotRunning(f"the platform in {self.home.root} is {status.stage} or does not run {name}")
            if done(program):
                return
            if time.monotonic() > deadline:
                raise DidNotStart(f"{name} did not {what} within {seconds:g} s\n{self.log_tail(name)}")
            time.sleep(_LOOK_SECONDS)

    def _why(self, status: PlatformStatus) -> str:
        late = [program.name for program in status.programs if not program.healthy]
        if not late:
            return f"the supervisor ended\n{self.log_tail('supervisor')}"
        tails = "\n".join(f"--- {name}\n{self.log_tail(name)}" for name in late[:3])
        return f"not serving in time: {', '.join(late)}\n{tails}"
