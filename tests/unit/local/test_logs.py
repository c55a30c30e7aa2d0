"""Logs made readable."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Timer

import pytest

from local import logs


def test_a_structured_entry_becomes_a_line() -> None:
    entry = {
        "timestamp": "2026-11-24T20:23:05.123456Z",
        "level": "info",
        "event": "job_done",
        "service": "entry",
    }
    line = logs.readable(json.dumps(entry | {"lane": "3100", "tries": 2}))
    assert line == "20:23:05.123 info    job_done  lane=3100 tries=2"


@pytest.mark.parametrize("line", ["plain text", "[1, 2]", '{"no": "event"}', "{broken"])
def test_anything_else_stays_as_it_is(line: str) -> None:
    assert logs.readable(line) == line


@pytest.mark.parametrize("count", [0, 1, 3, 50, 20_000])
def test_last_lines_of_a_long_file(tmp_path: Path, count: int) -> None:
    lines = [f"{number} 单证" for number in range(15_000)]
    path = tmp_path / "long.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert logs.last_lines(path, count) == (lines[-count:] if count else [])


def test_follow_goes_on_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "entry.log"
    path.write_text("old\n")
    lines = logs.follow(path)

    def write(text: str) -> None:
        with path.open("a") as file:
            file.write(text)

    # The generator opens the file at its first step, so the first line must come once it waits.
    Timer(0.3, write, ["first\n"]).start()
    assert next(lines) == "first"
    write("second\n")
    assert next(lines) == "second"
    path.rename(tmp_path / "entry.log.1")
    write("third\n")
    assert next(lines) == "third"
