"""The program as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from simulators.single_window.tests.uploads import Paper, drop

ROOT = Path(__file__).parents[3]


class Program:
    """One running simulator. Its log goes into a file: a pipe nobody reads would stop it when full."""

    def __init__(self, exchange: Path, *options: str) -> None:
        self.log = exchange.parent / "log.jsonl"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "simulators.single_window", "--exchange", str(exchange),
                    "--control-port", "0", "--speed", "0", "--poll", "0.02", *options,
                ],
                cwd=ROOT, stdout=out,
            )  # fmt: skip
        until(lambda: "\n" in self.log.read_text())
        self.port = int(self.lines()[0]["control_port"])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def ask(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


def until(what: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def more_than(box: Path, count: int) -> bool:
    return box.is_dir() and len(list(box.iterdir())) > count


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "exchange" / "card-1" / "Sas" / "OutBox").mkdir(parents=True)
    yield tmp_path / "exchange"


def test_takes_answers_logs_and_stops(exchange: Path) -> None:
    sas = exchange / "card-1" / "Sas"
    program = Program(exchange)
    drop(sas / "OutBox", "INVT_1", Paper("OK-1").xml())
    until(
        lambda: (
            (sas / "InBox").is_dir()
            and len([p for p in (sas / "InBox").iterdir() if p.suffix != ".tmp"]) == 5
        )
    )
    until(lambda: program.ask("/stats")["answers_waiting"] == 0)
    assert program.ask("/healthz") == {"status": "ok"}
    assert program.end(signal.SIGTERM) == 0
    lines = program.lines()
    [taken] = [line for line in lines if line["event"] == "taken"]
    assert (taken["file"], taken["internal_no"], taken["result"]) == ("INVT_1.zip", "OK-1", "accepted")
    assert len([line for line in lines if line["event"] == "answered"]) == 5
    assert lines[-1]["event"] == "stopped"


def test_killed_again_and_again_under_load(exchange: Path) -> None:
    sas = exchange / "card-1" / "Sas"
    count = 1000
    for number in range(count):
        drop(sas / "OutBox", f"S{number:04d}", Paper(f"OK-{number:04d}").xml())
    for kill in range(4):
        program = Program(exchange)
        until(partial(more_than, sas / "SentBox", 200 * kill + 150))
        program.end(signal.SIGKILL)
    program = Program(exchange)
    until(lambda: program.ask("/stats")["arrived"] == count and program.ask("/stats")["answers_waiting"] == 0)
    stats = program.ask("/stats")
    program.end(signal.SIGTERM)
    assert (stats["accepted"], stats["documents"]) == (count, count)
    assert stats["sent_more_than_once"] == {"internal_no": 0, "message_id": 0, "xml": 0}
    assert len(list((sas / "SentBox").iterdir())) == count
    assert len([path for path in (sas / "InBox").iterdir() if path.suffix != ".tmp"]) == 5 * count


def test_two_on_one_ledger_are_refused(exchange: Path) -> None:
    program = Program(exchange)
    second = run("--exchange", str(exchange), "--control-port", "0")
    assert second.returncode == 2
    assert "another simulator works in" in second.stderr
    assert second.stderr.count("\n") == 1
    third = run(
        "--exchange",
        str(exchange),
        "--state",
        str(exchange.parent / "s"),
        "--control-port",
        str(program.port),
    )
    program.end(signal.SIGTERM)
    assert third.returncode == 2
    assert "cannot listen" in third.stderr


def run(*options: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "BONDGATE_EXCHANGE_DIR"}
    return subprocess.run(
        [sys.executable, "-m", "simulators.single_window", *options],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--exchange", "x", "--speed", "-1"),
        ("--exchange", "x", "--poll", "0"),
        ("--exchange", "x", "--control-port", "99999"),
        ("--exchange", "x", "--default-outcome", "WHAT"),
    ],
)
def test_wrong_options(options: tuple[str, ...]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert "error" in done.stderr


def test_help_shows_the_outcomes() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "SPLIT-" in done.stdout


def test_a_script_decides_and_a_wrong_one_stops_the_start(exchange: Path) -> None:
    script = exchange.parent / "script.toml"
    script.write_text('[[scenario]]\ninternal_no = "OK-1"\noutcome = "SILENT"\n', "utf-8")
    sas = exchange / "card-1" / "Sas"
    program = Program(exchange, "--script", str(script))
    drop(sas / "OutBox", "INVT_1", Paper("OK-1").xml())
    until(lambda: more_than(sas / "SentBox", 0) and program.ask("/stats")["answers_waiting"] == 0)
    assert program.ask("/stats")["answers_written"] == 1
    assert program.end(signal.SIGTERM) == 0
    script.write_text('[[scenario]]\ninternal_no = "OK-1"\noutcome = "NO"\n', "utf-8")
    done = run("--exchange", str(exchange), "--script", str(script))
    assert done.returncode == 2
    assert done.stderr == f"cannot use the script: {script}: scenario 1: no outcome 'NO'\n"
