"""The edge for real: Caddy with the Caddyfile of deploy/edge before whatever a test puts behind it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.infrastructure import TREE
from tests.support.patience import SECONDS as PATIENCE
from tests.support.service_process import free_port

CADDY = Path(sys.executable).with_name("caddy")


@contextmanager
def running_edge(upstreams: Mapping[str, str], *, portal: Path | None = None) -> Iterator[str]:
    """Its address. `upstreams` gives host:port by service; what is not named cannot be reached. `portal`: the built page."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with tempfile.TemporaryDirectory(prefix="edge-") as folder:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "BONDGATE_EDGE_ADDRESS": f":{port}"}
        environment |= {f"BONDGATE_{name.upper()}_UPSTREAM": address for name, address in upstreams.items()}
        if portal is not None:
            environment["BONDGATE_PORTAL"] = str(portal)
        config = str(TREE / "deploy/edge/Caddyfile")
        command = [str(CADDY), "run", "--config", config, "--adapter", "caddyfile"]
        with (Path(folder) / "caddy.log").open("w+b") as out:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=folder)
            try:
                if not _serves(url, process):
                    raise AssertionError(
                        f"the edge did not start: {(Path(folder) / 'caddy.log').read_text()}"
                    )
                yield url
            finally:
                process.terminate()
                process.wait(timeout=15)


def _serves(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False).status_code == httpx.codes.OK:
                return True
        except httpx.TransportError:
            time.sleep(0.05)
    return False
