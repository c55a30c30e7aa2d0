"""Ports: the plan, a spare for a taken one, and what is remembered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local import ports
from local.home import Home

BASE = 18160
NAMES = ["edge", "entry", "kafka"]


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def test_each_name_has_its_planned_port(home: Home) -> None:
    chosen = ports.choose(home, BASE, NAMES)
    assert chosen == {name: ports.planned(name, BASE) for name in NAMES}


def test_a_taken_port_is_replaced_by_a_spare_that_stays(home: Home) -> None:
    planned = ports.planned("entry", BASE)
    with taken(planned):
        spare = ports.choose(home, BASE, NAMES)["entry"]
        assert spare != planned
        assert BASE < spare < BASE + 100
    assert ports.choose(home, BASE, NAMES)["entry"] == spare


def test_two_names_never_share_a_spare(home: Home) -> None:
    with taken(ports.planned("entry", BASE)), taken(ports.planned("kafka", BASE)):
        chosen = ports.choose(home, BASE, NAMES)
    assert len(set(chosen.values())) == len(NAMES)


def test_another_base_forgets_what_was_remembered(home: Home) -> None:
    ports.choose(home, BASE, NAMES)
    moved = ports.choose(home, BASE + 1, NAMES)
    assert moved == {name: ports.planned(name, BASE + 1) for name in NAMES}


def test_no_free_port_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(ports.NoFreePort, match="BONDGATE_PORT_BASE"):
        ports.choose(home, BASE, NAMES)


def test_the_edge_has_the_well_known_port_by_default() -> None:
    assert ports.planned("edge", ports.DEFAULT_BASE) == 8080


@pytest.mark.parametrize("text", ["http", "80", "70000", "-1"])
def test_an_unusable_base_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONDGATE_PORT_BASE", text)
    with pytest.raises(ValueError, match="BONDGATE_PORT_BASE"):
        ports.base_from_environment()
