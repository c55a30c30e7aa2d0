"""集报: per 申报表 the approved 出入库单 that no 集报清单 took in yet, and until when they must be declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from backbone import parameters, postgres
from backbone.auth import Principal
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool, Record
from backbone.scope import within
from contracts.permissions import DOCUMENT_READ
from customs import clock
from customs.documents import KINDS
from customs.documents.gathering import BILL, BUSINESS_TYPE, FORM, GATHERED, INVENTORY, PASS, declared_by
from services.query.conditions import MOST_ROWS
from services.query.kind_facts import past_approval
from services.query.wording import state_label

_THROUGH_THE_GATE = ("gate_passed", "gate_passed_first", "gate_passed_second", "gate_released")


class GatheringsAsked(Asked):
    """Whose bills, and of which form."""

    enterprise_id: Annotated[UUID | None, parameters.identity("enterprise_id", "查询企业")] = None
    team_id: Annotated[UUID | None, parameters.identity("team_id", "班组")] = None
    client_id: Annotated[UUID | None, parameters.identity("client_id", "客户")] = None
    business_form_no: Annotated[str | None, parameters.text("business_form_no", "申报表编号")] = None
    overdue: Annotated[bool | None, parameters.flag("overdue", "是否逾期")] = None
    limit: Annotated[int, parameters.limit(MOST_ROWS)] = MOST_ROWS


_BILLS = """
SELECT enterprise_id, customs_no, listed, COALESCE(approved_at, created_at, updated_at) AS approved_at
FROM documents
WHERE kind = $1 AND state = $2 AND listed ->> 'business_type' = $3
  AND COALESCE(authority ->> 'gathered_mark', listed ->> 'gathered_mark') IS DISTINCT FROM $4
  AND authority ->> 'related_inventory_no' IS NULL AND {conditions}
"""
# Apart from the bills, and joined here: the planner has no idea how many numbers documents name and would loop over them.
_NAMED = """
SELECT number, bool_or(state = ANY($3)) AS approved FROM documents, unnest(linked) AS number
WHERE kind = $1 AND state <> 'deleted' AND linked <> '{}' AND number = ANY($2) GROUP BY number
"""
_PASSED = """
SELECT number, min(state_since) AS at FROM documents, unnest(linked) AS number
WHERE kind = $1 AND state = ANY($3) AND linked <> '{}' AND number = ANY($2) GROUP BY number
"""
_FORMS = """
SELECT DISTINCT ON (customs_no) customs_no, document_id, internal_no, state, listed ->> 'valid_until' AS valid_until
FROM documents WHERE kind = $1 AND state <> 'deleted' AND customs_no = ANY($2) AND {conditions}
ORDER BY customs_no, updated_at DESC
"""


@dataclass
class Gathering:
    """The bills of one form, enterprise and direction. The clock begins with the earliest of them."""

    about: Mapping[str, Any]
    bills: int = 0
    being_gathered: int = 0
    earliest: date = date.max
    by_gate: bool = False

    def add(self, approved_at: datetime, passed_at: datetime | None, *, taken: bool) -> None:
        # While no 核放单 says when the bill's goods passed the gate, its approval counts, which is not later.
        moved = clock.day_of(passed_at or approved_at)
        self.bills += 1
        self.being_gathered += taken
        if moved < self.earliest:
            self.earliest, self.by_gate = moved, passed_at is not None


async def gatherings(
    pool: Pool, caller: Principal, asked: Mapping[str, object], today: date | None = None
) -> dict[str, Any]:
    """The earliest deadline first: `items`, and `total` when there are more than asked for. `today`: in Asia/Shanghai."""
    day = today or clock.today()
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        groups = await _groups(connection, caller, asked)
        about: list[object] = [FORM, sorted({number for _, number, _ in groups if number})]
        visible = within(caller.grants_for(DOCUMENT_READ), about)
        forms = await connection.fetch(_FORMS.format(conditions=visible), *about)
    by_number = {form["customs_no"]: form for form in forms}
    items = [
        _item(enterprise_id, number, direction, group, by_number.get(number), day)
        for (enterprise_id, number, direction), group in groups.items()
    ]
    items.sort(key=lambda item: (item["earliest"], item["business_form_no"] or "", item["enterprise_id"]))
    if "overdue" in asked:
        items = [item for item in items if item["overdue"] is asked["overdue"]]
    limit = asked.get("limit", MOST_ROWS)
    assert isinstance(limit, int)
    return {"items": items[:limit], "total": len(items), "today": day}


async def _groups(
    connection: Connection, caller: Principal, asked: Mapping[str, object]
) -> dict[tuple[UUID, str | None, str | None], Gathering]:
    state = KINDS[BILL].life.course["approved"].state
    arguments: list[object] = [BILL, state, BUSINESS_TYPE, GATHERED]
    conditions = [within(caller.grants_for(DOCUMENT_READ), arguments)]
    for name, column in _ASKED.items():
        if name in asked:
            arguments.append(asked[name])
            conditions.append(f"{column} = ${len(arguments)}")
    bills = await connection.fetch(_BILLS.format(conditions=" AND ".join(conditions)), *arguments)
    numbers = [bill["customs_no"] for bill in bills if bill["customs_no"]]
    gate = KINDS[PASS].life.happenings
    through = sorted({gate[outcome].state for outcome in _THROUGH_THE_GATE if outcome in gate})
    agreed = sorted(past_approval(INVENTORY))
    named = await connection.fetch(_NAMED, INVENTORY, numbers, agreed)
    passed = await connection.fetch(_PASSED, PASS, numbers, through)
    taken = {row["number"]: row["approved"] for row in named}
    passed_at = {row["number"]: row["at"] for row in passed}
    groups: dict[tuple[UUID, str | None, str | None], Gathering] = {}
    for bill in bills:
        number, listed = bill["customs_no"], bill["listed"]
        if taken.get(number):
            continue
        key = (bill["enterprise_id"], listed.get("business_form_no"), listed.get("direction"))
        group = groups.setdefault(key, Gathering(listed))
        group.add(bill["approved_at"], passed_at.get(number), taken=number in taken)
    return groups


_ASKED = {
    "enterprise_id": "enterprise_id",
    "team_id": "team_id",
    "client_id": "client_id",
    "business_form_no": "listed ->> 'business_form_no'",
}


def _item(
    enterprise_id: UUID,
    number: str | None,
    direction: str | None,
    group: Gathering,
    form: Record | None,
    today: date,
) -> dict[str, Any]:
    deadline = declared_by(group.earliest)
    return {
        "business_form_no": number,
        "form": form
        and {
            "id": form["document_id"],
            "internal_no": form["internal_no"],
            "state": form["state"],
            "state_label": state_label(FORM, form["state"]),
            "valid_until": form["valid_until"],
        },
        "enterprise_id": enterprise_id,
        "area_code": group.about.get("area_code"),
        "area_name": group.about.get("area_name"),
        "direction": direction,
        "bills": group.bills,
        "being_gathered": group.being_gathered,
        "earliest": group.earliest,
        "earliest_by": "gate" if group.by_gate else "approval",
        "deadline": deadline,
        "days_left": (deadline - today).days,
        "overdue": deadline < today,
    }
