"""`bondgate`: the commands that run the platform, and those that read and write messages without one.

A command's module is imported when the command is called, so that `--help` does not wait for all of them.
"""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_TREE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Room:
    """Where a command is found: a function, or a group of commands named `app`, and its first line of help."""

    module: str
    name: str
    help: str


COMMANDS: Mapping[str, Room] = {
    "demo": Room(
        "cli.platform",
        "demo",
        "Start everything and play one business on one 账册, each document to its end and its PDF.",
    ),
    "up": Room(
        "cli.platform",
        "up",
        "Start PostgreSQL, Kafka, every service, the simulator and the edge; return when all of them serve.",
    ),
    "down": Room("cli.platform", "down", "Stop everything gracefully, in reverse order. State stays."),
    "status": Room(
        "cli.platform",
        "status",
        "Every process with pid, port, health, restarts and memory. Status 1 when something is not healthy.",
    ),
    "logs": Room("cli.platform", "logs", "The log of one process, made readable."),
    "reset": Room(
        "cli.platform",
        "reset",
        "Stop everything and remove the state folder: documents, keys, logs. Fetched packages stay.",
    ),
    "migrate": Room(
        "cli.platform",
        "migrate",
        "Make missing databases and roles and apply missing migrations of every service.",
    ),
    "rebuild": Room(
        "cli.platform",
        "rebuild",
        "Empty a read model and let query build it again from the events, or compute the ledger again, while the platform runs.",
    ),
    "refill": Room(
        "cli.platform",
        "refill",
        "Publish every kept event of a topic again, after Kafka was lost. Readers drop what they know.",
    ),
    "message": Room(
        "cli.message",
        "app",
        "Read, write and check messages of the Single Window and of customs. Needs no server.",
    ),
    "codes": Room(
        "cli.codes", "app", "Code tables (units, countries, modes …): list, search, import. Needs no server."
    ),
    "evidence": Room(
        "cli.evidence",
        "app",
        "Evidence of what was signed: prove every chain, write an export for a dispute.",
    ),
    "keys": Room(
        "cli.keys", "app", "Keys that turn: the evidence key, and the master keys of identity and signer."
    ),
    "agent": Room(
        "agent.command",
        "app",
        "The agent at a site: serves the import client's boxes and the cards there.",
    ),
}
"""In the order of the help. A test compares each line of help with the command's own."""


class _OnDemand(TyperGroup):
    # Typer keeps click's classes to itself.
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, room.help) for name, room in COMMANDS.items()])


def command(name: str) -> Any:
    """The command, its module imported."""
    room = COMMANDS[name]
    found = getattr(importlib.import_module(room.module), room.name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    made = typer.main.get_command(found)
    made.name = name
    return made


app = typer.Typer(
    name="bondgate",
    cls=_OnDemand,
    help="Declaring bonded logistics with China Customs: run the platform here, and work with its messages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Rich takes longer to import than most commands to run, and would ask every command for its help.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(tomllib.loads((_TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line; a closed pipe (`… | head`) is a quiet end."""
    try:
        app(prog_name="bondgate")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
