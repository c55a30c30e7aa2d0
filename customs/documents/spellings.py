"""Spellings that rest on one author, kept as data so that they can be changed without touching code."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def spelt(message_type: str, usual: str) -> str:
    """How this message spells the element that is usually called `usual`. Raises KeyError: then it needs no entry here."""
    return _table()[message_type][usual]


def usual(message_type: str) -> dict[str, str]:
    """Written spelling → usual one, where they differ: what reading takes besides."""
    found = _table().get(message_type, {})
    return {written: name for name, written in found.items() if written != name}


def spellings(message_type: str, written: str) -> frozenset[str]:
    """Every spelling of an element that reading takes: the one that is written, and the usual one."""
    return frozenset({written, usual(message_type).get(written, written)})
