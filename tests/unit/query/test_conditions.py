"""One list of conditions a kind: parameters and SQL follow from it, and nothing that is asked is left out."""

from __future__ import annotations

from uuid import uuid4

import pytest

from backbone.auth import Grant, Principal
from customs.documents import KINDS
from services.query import conditions

ALL = Grant(permissions=frozenset({"document.read"}), enterprises=None, teams=None, clients=None)
CALLER = Principal(id="1", name="1", tenant_id=uuid4(), grants=(ALL,), expires_at=4e9)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_parameter_narrows_or_is_of_something_else(kind: object) -> None:
    of = next(each for each in KINDS.values() if each is kind)
    everything = conditions.where(of, CALLER, {}, [])
    for parameter in conditions.of_kind(of):
        narrowed = conditions.where(of, CALLER, {parameter.name: "none"}, [])
        assert (narrowed != everything) is (parameter.name not in conditions.ELSEWHERE), parameter.name


def test_a_parameter_that_nothing_becomes_of_raises() -> None:
    with pytest.raises(KeyError):
        conditions.where(KINDS["inventory"], CALLER, {"colour": "red"}, [])
