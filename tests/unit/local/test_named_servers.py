"""Setting up databases and topics on servers that start at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError

from local import named_servers
from local.home import Home


def test_servers_that_are_not_there_yet_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    troubles: list[Exception] = [ConnectionRefusedError(), KafkaConnectionError()]
    asked: list[str] = []

    async def prepare(home: Home, admin_dsn: str, bootstrap: str) -> None:
        asked.append(admin_dsn)
        if troubles:
            raise troubles.pop(0)

    monkeypatch.setattr(named_servers, "prepare", prepare)
    monkeypatch.setattr(named_servers, "_AGAIN_SECONDS", 0)
    monkeypatch.setattr(named_servers, "home_from_environment", lambda: Home(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://there")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "there:9092")
    named_servers.main()
    assert len(asked) == 3
    assert capsys.readouterr().err.count("waiting for PostgreSQL and Kafka") == 2


def test_servers_that_never_come_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def prepare(home: Home, admin_dsn: str, bootstrap: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(named_servers, "prepare", prepare)
    monkeypatch.setattr(named_servers, "_PATIENCE_SECONDS", -1)
    monkeypatch.setattr(named_servers, "home_from_environment", lambda: Home(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://there")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "there:9092")
    with pytest.raises(ConnectionRefusedError):
        named_servers.main()
