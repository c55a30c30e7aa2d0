"""One service as a process of its own, as it is run for real, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from backbone.migrate import Database
from tests.support.infrastructure import TREE, Servers
from tests.support.patience import SECONDS as PATIENCE
from tests.support.witness import Witness


@dataclass(frozen=True)
class ServiceProcess:
    url: str
    process: subprocess.Popen[bytes]
    log: str
    witness: Witness = field(default_factory=Witness)
    """Of all clients that tests make for it."""

    def output(self) -> str:
        """What it has logged so far."""
        with open(self.log, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_service(
    name: str,
    database: Database,
    servers: Servers,
    environment: Mapping[str, str],
    *,
    port: int | None = None,
    waits: bool = True,
) -> Iterator[ServiceProcess]:
    """`environment` gives settings without their prefix. Ready on entry unless `waits` is False; stopped on exit."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    given = {
        "DATABASE_URL": database.app_dsn,
        "WORKER_DATABASE_URL": database.worker_dsn,
        "KAFKA_BOOTSTRAP_SERVERS": servers.bootstrap,
        "PORT": str(port),
        **environment,
    }
    ours = {key: value for key, value in os.environ.items() if not key.startswith("BONDGATE_")}
    with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"],
            cwd=TREE,
            env=ours | {f"BONDGATE_{key}": value for key, value in given.items()},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        running = ServiceProcess(url, process, log.name)
        try:
            if waits:
                _wait_ready(running)
            yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)


def _wait_ready(running: ServiceProcess) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            raise AssertionError(f"ended with {running.process.returncode}\n{running.output()}")
        try:
            if httpx.get(f"{running.url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not ready\n{running.output()}")
