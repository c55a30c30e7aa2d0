"""What every command that meets a running platform shares: which platform, and how what goes wrong is said.

Nothing is imported before it is needed: a command should be there before its user has taken the hand from the key.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import typer

if TYPE_CHECKING:
    from local.platform import Platform

_P = ParamSpec("_P")


def fail(text: str) -> typer.Exit:
    print(f"bondgate: {text}", file=sys.stderr)
    return typer.Exit(1)


def plainly(command: Callable[_P, None]) -> Callable[_P, None]:
    """What can go wrong on a user's machine is a line on stderr and status 1, not a traceback."""

    @wraps(command)
    def run(*arguments: _P.args, **options: _P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except (typer.Exit, BrokenPipeError):
            raise
        except Exception as error:
            text = _said(error)
            if text is None:
                raise
            raise fail(text) from error

    return run


def _said(error: Exception) -> str | None:
    from aiokafka.errors import KafkaConnectionError

    from local.accounts import NoAccount
    from local.demo.broker_desk import DemoFailed
    from local.home import NotAnInstallation
    from local.packages import PackageUnavailable
    from local.pcsc_daemon import CannotStart
    from local.platform import DidNotStart, NotRunning
    from services.query.rebuild import NoSuchView

    if isinstance(error, ConnectionError | KafkaConnectionError):
        return "PostgreSQL or Kafka does not answer; ./bondgate status tells, ./bondgate up starts"
    refusals = (
        PackageUnavailable,
        NoAccount,
        DidNotStart,
        NotRunning,
        NotAnInstallation,
        DemoFailed,
        CannotStart,
        NoSuchView,
    )
    return str(error) if isinstance(error, (*refusals, ValueError, OSError)) else None


def platform_here(
    *,
    watched: bool = False,
    environment: Mapping[str, Mapping[str, str]] | None = None,
    simulator_arguments: Sequence[str] = (),
) -> Platform:
    """The installation that BONDGATE_HOME and BONDGATE_PORT_BASE name, with what a start adds for its programs."""
    from local.home import home_from_environment
    from local.platform import Platform
    from local.ports import base_from_environment

    return Platform(
        home_from_environment().root,
        base_from_environment(),
        watched=watched,
        environment=environment,
        simulator_arguments=simulator_arguments,
    )
