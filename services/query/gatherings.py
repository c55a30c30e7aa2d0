"""集报: per 申报表 the approved 出入库单 that no 集报清单 took in yet, and until when they must be declared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backbone import parameters, postgres
from backbone.auth import Principal
from backbone.postgres import Pool, Record
from backbone.scope import within
from contracts.documents import KINDS
from contracts.documents.gathering import (
    BILL,
    BUSINESS_TYPE,
    FORM,
    GATHERED,
    INVENTORY,
    PASS,
    declared_by,
)
from contracts.permissions import DOCUMENT_READ
from services.query.conditions import MOST_ROWS
from services.query.kind_facts import past_approval
from services.query.wording import state_label

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_THROUGH_THE_GATE = ("gate_passed", "gate_passed_first", "gate_passed_second", "gate_released")

PARAMETERS = (
    parameters.identity("enterprise_id", "查询企业"),
    parameters.identity("team_id", "班组"),
    parameters.identity("client_id", "客户"),
    parameters.text("business_form_no", "申报表编号"),
    parameters.flag("overdue", "是否逾期"),
    parameters.limit(MOST_ROWS),
)

# The clock of a bill begins at its gate; while no 核放单 says when that was, at its approval, which is not later.
_GROUPS = """
WITH named AS (
  SELECT number, bool_or(state = ANY($2)) AS approved
  FROM documents, unnest(linked) AS number
  WHERE kind = $1 AND state <> 'deleted' AND linked <> '{{}}' GROUP BY number
), passed AS (
  SELECT number, min(state_since) AS at
  FROM documents, unnest(linked) AS number
  WHERE kind = $3 AND state = ANY($4) AND linked <> '{{}}' GROUP BY number
), bills AS (
  SELECT d.*, named.number IS NOT NULL AS taken, passed.at AS passed_at,
    COALESCE(passed.at, d.approved_at, d.created_at, d.updated_at) AS moved_at
  FROM documents d
  LEFT JOIN named ON named.number = d.customs_no
  LEFT JOIN passed ON passed.number = d.customs_no
  WHERE d.kind = $5 AND d.state = $6 AND d.listed ->> 'business_type' = $7
    AND COALESCE(d.authority ->> 'gathered_mark', d.listed ->> 'gathered_mark') IS DISTINCT FROM $8
    AND d.authority ->> 'related_inventory_no' IS NULL
    AND named.approved IS NOT TRUE AND {conditions}
)
SELECT enterprise_id, listed ->> 'business_form_no' AS business_form_no, listed ->> 'direction' AS direction,
  max(listed ->> 'area_code') AS area_code, max(listed ->> 'area_name') AS area_name,
  count(*) AS bills, count(*) FILTER (WHERE taken) AS being_gathered,
  min(moved_at) AS earliest, (array_agg(passed_at IS NOT NULL ORDER BY moved_at))[1] AS from_gate
FROM bills GROUP BY 1, 2, 3 ORDER BY earliest, business_form_no, enterprise_id
"""
_FORMS = """
SELECT DISTINCT ON (customs_no) customs_no, document_id, internal_no, state, listed ->> 'valid_until' AS valid_until
FROM documents WHERE kind = $1 AND state <> 'deleted' AND customs_no = ANY($2) AND {conditions}
ORDER BY customs_no, updated_at DESC
"""


async def gatherings(
    pool: Pool, caller: Principal, asked: Mapping[str, object], today: date | None = None
) -> dict[str, Any]:
    """The earliest deadline first: `items`, and `total` when there are more than asked for. `today`: in Asia/Shanghai."""
    day = today or datetime.now(_SHANGHAI).date()
    gate = KINDS[PASS].life.happenings
    bill = KINDS[BILL].life.course["approved"].state
    arguments: list[object] = [
        INVENTORY,
        sorted(past_approval(INVENTORY)),
        PASS,
        sorted({gate[outcome].state for outcome in _THROUGH_THE_GATE if outcome in gate}),
        BILL,
        bill,
        BUSINESS_TYPE,
        GATHERED,
    ]
    conditions = [within(caller.grants_for(DOCUMENT_READ), arguments)]
    for name, column in _ASKED.items():
        if name in asked:
            arguments.append(asked[name])
            conditions.append(f"{column} = ${len(arguments)}")
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        rows = await connection.fetch(_GROUPS.format(conditions=" AND ".join(conditions)), *arguments)
        about: list[object] = [FORM, sorted({row["business_form_no"] for row in rows} - {None})]
        visible = within(caller.grants_for(DOCUMENT_READ), about)
        forms = await connection.fetch(_FORMS.format(conditions=visible), *about)
    by_number = {form["customs_no"]: form for form in forms}
    items = [_item(row, by_number.get(row["business_form_no"]), day) for row in rows]
    if "overdue" in asked:
        items = [item for item in items if item["overdue"] is asked["overdue"]]
    limit = asked.get("limit", MOST_ROWS)
    assert isinstance(limit, int)
    return {"items": items[:limit], "total": len(items), "today": day}


_ASKED = {
    "enterprise_id": "d.enterprise_id",
    "team_id": "d.team_id",
    "client_id": "d.client_id",
    "business_form_no": "d.listed ->> 'business_form_no'",
}


def _item(row: Record, form: Record | None, today: date) -> dict[str, Any]:
    earliest = row["earliest"].astimezone(_SHANGHAI).date()
    deadline = declared_by(earliest)
    return {
        "business_form_no": row["business_form_no"],
        "form": form
        and {
            "id": form["document_id"],
            "internal_no": form["internal_no"],
            "state": form["state"],
            "state_label": state_label(FORM, form["state"]),
            "valid_until": form["valid_until"],
        },
        "enterprise_id": row["enterprise_id"],
        "area_code": row["area_code"],
        "area_name": row["area_name"],
        "direction": row["direction"],
        "bills": row["bills"],
        "being_gathered": row["being_gathered"],
        "earliest": earliest,
        "earliest_by": "gate" if row["from_gate"] else "approval",
        "deadline": deadline,
        "days_left": (deadline - today).days,
        "overdue": deadline < today,
    }
