"""`bondgate up`, `down`, `status` and the rest: the platform on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal

import typer
from rich.console import Console

from backbone import kafka, outbox
from cli.plainly import fail, plainly, platform_here
from local import logs as log_files
from local import screen
from local.demo.card import SIMULATOR_ARGUMENTS, virtual_card_in_reader
from local.demo.play import play
from local.home import home_from_environment
from local.programs import EDGE_FILE
from services.entry.ledger.rebuild import rebuild as rebuild_ledger
from services.query.rebuild import rebuild as rebuild_view

_out = Console(highlight=False)


@plainly
def up() -> None:
    """Start PostgreSQL, Kafka, every service, the simulator and the edge; return when all of them serve."""
    platform = platform_here()
    already = platform.is_running()
    screen.fetch(platform, _out)
    status = screen.start(platform, _out)
    _out.print(screen.status_table(platform.status()))
    print("Bondgate was already up." if already else "Bondgate is up.")
    if EDGE_FILE.exists() and "edge" in status.ports:
        print(f"API        {platform.edge_url}/v1")
        print(f"web page   {platform.edge_url}/")
    print(
        f"simulator  {platform.url('simulator')}\nlogs       ./bondgate logs SERVICE\nstop       ./bondgate down"
    )


@plainly
def down() -> None:
    """Stop everything gracefully, in reverse order. State stays."""
    print("Bondgate is down." if platform_here().stop() else "Bondgate was not running.")


@plainly
def status() -> None:
    """Every process with pid, port, health, restarts and memory. Status 1 when something is not healthy."""
    found = platform_here().status()
    if found.programs:
        _out.print(screen.status_table(found))
    _out.print(f"Bondgate is {found.stage}." + (f" {found.failure}" if found.failure else ""))
    if found.stage == "lost":
        _out.print(
            "Its supervisor was killed; ./bondgate up takes over what is left, ./bondgate down stops it."
        )
    if found.stage != "up" or not all(program.healthy for program in found.programs):
        raise typer.Exit(1)


@plainly
def logs(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A process name of `bondgate status`.")],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")
    ] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 40,
    raw: Annotated[bool, typer.Option("--raw", help="The lines as they were written.")] = False,
) -> None:
    """The log of one process, made readable."""
    home = home_from_environment()
    path = home.log(service)
    if not path.exists():
        known = ", ".join(sorted(found.stem for found in home.logs.glob("*.log"))) or "none yet"
        raise fail(f"no log of {service!r}; there are: {known}")
    show: Callable[[str], str] = str if raw else log_files.readable
    for line in log_files.last_lines(path, lines):
        print(show(line))
    if follow:
        try:
            for line in log_files.follow(path):
                print(show(line), flush=True)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


@plainly
def reset() -> None:
    """Stop everything and remove the state folder: documents, keys, logs. Fetched packages stay."""
    platform = platform_here()
    platform.stop()
    removed = platform.home.erase()
    print(f"removed {platform.home.root}" if removed else f"nothing to remove in {platform.home.root}")


@plainly
def migrate() -> None:
    """Make missing databases and roles and apply missing migrations of every service."""
    for service, names in platform_here().migrate().items():
        print(f"{service}: {', '.join(names) or 'nothing to do'}")


@plainly
def refill(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="A topic of contracts/topics.toml.")],
) -> None:
    """Publish every kept event of a topic again, after Kafka was lost. Readers drop what they know."""
    if topic not in kafka.topics():
        raise fail(f"no topic {topic!r}; there are: {', '.join(kafka.topics())}")
    platform = platform_here()
    owner = kafka.topics()[topic].owner

    async def run() -> int:
        await kafka.ensure_topics(platform.bootstrap_servers)
        return await outbox.refill(platform.dsn(owner, "worker"), platform.bootstrap_servers, owner)

    print(f"{topic}: {asyncio.run(run())} events published again")


@plainly
def rebuild(
    view: Annotated[
        str,
        typer.Argument(
            metavar="VIEW",
            help="A read model of query: documents, timeline, messages, searchable, relations, contents; or entry's ledger.",
        ),
    ],
) -> None:
    """Empty a read model and let query build it again from the events, or compute the ledger again, while the platform runs."""
    if view == "ledger":
        documents, lines = asyncio.run(rebuild_ledger(platform_here().dsn("entry", "worker")))
        print(f"ledger: postings of {documents} documents and sums of {lines} lines computed again")
        return
    generation = asyncio.run(rebuild_view(platform_here().dsn("query", "worker"), view))
    print(f"{view}: emptied, being built again (generation {generation})")


@plainly
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the business; status 0 only if all ended as it must.")
    ] = False,
    card: Annotated[
        Literal["virtual"] | None,
        typer.Option(help="A card signs every message: the project's own, in a virtual reader of pcscd."),
    ] = None,
) -> None:
    """Start everything and play one business on one 账册, each document to its end and its PDF."""
    if card is None:
        right = play(platform_here(watched=True), _out, stay=not leave)
    else:
        with virtual_card_in_reader() as inserted:
            platform = platform_here(
                watched=True, environment=inserted.environment, simulator_arguments=SIMULATOR_ARGUMENTS
            )
            right = play(platform, _out, stay=not leave, card=inserted.card)
    if not right:
        raise fail(
            "a document or a balance did not end as it must, other bytes arrived than were sent, or a proof does not hold"
        )
