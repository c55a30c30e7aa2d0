"""Identifiers are UUIDv7, unique, and in the order they were made."""

from __future__ import annotations

import time

import pytest

from backbone.ids import new_id


def test_they_are_version_7_and_carry_the_time() -> None:
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert abs((made.int >> 80) - time.time() * 1000) < 5_000


def test_they_only_grow() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_clock_that_goes_back_does_not_take_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert new_id() > before
