"""Answers that are made of a generic class for something of ours, under a name of their own."""

from __future__ import annotations

from pydantic import create_model

from contracts.answers.answer import Answer


def named(name: str, base: type[Answer], told: str) -> type[Answer]:
    """`base` as the component `name`; `told` is its description."""
    return create_model(name, __base__=base, __doc__=told)
