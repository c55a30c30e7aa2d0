"""Runs an installation until it is told to stop: servers, databases and topics, then services, simulator and edge.

`python -m local.supervisor HOME` reads the plan that `local.platform` wrote there. State goes to `run/state.json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import psutil

from local import broker, named_servers, postgresql, programs, servers
from local import plan as plans
from local import ports as port_plan
from local.accounts import NoAccount
from local.home import Home, write_json
from local.keeper import Keeper, State
from local.packages import PackageUnavailable
from local.plan import Plan
from local.processes import SERVERS, Program, mark_path, stop_orphans, write_mark

ALREADY_RUNNING = 3
"""Exit status of a second supervisor."""
_REFUSALS = (
    NoAccount,
    PackageUnavailable,
    broker.CannotFormat,
    port_plan.NoFreePort,
    postgresql.CannotPrepare,
    servers.ServerUnreachable,
)


class Supervisor:
    """One installation's programs, in the order in which they start."""

    def __init__(self, home: Home, plan: Plan) -> None:
        self.home = home
        self.plan = plan
        self.keepers: list[Keeper] = []
        self.ports: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._stage = "starting"
        self._failure: str | None = None

    async def run(self) -> int:
        """Until SIGTERM, SIGINT or the end of the watched process. Exit status 1 when it could not start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        watch = asyncio.create_task(self._watch())
        start = asyncio.create_task(self._start())
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not start.done():
            start.cancel()
        try:
            await start
        except asyncio.CancelledError:
            pass
        except _REFUSALS as refusal:
            self._failure = str(refusal)
        except Exception as error:  # noqa: BLE001 - the state file is how the caller hears of it
            traceback.print_exc()
            self._failure = f"{type(error).__name__}: {error}"
        if self._failure is None:
            await stop
        watch.cancel()
        await self._stop_all()
        return 1 if self._failure else 0

    async def _start(self) -> None:
        stop_orphans(self.home, except_for="supervisor")
        for held in self.home.run.glob("*.hold"):
            held.unlink()
        names = [*self.plan.services, *(["simulator"] if self.plan.simulator else [])]
        names += ["edge"] if self._has_edge else []
        known = {"identity", "entry", *names, "postgres", "kafka", "kafka-controller"}
        self.ports = port_plan.choose(self.home, self.plan.port_base, sorted(known))
        self._publish()
        used = servers.servers(self.home, self.ports)
        await servers.check_named(used)
        await asyncio.gather(self._database(used), self._broker(used))
        self._enter_stage("services")
        ours = [programs.service(n, self.home, self.plan, self.ports, used) for n in self.plan.services]
        if self.plan.simulator:
            ours.append(programs.simulator(self.home, self.plan, self.ports["simulator"]))
        keepers = [self._keep(program) for program in ours]
        if self._has_edge:
            keepers.append(self._keep(programs.edge(self.home, self.plan, self.ports)))
        await asyncio.gather(*(keeper.ready.wait() for keeper in keepers))
        self._enter_stage("up")

    @property
    def _has_edge(self) -> bool:
        return self.plan.edge and programs.EDGE_FILE.exists()

    async def _database(self, used: servers.Servers) -> None:
        if used.own_postgresql:
            program = await asyncio.to_thread(postgresql.program, self.home, self.ports["postgres"])
            await self._keep(program).ready.wait()
        await asyncio.gather(
            *(named_servers.migrate_service(self.home, used.admin_dsn, name) for name in self.plan.services)
        )

    async def _broker(self, used: servers.Servers) -> None:
        if used.own_kafka:
            program = await asyncio.to_thread(
                broker.program, self.home, self.ports["kafka"], self.ports["kafka-controller"]
            )
            await self._keep(program).ready.wait()
        await servers.ensure_topics(used.bootstrap)

    def _keep(self, program: Program) -> Keeper:
        keeper = Keeper(program, self.home, self._publish)
        self.keepers.append(keeper)
        self._tasks.append(asyncio.create_task(keeper.run()))
        return keeper

    async def _stop_all(self) -> None:
        """Edge and services first, then what they stand on, so that nothing loses its servers while it finishes."""
        self._enter_stage("failed" if self._failure else "stopping")
        for group in (
            [k for k in self.keepers if k.program.name == "edge"],
            [k for k in self.keepers if k.program.name not in SERVERS | {"edge"}],
            [k for k in self.keepers if k.program.name in SERVERS],
        ):
            for keeper in group:
                keeper.stop()
            await asyncio.gather(*(self._tasks[self.keepers.index(keeper)] for keeper in group))
        if not self._failure:
            self._enter_stage("down")

    async def _watch(self) -> None:
        """End with the process that asked for us, also when that one was killed."""
        if self.plan.watched_pid is None:
            return
        while psutil.pid_exists(self.plan.watched_pid):  # noqa: ASYNC110 - another process tells nobody of its end
            await asyncio.sleep(0.5)
        self._stop.set()

    def _enter_stage(self, stage: str) -> None:
        self._stage = stage
        self._publish()

    def _publish(self) -> None:
        if self._stage == "up" and any(k.state not in (State.READY, State.HELD) for k in self.keepers):
            stage = "recovering"
        else:
            stage = self._stage
        write_json(
            self.home.run / "state.json",
            {
                "stage": stage,
                "failure": self._failure,
                "supervisor": os.getpid(),
                "ports": self.ports,
                "programs": [
                    {
                        "name": keeper.program.name,
                        "state": keeper.state,
                        "pid": keeper.pid,
                        "port": keeper.program.port,
                        "restarts": keeper.restarts,
                        "last_exit": keeper.last_exit,
                    }
                    for keeper in self.keepers
                ],
            },
        )


def main(arguments: Sequence[str] | None = None) -> int:
    (root,) = arguments if arguments is not None else sys.argv[1:]
    home = Home(Path(root))
    with (home.run / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another supervisor runs this installation", file=sys.stderr)
            return ALREADY_RUNNING
        plan = plans.load(home)
        if plan is None:
            print("there is no plan to run", file=sys.stderr)
            return 2
        write_mark(home, "supervisor", os.getpid())
        with contextlib.suppress(KeyboardInterrupt):
            status = asyncio.run(Supervisor(home, plan).run())
        mark_path(home, "supervisor").unlink(missing_ok=True)
        return status


if __name__ == "__main__":
    sys.exit(main())
