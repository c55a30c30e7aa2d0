"""Rounds and tables of the benchmarks, and that a benchmark without servers runs from the command line."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from bench.measuring import Candidate, Round, compared, drive, quantile, spread, take_turns
from bench.tables import Table, as_text

TREE = Path(__file__).resolve().parents[3]


def rounds(*rates: float) -> list[Round]:
    return [Round(int(rate), 1.0, [1.0 / rate] * int(rate)) for rate in rates]


def test_the_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    row = compared("save", rounds(100, 50, 100), rounds(200, 200, 300), connections=8.0)
    assert (row["× floor"], row["least"], row["most"]) == (3.0, 2.0, 4.0)
    assert (row["per s"], row["floor per s"], row["connections"]) == (100, 200, 8.0)
    assert row["p50 ms"] == pytest.approx(10)


def test_rounds_of_unequal_number_are_not_compared() -> None:
    with pytest.raises(ValueError):
        compared("save", rounds(1, 2), rounds(1))


def test_quantiles_are_values_that_were_measured() -> None:
    assert [quantile([3.0, 1.0, 2.0, 4.0], share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 3.0, 4.0, 4.0]
    with pytest.raises(ValueError):
        quantile([], 0.5)


def test_spread_is_half_the_distance_in_percent_of_the_median() -> None:
    assert spread([90.0, 100.0, 120.0]) == pytest.approx(15)


def test_candidates_take_turns_and_the_warm_up_is_thrown_away() -> None:
    calls: list[str] = []

    def candidate(name: str) -> Candidate:
        async def run() -> Round:
            calls.append(name)
            return Round(len(calls), 1.0, [1.0])

        return run

    results = asyncio.run(take_turns({"a": candidate("a"), "b": candidate("b")}, 2))
    assert "".join(calls) == "ba" + "ab" + "ba"
    assert {name: [each.done for each in found] for name, found in results.items()} == {
        "a": [3, 6],
        "b": [4, 5],
    }


def test_a_loop_that_has_no_more_work_ends_before_the_time() -> None:
    left = list(range(7))

    async def work(_: int) -> bool:
        if not left:
            return False
        left.pop()
        return True

    done = asyncio.run(drive(3, 60, work))
    assert (done.done, len(done.latencies)) == (7, 7)
    assert done.seconds < 5


def test_columns_stand_under_each_other() -> None:
    text = as_text(Table("t", "n", [{"what": "申报", "ms": 1.5}, {"what": "x", "ms": 1234.0}]))
    assert text.splitlines()[2:] == ["what     ms", "申报    1.5", "x     1,234"]


def test_a_benchmark_runs_and_its_ratios_are_numbers(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-P", "-m", "bench", "message", "--quick", "--json", str(file)]
    done = subprocess.run(
        command, cwd=TREE, env={"PYTHONPATH": str(TREE)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    tables = orjson.loads(file.read_bytes())["message"]
    ratios = [row["× floor"] for table in tables for row in table["rows"]]
    assert len(ratios) >= 4
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in ratios)
    assert "compose: document to XML" in done.stdout


def test_an_unknown_benchmark_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench", "nothing"],
        cwd=TREE,
        env={"PYTHONPATH": str(TREE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nothing" in done.stderr
