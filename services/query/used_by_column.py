"""Which documents take from a document in a list: on a 出入库单 its 核放单, on a 业务申报表 its 出入库单."""

from __future__ import annotations

from functools import cache
from typing import Any

from backbone.auth import Principal
from backbone.scope import within
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS, Kind
from services.query.kind_facts import makings
from services.query.projections.relations import OF_AN_ATTEMPT
from services.query.wording import state_label

MOST_SHOWN = 20
_SHOWN = ("id", "kind", "internal_no", "seq_no", "customs_no", "state")
# Of the newest documents that name it by its customs number.
_USED_BY = f"""ARRAY(SELECT jsonb_build_object('id', u.document_id, 'kind', u.kind, 'internal_no', u.internal_no,
  'seq_no', u.seq_no, 'customs_no', u.customs_no, 'state', u.state)
  FROM (SELECT r.document_id FROM relations AS r
    WHERE r.tenant_id = documents.tenant_id AND r.to_kind = documents.kind AND r.to_number = documents.customs_no
      AND r.place > 0 AND r.place < {OF_AN_ATTEMPT} AND r.kind = ANY({{kinds}}::text[]) ORDER BY r.document_id DESC LIMIT {MOST_SHOWN}) AS r
    JOIN documents AS u ON u.document_id = r.document_id
  WHERE u.state <> 'deleted' AND {{visible}} ORDER BY u.document_id) AS used_by"""  # noqa: S608 - no value is in it
_USED_BY_NO = f"""customs_no IN (SELECT r.to_number FROM documents AS u JOIN relations AS r ON r.document_id = u.document_id
  WHERE (u.seq_no = {{no}} OR u.customs_no = {{no}}) AND u.state <> 'deleted' AND {{visible}}
    AND r.place > 0 AND r.place < {OF_AN_ATTEMPT} AND r.to_kind = {{kind}} AND r.kind = ANY({{kinds}}::text[]))"""  # noqa: S608 - no value is in it


@cache
def users_of(kind: str) -> tuple[str, ...]:
    """Kinds whose documents are made from those of this kind."""
    return tuple(dict.fromkeys(pair.target.name for pair in makings() if pair.source == kind))


def users_label(kind: str) -> str:
    """核放单, or 核放单／核注清单 where there are several."""
    return "／".join(KINDS[name].label for name in users_of(kind))


def used_by(kind: Kind, caller: Principal, arguments: list[object]) -> str:
    """A column `used_by` of a select from `documents`: those the caller may read; values are added to `arguments`."""
    if not users_of(kind.name):
        return "NULL AS used_by"
    visible = _visible(caller, arguments)
    arguments.append(list(users_of(kind.name)))
    return _USED_BY.format(kinds=f"${len(arguments)}", visible=visible)


def names_user(kind: Kind, caller: Principal, number: object, arguments: list[object]) -> str:
    """The condition that a document of this 预录入编号 or customs number takes from the listed one."""
    visible = _visible(caller, arguments)
    arguments.extend([number, kind.name, list(users_of(kind.name))])
    last = len(arguments)
    return _USED_BY_NO.format(no=f"${last - 2}", kind=f"${last - 1}", kinds=f"${last}", visible=visible)


def shown_users(row: Any) -> dict[str, Any]:
    """`used_by` as a list item has it, and their 预录入编号 alone, for kinds that others are made from."""
    if not users_of(row["kind"]):
        return {}
    users = row.get("used_by") or []
    return {
        "used_by": [
            {
                **{name: each[name] for name in _SHOWN},
                "kind_label": KINDS[each["kind"]].label,
                "state_label": state_label(each["kind"], each["state"]),
            }
            for each in users
        ],
        "used_by_nos": [each["seq_no"] or each["internal_no"] for each in users],
    }


def _visible(caller: Principal, arguments: list[object]) -> str:
    return within(
        caller.grants_for(DOCUMENT_READ),
        arguments,
        enterprise="u.enterprise_id",
        team="u.team_id",
        client="u.client_id",
    )
