"""`python -m simulators.single_window --exchange DIR`."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TextIO

import structlog

from simulators.single_window.client import FolderClient
from simulators.single_window.clock import SystemClock
from simulators.single_window.control import Control, ControlPort
from simulators.single_window.intake import Intake, OutcomeChoice
from simulators.single_window.ledger import Ledger
from simulators.single_window.outcomes import ALIASES, OUTCOMES
from simulators.single_window.scenario import Script, ScriptError, read_script


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; exits 2 with a message when it is wrong."""
    table = "\n".join(f"  {o.name + '-':<12}{o.says}" for o in OUTCOMES.values())
    parser = argparse.ArgumentParser(
        prog="python -m simulators.single_window",
        description="Import client, Single Window and customs on folders, for practice and tests.",
        epilog="Outcomes by prefix of 企业内部编号; a number after the prefix (FAIL1-) limits it to that many\n"
        f"arrivals, after which the upload is accepted:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    exchange = os.environ.get("BONDGATE_EXCHANGE_DIR")
    add("--exchange", type=Path, default=exchange and Path(exchange), help="folder of the mailboxes")
    add("--state", type=Path, help="folder of the ledger (default: EXCHANGE/.single-window)")
    add("--control-host", default="127.0.0.1", help="address of the control port (default: %(default)s)")
    add("--control-port", type=_port, default=8110, help="0 takes any free port (default: %(default)s)")
    add("--seed", type=int, default=1, help="decides numbers, delays and disorder (default: %(default)s)")
    add("--speed", type=_not_negative, default=1.0, metavar="F", help="multiplies every delay; 0 = no delays")
    add(
        "--poll",
        type=_positive,
        default=0.1,
        metavar="S",
        help="seconds between two looks (default: %(default)s)",
    )
    add("--default-outcome", choices=[*OUTCOMES, *ALIASES], default="OK", help="for numbers without a prefix")
    add("--script", type=Path, metavar="FILE", help="courses of events for numbers of one's choice (TOML)")
    add("--strict-vehicles", action="store_true", help="a gate pass needs a registered vehicle (SAS131)")
    add("--prefixed", action="store_true", help="write customs receipts in the prefixed form (ns2:)")
    add(
        "--filled-signatures",
        action="store_true",
        help="also take signed uploads, each checked by the certificate in it; the import client takes none",
    )
    options = parser.parse_args(arguments)
    if options.exchange is None:
        parser.error("--exchange or BONDGATE_EXCHANGE_DIR must name the folder of the mailboxes")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Exit status 0 after a stop, 2 when it cannot start."""
    options = parse(arguments)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    log = structlog.get_logger("single_window")
    try:
        written = read_script(options.script) if options.script else Script()
    except ScriptError as error:
        print(f"cannot use the script: {error}", file=sys.stderr)
        return 2
    exchange: Path = options.exchange
    state: Path = options.state or exchange / ".single-window"
    try:
        exchange.mkdir(parents=True, exist_ok=True)
        owner = _own(state)
    except OSError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 2
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ledger = Ledger(state)
    choice = OutcomeChoice(options.default_outcome, written.scenarios)
    clock = SystemClock()
    intake = Intake(
        ledger,
        choice,
        seed=options.seed,
        speed=options.speed,
        prefixed=options.prefixed,
        strict_vehicles=options.strict_vehicles,
        filled_signatures=options.filled_signatures,
    )
    with ledger.transaction():
        for opening in written.openings:
            intake.customs.account_books.open(opening)
    client = FolderClient(exchange, ledger, intake, clock, poll=options.poll, speed=options.speed)
    try:
        port = ControlPort(
            Control(client, ledger, intake, choice, clock), options.control_host, options.control_port
        )
    except OSError as error:
        print(
            f"cannot listen on {options.control_host}:{options.control_port}: {error.strerror}",
            file=sys.stderr,
        )
        return 2
    port.start()
    log.info(
        "started", exchange=str(exchange), control_port=port.port, seed=options.seed, speed=options.speed
    )
    client.run(stop)
    port.stop()
    ledger.close()
    owner.close()
    log.info("stopped")
    return 0


def _own(state: Path) -> TextIO:
    """Only one simulator may work with a ledger: two would answer everything twice."""
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise OSError(f"another simulator works in {state}") from error
    return lock


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError(text)
    return number


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e6:
        raise ValueError(text)
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 60:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
