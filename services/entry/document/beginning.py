"""The first row of a document. Its internal number is nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from contracts.permissions import DOCUMENT_READ
from contracts.problems import Problem
from customs import clock
from customs.documents import JsonObject, Kind
from services.entry.document import store
from services.entry.document.opening import actor, handle_of, internal_no_of, scope
from services.entry.document.ownership import Owner
from services.entry.document.refusals import InternalNumberTaken
from services.entry.document.store import Document, Enterprise

_ENDED = frozenset({"deleted", "voided"})


def made_up_number(now: datetime) -> str:
    """企业内部编号 for a document whose clerk gave none."""
    return f"BG{clock.day_of(now):%Y%m%d}{new_id().hex[-8:].upper()}"


def new_draft(
    caller: Principal,
    kind: Kind,
    owner: Owner,
    enterprise: Enterprise,
    document: JsonObject,
    *,
    copied_from: UUID | None = None,
    system: str | None = None,
) -> Document:
    now = datetime.now(UTC)
    return Document(
        document_id=new_id(),
        tenant_id=caller.tenant_id,
        kind=kind.name,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
        internal_no=internal_no_of(document),
        handle=handle_of(kind, document),
        version=1,
        state="draft",
        round_no=1,
        attempt_no=0,
        seq_no=None,
        customs_no=None,
        entry_seq_no=None,
        change_count=0,
        deadline_at=None,
        needs_operator=False,
        notes=(),
        authority={},
        catalogue_version=kind.catalogue_version,
        content=orjson.dumps(document),
        copied_from=copied_from,
        created_by=actor(caller).model_dump(),
        created_at=now,
        updated_at=now,
        system=system or enterprise.route.sys_id,
        edited_by=actor(caller).model_dump(),
    )


async def insert(connection: Connection, caller: Principal, row: Document) -> None:
    """Raises InternalNumberTaken."""
    if not await store.insert(connection, row):
        await refuse_taken(connection, caller, row)


async def refuse_taken(connection: Connection, caller: Principal, row: Document) -> None:
    other = await store.find_by_internal_no(connection, row.kind, row.enterprise_id, row.internal_no)
    seen = other is not None and caller.may(DOCUMENT_READ, **scope(other))
    where = {"document_id": str(other.document_id)} if other is not None and seen else {}
    raise InternalNumberTaken(
        f"编号{row.internal_no}",
        problems=[
            Problem(
                pointer="/head/internal_no",
                code="internal_number_taken",
                message=_why_taken(row.internal_no, other),
                hint=InternalNumberTaken.hint,
            )
        ],
        extra=where,
    )


def _why_taken(internal_no: str, other: Document | None) -> str:
    if other is not None and other.of_kind.life.states[other.state].terminal and other.state in _ENDED:
        state = other.of_kind.life.states[other.state].label
        return f"企业内部编号[{internal_no}]已被一份{state}的单证占用：海关不允许重复使用已申报过的编号"
    return f"企业内部编号[{internal_no}]已被另一份单证使用"
