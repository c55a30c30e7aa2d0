"""Kafka's settings: sizes follow `contracts/topics.toml`, nothing listens beyond this machine."""

from __future__ import annotations

from backbone import kafka
from local import broker


def test_sizes_follow_the_message_limit() -> None:
    settings = broker.properties(data="/data", port=1, controller_port=2)
    limit = kafka.limits().max_message_bytes
    assert int(settings["message.max.bytes"]) == limit
    assert int(settings["replica.fetch.max.bytes"]) == limit
    assert int(settings["socket.request.max.bytes"]) >= 2 * limit


def test_it_listens_on_this_machine_alone() -> None:
    settings = broker.properties(data="/data", port=18121, controller_port=18122)
    for name in ("listeners", "advertised.listeners"):
        assert all("://127.0.0.1:" in listener for listener in settings[name].split(","))


def test_a_backslash_in_a_path_keeps_its_meaning() -> None:
    assert broker._text({"log.dirs": "/a\\b c"}) == "log.dirs=/a\\\\b c\n"
