"""`bondgate`: the commands that run the platform, and those that read and write messages without one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import code_placing, codes, evidence, keys, message, platform

app = typer.Typer(
    name="bondgate",
    help="Declaring bonded logistics with China Customs: run the platform here, and work with its messages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(message.app, name="message")
codes.app.command("place")(platform.plainly(code_placing.place))
app.add_typer(codes.app, name="codes")
app.add_typer(evidence.app, name="evidence")
app.add_typer(keys.app, name="keys")
platform.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        print(platform.version())
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
