"""`bondgate agent`, and `python -m agent` where there is no launcher: enrol, run, and say how it is."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from agent import disk, home, running
from agent import key as keys
from agent.configured import Told, load
from agent.home import AgentHome
from agent.link import Cut, Declined, Enrolled, enrol
from agent.telling import LocalStatus
from backbone import log

app = typer.Typer(
    name="agent",
    help="The agent at a site: serves the import client's boxes and the cards there.",
    no_args_is_help=True,
)
_HOME = typer.Option(
    "--home", metavar="FOLDER", help="Where the agent keeps what is its own.", show_default=False
)
_STALE = timedelta(seconds=30)
_CONFIGURATION = """\
# The agent of a site; docs/site-agent.md says what else there is.
url = "{url}"
{authorities}
# A folder of an import client: <folder>/Sas/OutBox, SentBox, FailBox, InBox.
# [[mailbox]]
# name = "example-1"
# folder = "C:/ImpPath"
"""


@app.command("enrol")
def enrol_here(
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Of the platform: https://…")],
    code: Annotated[
        str | None,
        typer.Option(
            "--code", metavar="CODE", help="From the administrator; asked for when it is not given."
        ),
    ] = None,
    where: Annotated[Path | None, _HOME] = None,
    authorities: Annotated[
        Path | None,
        typer.Option(
            "--authorities", metavar="PEM", help="Who signs the platform's certificate, if not known here."
        ),
    ] = None,
) -> None:
    """Make a key here, show its public half with the code, and keep who this agent is."""
    chosen = _home(where)
    chosen.make()
    try:
        told = _configured(chosen, url, authorities)
    except ValidationError as error:
        raise _fail(error.errors()[0]["msg"]) from None
    given = code or typer.prompt("code", hide_input=True)
    # A key that was made for a try whose answer was lost is shown again, so that the same code counts.
    pending = chosen.key.with_name("agent-key.pending.pem")
    key = keys.kept(pending) if pending.exists() else keys.make()
    keys.keep(key, pending)
    try:
        enrolled = asyncio.run(enrol(told, given, key))
    except (Cut, Declined) as error:
        raise _fail(f"not enrolled: {error}") from None
    who = Enrolled(
        url=told.url,
        agent_id=enrolled.agent_id,
        name=enrolled.name,
        tenant_name=enrolled.tenant_name,
        audience=enrolled.audience,
    )
    disk.write(chosen.enrolment, who.model_dump_json(indent=2).encode())
    pending.replace(chosen.key)
    print(f"enrolled as {who.name} of {who.tenant_name}; key {enrolled.key_thumbprint}")
    print(f"name the mailboxes here in {chosen.configuration}, then: bondgate agent run")


def _configured(chosen: AgentHome, url: str, authorities: Path | None) -> Told:
    """Raises ValidationError."""
    given = Told.model_validate({"url": url, "authorities": authorities})
    if chosen.configuration.exists():
        told = load(chosen.configuration)
        if told.url != given.url:
            raise _fail(f"{chosen.configuration} names {told.url}")
        return told
    line = f"authorities = '{authorities.resolve()}'\n" if authorities is not None else ""
    text = _CONFIGURATION.format(url=given.url, authorities=line)
    chosen.configuration.write_text(text, encoding="utf-8")
    return given


@app.command("run")
def run_here(where: Annotated[Path | None, _HOME] = None) -> None:
    """Serve the site until stopped; logs are JSON lines on standard output."""
    log.configure("agent", os.environ.get("BONDGATE_LOG_LEVEL", "info"))
    try:
        asyncio.run(running.run(_home(where), _version()))
    except running.CannotStart as error:
        raise _fail(str(error)) from None


@app.command("status")
def status_here(
    where: Annotated[Path | None, _HOME] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As it stands in status.json.")] = False,
) -> None:
    """How the agent here is. Status 1 when it does not run, is not admitted, or a mailbox is not ready."""
    chosen = _home(where)
    try:
        text = chosen.status.read_text(encoding="utf-8")
        status = LocalStatus.model_validate_json(text)
    except FileNotFoundError:
        raise _fail(f"no agent has run in {chosen.path}") from None
    except ValidationError:
        raise _fail(f"{chosen.status} is not readable") from None
    age = datetime.now(UTC) - status.written_at
    runs = status.running and age < _STALE
    if as_json:
        print(text)
    else:
        _show(status, runs, age)
    if not (runs and status.admitted and all(each.ready for each in status.state.mailboxes)):
        raise typer.Exit(1)


def _show(status: LocalStatus, runs: bool, age: timedelta) -> None:
    print(f"{status.name} of {status.tenant_name} at {status.url}")
    print("  runs" if runs else f"  DOES NOT RUN: last heard of {age.total_seconds():.0f} s ago")
    if not status.admitted:
        print("  NOT ADMITTED by the platform: enrol again, or ask the administrator")
    print(f"  platform last answered {status.heard_at.isoformat() if status.heard_at else 'never'}")
    spool, full = status.state.spool, ", FULL: fetches no more" if status.state.spool.full else ""
    print(
        f"  holds {spool.files} of {spool.most_files} files, {spool.bytes} of {spool.most_bytes} bytes{full}"
    )
    for mailbox in status.state.mailboxes:
        how = "ready" if mailbox.ready else f"NOT READY: {mailbox.reason}"
        if mailbox.ready and mailbox.mailbox not in status.served:
            how = "ready, served by another agent or not yet by this one"
        since = f", oldest since {mailbox.oldest_at.isoformat()}" if mailbox.oldest_at else ""
        print(
            f"  mailbox {mailbox.mailbox}: {how}; {mailbox.in_outbox} in OutBox, {mailbox.in_inbox} in InBox{since}"
        )
    for reader in status.state.readers:
        print(
            f"  reader {reader.reader}: {reader.state}{f' ({reader.last_error})' if reader.last_error else ''}"
        )
    for card in status.state.cards:
        print(
            f"  card {card.card_no}: {card.holder or ''} {card.firm_name or ''}, until {card.valid_until.date()}"
        )


def _home(given: Path | None) -> AgentHome:
    return AgentHome(given) if given is not None else home.usual()


def _version() -> str:
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    return next(line.split('"')[1] for line in text.splitlines() if line.startswith("version ="))


def _fail(text: str) -> typer.Exit:
    print(f"bondgate agent: {text}", file=sys.stderr)
    return typer.Exit(2)
