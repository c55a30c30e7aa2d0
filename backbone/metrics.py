"""Prometheus metrics, all declared in `contracts/metrics.toml`; a name that is not there is an error."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

import contracts

_FILE = Path(contracts.__file__).parent / "metrics.toml"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
disable_created_metrics()  # type: ignore[no-untyped-call]
registry = CollectorRegistry()


@cache
def declared() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return data


def _labels(name: str, kind: str) -> tuple[str, list[str]]:
    row = declared()[name]
    if row["type"] != kind:
        raise TypeError(f"{name} is declared as {row['type']}, not {kind}")
    return row["help"], row.get("labels", [])


@cache
def counter(name: str) -> Counter:
    text, labels = _labels(name, "counter")
    return Counter(name.removesuffix("_total"), text, labels, registry=registry)


@cache
def gauge(name: str) -> Gauge:
    text, labels = _labels(name, "gauge")
    return Gauge(name, text, labels, registry=registry)


@cache
def histogram(name: str) -> Histogram:
    text, labels = _labels(name, "histogram")
    return Histogram(name, text, labels, buckets=_BUCKETS, registry=registry)


def exposition() -> bytes:
    return generate_latest(registry)
