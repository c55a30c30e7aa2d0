"""The benchmarks of a single service run, on servers of their own, and their ratios are numbers; what the figures are is no test."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import orjson

from tests.support.infrastructure import HOME, PORT_BASE, TREE

NAMES = ("save", "save_parts", "declare", "ledger", "relay", "projection", "million")


def test_they_run(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    given = {
        "BONDGATE_BENCH_HOME": str(HOME / "bench"),
        "BONDGATE_BENCH_PORT_BASE": str(PORT_BASE + 40),
        "PYTHONPATH": str(TREE),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench", *NAMES, "--quick", "--json", str(file)],
        cwd=TREE,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = orjson.loads(file.read_bytes())
    assert set(figures) == set(NAMES)
    for name in NAMES:
        rows = [row for table in figures[name] for row in table["rows"]]
        assert rows, name
        for row in rows:
            numbers = [value for value in row.values() if not isinstance(value, str)]
            assert all(math.isfinite(value) and value >= 0 for value in numbers), row
            assert name == "save_parts" or row["× floor"] > 0
