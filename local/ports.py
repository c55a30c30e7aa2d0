"""Which port each process listens on: a fixed plan, another free one when taken, remembered for the next start."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from local.home import Home, read_json, write_json
from services.declared import SERVICES

DEFAULT_BASE = 8100
_OFFSETS = {
    "edge": 0,
    **{name: service.port for name, service in SERVICES.items()},
    "simulator": 10,
    "postgres": 20,
    "kafka": 21,
    "kafka-controller": 22,
}
_SPARE = range(30, 100)
_EDGE_BY_DEFAULT = 8080


class NoFreePort(Exception):
    """Every port of the installation's range is taken."""


def base_from_environment() -> int:
    """`BONDGATE_PORT_BASE`, default 8100. Raises ValueError for what is no usable number."""
    text = os.environ.get("BONDGATE_PORT_BASE") or str(DEFAULT_BASE)
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535 - _SPARE.stop:
        raise ValueError(f"BONDGATE_PORT_BASE must be a port number from 1024 to 65435, not {text!r}")
    return int(text)


def planned(name: str, base: int) -> int:
    """The port `name` has when nobody else holds it."""
    return _EDGE_BY_DEFAULT if name == "edge" and base == DEFAULT_BASE else base + _OFFSETS[name]


def choose(home: Home, base: int, names: Sequence[str]) -> dict[str, int]:
    """A port for each name; call it only while the installation is down. Raises NoFreePort.

    Spares come from the installation's own range: the system hands out ports of the ephemeral range to any
    connection while a process that listens there is being started again.
    """
    kept = read_json(home.root / "ports.json") or {}
    remembered: dict[str, int] = kept.get("ports", {}) if kept.get("base") == base else {}
    ports: dict[str, int] = {}
    for name in names:
        candidates = [
            remembered.get(name, planned(name, base)),
            planned(name, base),
            *(base + n for n in _SPARE),
        ]
        taken = set(ports.values()) | {port for other, port in remembered.items() if other != name}
        free = (port for port in candidates if port not in taken and is_free(port))
        port = next(free, None)
        if port is None:
            raise NoFreePort(f"no free port from {base} to {base + _SPARE.stop - 1}: set BONDGATE_PORT_BASE")
        ports[name] = port
    write_json(home.root / "ports.json", {"base": base, "ports": remembered | ports})
    return ports


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
