"""Bundles: what query refuses is pointed out where the caller asked for it."""

from __future__ import annotations

from services.print.bundling import asked_at


def test_a_refused_condition_is_pointed_out_where_it_was_asked() -> None:
    assert asked_at("/state") == "/query/conditions/state"
    assert asked_at("/view") == "/query/conditions/view"
    assert asked_at("/view/conditions/gone") == "/query/view/conditions/gone"
