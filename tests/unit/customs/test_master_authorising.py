"""Whether a 委托 covers a document: its days, its scope, and the reason that is told."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from customs.master.authorising import Authorisation, may_act

ONE, FIRM, OURS, OTHER = (UUID(int=n) for n in range(1, 5))
HELD: dict[str, Any] = {
    "id": ONE,
    "client_id": FIRM,
    "valid_from": date(2026, 1, 1),
    "valid_until": date(2026, 6, 30),
}


@pytest.mark.parametrize(
    ("more", "asked", "reason"),
    [
        ({}, {}, ""),
        ({}, {"on": date(2026, 1, 1)}, ""),
        ({}, {"on": date(2026, 6, 30)}, ""),
        ({}, {"on": date(2025, 12, 31)}, "委托自2026-01-01起有效"),
        ({}, {"on": date(2026, 7, 1)}, "委托已于2026-06-30到期"),
        ({}, {"client_ids": {OTHER}}, "该客户没有登记委托"),
        ({"kinds": ("inventory",)}, {}, ""),
        ({"kinds": ("gate_pass",)}, {}, "委托范围不含保税核注清单"),
        ({"enterprise_id": OURS}, {}, ""),
        ({"enterprise_id": OTHER}, {}, "委托的受托企业不是本次申报的企业"),
        ({"enterprise_id": OURS}, {"enterprise_id": None}, "委托的受托企业不是本次申报的企业"),
        ({"withdrawn_on": date(2026, 3, 1)}, {}, "委托已于2026-03-01撤销"),
        ({"withdrawn_on": date(2026, 3, 2)}, {}, ""),
    ],
)
def test_what_one_authorisation_covers(more: dict[str, Any], asked: dict[str, Any], reason: str) -> None:
    question: dict[str, Any] = {
        "client_ids": {FIRM},
        "enterprise_id": OURS,
        "kind": "inventory",
        "on": date(2026, 3, 1),
    }
    verdict = may_act([Authorisation(**{**HELD, **more})], **{**question, **asked})
    assert (verdict.allowed, verdict.reason) == (not reason, reason)
    assert verdict.authorisation_id == (None if reason else ONE)


def test_any_of_several_is_enough_and_the_nearest_reason_is_told() -> None:
    other_kind = Authorisation(**{**HELD, "kinds": ("gate_pass",)})
    past = Authorisation(**{**HELD, "valid_until": date(2026, 2, 1)})
    question: dict[str, Any] = {"client_ids": {FIRM}, "enterprise_id": OURS, "kind": "inventory"}
    on = date(2026, 3, 1)
    assert may_act([past, other_kind], **question, on=on).reason == "委托已于2026-02-01到期"
    assert may_act([past, other_kind, Authorisation(**HELD)], **question, on=on).allowed
    assert may_act([], **question, on=on).reason == "该客户没有登记委托"
