"""What a person sees of downloads, starts and the running platform. Plain lines when standard output is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from local import portal
from local.fetch import Report
from local.keeper import State
from local.platform import START_SECONDS, Platform, PlatformStatus, ProgramStatus

_COLOURS = {
    State.READY: "green",
    State.STARTING: "yellow",
    State.WAITING: "dim",
    State.PAUSING: "red",
    State.SICK: "red",
    State.HELD: "magenta",
    State.STOPPED: "dim",
}
_WORDS = {State.SICK: "does not answer", State.PAUSING: "died, starts again soon", State.HELD: "held down"}


@contextmanager
def downloads(console: Console) -> Iterator[Report]:
    """One bar a file on a terminal, else one line when a file has come."""
    if not console.is_terminal:

        def line(name: str, done: int, total: int) -> None:
            if done == total:
                console.print(f"fetched {name} ({total / 1e6:.1f} MB)", highlight=False)

        yield line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True) as progress:

        def bar(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, visible=done < total)

        yield bar


def fetch(platform: Platform, console: Console) -> None:
    """What a start needs: the servers' packages, and the web page as it is in the tree."""
    with downloads(console) as report:
        platform.fetch(report)
    if not platform.plan.edge:
        return
    try:
        portal.ensure(lambda text: console.print(text, highlight=False))
    except portal.PortalNotBuilt as error:
        console.print(f"there is no web page, the API serves without it: {error}", style="red", markup=False)


def start(platform: Platform, console: Console, *, seconds: float = START_SECONDS) -> PlatformStatus:
    """Start with a view of each program and the second at which it served. Raises DidNotStart."""
    started = time.monotonic()
    ready: dict[str, float] = {}
    if not console.is_terminal:

        def line(status: PlatformStatus) -> None:
            for program in _newly_ready(status, ready, started):
                console.print(f"{program.name} ready after {ready[program.name]:.1f} s", highlight=False)

        return platform.start(seconds=seconds, progress=line)
    with Live(console=console, transient=True, refresh_per_second=10) as live:

        def view(status: PlatformStatus) -> None:
            list(_newly_ready(status, ready, started))
            live.update(_starting(status, ready, started))

        return platform.start(seconds=seconds, progress=view)


def _newly_ready(status: PlatformStatus, ready: dict[str, float], started: float) -> Iterator[ProgramStatus]:
    for program in status.programs:
        if program.healthy and program.name not in ready:
            ready[program.name] = time.monotonic() - started
            yield program


def _starting(status: PlatformStatus, ready: dict[str, float], started: float) -> Table:
    grid = Table.grid(padding=(0, 2))
    for program in status.programs:
        after = f"{ready[program.name]:.1f} s" if program.name in ready else ""
        grid.add_row(program.name, _state(program), after)
    grid.add_row(Text(f"starting … {time.monotonic() - started:.0f} s", style="dim"))
    return grid


def status_table(status: PlatformStatus) -> Table:
    table = Table("Process", "PID", "Port", "Health", "Restarts", "Memory")
    for name in ("PID", "Port", "Restarts", "Memory"):
        next(column for column in table.columns if column.header == name).justify = "right"
    for program in status.programs:
        table.add_row(
            program.name,
            str(program.pid or "–"),
            str(program.port),
            _state(program),
            str(program.restarts),
            f"{program.memory_bytes / 1e6:.0f} MB" if program.memory_bytes else "–",
        )
    return table


def _state(program: ProgramStatus) -> Text:
    text = _WORDS.get(program.state, str(program.state))
    if program.state is State.PAUSING and program.last_exit is not None:
        text += f" (status {program.last_exit})"
    return Text(text, style=_COLOURS[program.state])
