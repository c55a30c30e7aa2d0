"""The programs of our own: services, simulator and edge, each with the environment it reads."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx

from backbone import migrate
from local import portal
from local.home import TREE, Home
from local.plan import Plan
from local.processes import Program
from local.servers import Servers
from services.declared import SERVICES

EDGE_FILE = TREE / "deploy" / "edge" / "Caddyfile"
MASTER_KEY = "MASTER_KEY"
"""The setting of services that seal; see backbone/sealing.py."""
_HOST = "127.0.0.1"


def url(port: int) -> str:
    return f"http://{_HOST}:{port}"


def service(name: str, home: Home, plan: Plan, ports: Mapping[str, int], used: Servers) -> Program:
    return Program(
        name=name,
        arguments=(sys.executable, "-P", "-m", f"services.{name}"),
        is_ready=_answers(f"{url(ports[name])}/readyz"),
        port=ports[name],
        environment=service_environment(name, home, ports, used) | plan.added_to(name),
        stop_seconds=35,
    )


def service_environment(name: str, home: Home, ports: Mapping[str, int], used: Servers) -> dict[str, str]:
    """What `backbone.settings` and the services' own settings read."""
    database = migrate.describe(used.admin_dsn, name, home.passwords(name))
    settings = {
        "DATABASE_URL": database.app_dsn,
        "WORKER_DATABASE_URL": database.worker_dsn,
        "KAFKA_BOOTSTRAP_SERVERS": used.bootstrap,
        "HOST": _HOST,
        "PORT": str(ports[name]),
        "LOG_LEVEL": os.environ.get("BONDGATE_LOG_LEVEL", "info"),
        "JWKS_URL": f"{url(ports['identity'])}/.well-known/jwks.json",
        "DATA_DIR": str(home.data),
    }
    declared = SERVICES[name]
    for setting, secret in declared.secrets.items():
        # A file of keys can turn while the service runs.
        file = home.key_file(secret) if setting == MASTER_KEY else None
        settings |= {setting: home.secret(secret)} if file is None else {f"{setting}_FILE": str(file)}
    settings |= {f"{other.upper()}_URL": url(ports[other]) for other in declared.calls}
    if declared.exchange:
        settings["EXCHANGE_DIR"] = str(home.exchange)
    if declared.creates_mailboxes:
        settings["CREATE_MAILBOXES"] = "true"
    return _ours() | {f"BONDGATE_{key}": value for key, value in settings.items()}


def simulator(home: Home, plan: Plan, port: int) -> Program:
    return Program(
        name="simulator",
        arguments=(
            sys.executable,
            "-P",
            "-m",
            "simulators.single_window",
            f"--exchange={home.exchange}",
            f"--state={home.folder('single-window')}",
            f"--control-port={port}",
            *plan.simulator_arguments,
        ),
        is_ready=_answers(f"{url(port)}/healthz"),
        port=port,
        environment=_ours() | plan.added_to("simulator"),
    )


def edge(home: Home, plan: Plan, ports: Mapping[str, int]) -> Program:
    folder = home.folder("edge")
    upstreams = {
        f"BONDGATE_{name.upper()}_UPSTREAM": f"{_HOST}:{ports[name]}" for name in ports if name != "edge"
    }
    return Program(
        name="edge",
        arguments=(
            str(Path(sysconfig.get_path("scripts")) / "caddy"),
            "run",
            f"--config={EDGE_FILE}",
            "--adapter=caddyfile",
        ),
        is_ready=_answers(f"{url(ports['edge'])}/", any_status=True),
        port=ports["edge"],
        environment={
            **upstreams,
            "BONDGATE_EDGE_ADDRESS": f":{ports['edge']}",
            "BONDGATE_EDGE_HOST": _HOST,
            "BONDGATE_PORTAL": str(portal.BUILT),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            **plan.added_to("edge"),
        },
    )


def _ours() -> dict[str, str]:
    return {"PYTHONPATH": str(TREE), "PYTHONUNBUFFERED": "1"}


@functools.cache
def _prober() -> httpx.AsyncClient:
    """One client for all probes: a new one reads the certificates of the world each time, a third of what idling cost.

    It keeps no connection, so that a probe sees the program that is there now.
    """
    return httpx.AsyncClient(trust_env=False, timeout=3, limits=httpx.Limits(max_keepalive_connections=0))


def _answers(address: str, *, any_status: bool = False) -> Callable[[], Awaitable[bool]]:
    async def is_ready() -> bool:
        response = await _prober().get(address)
        return any_status or response.status_code == httpx.codes.OK

    return is_ready
