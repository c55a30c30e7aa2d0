"""变更, 删除 / 作废, 结案: opening a round after the approval, and giving it up.

The approved version stays valid until customs agrees; one round is open at a time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from backbone import outbox
from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import Refusal
from contracts.events.entry import OpenRound, RoundOpened, RoundWithdrawn
from contracts.permissions import DOCUMENT_DECLARE, DOCUMENT_WRITE
from customs.documents import Kind
from customs.documents.life import Purpose, Round
from services.entry.document import store
from services.entry.document.opening import actor, load, reference, with_content
from services.entry.document.refusals import NoOpenRound, RoundNotPossible
from services.entry.document.store import Document
from services.entry.document.versions import approved_document
from services.entry.life import reviews, rounds_store, uploads
from services.entry.life.examining import examine
from services.entry.relations import used

# A round in these states is not at customs: it can be given up here.
_GIVEN_UP = frozenset({"draft", "failed", "returned", "registration_failed"})


def why_not_opened(document: Document, spec: Round) -> Refusal | None:
    """Why the round cannot be opened now; None: it can."""
    life = document.of_kind.life
    if document.round_purpose is not None:
        other = life.rounds[Purpose(document.round_purpose)].label
        return RoundNotPossible(f"已有未完结的{other}申请，请先等待其结果或撤回")
    if document.state not in spec.from_states:
        allowed = "、".join(s.label for s in life.states.values() if s.code in spec.from_states)
        state = life.states[document.state]
        return RoundNotPossible(f"单证{state.label}，只有{allowed}的单证可以申请{spec.label}")
    if document.approved_attempt_no is None:
        return RoundNotPossible("本系统没有海关审核通过的版本")
    head = document.document.get("head")
    told = {**(head if isinstance(head, dict) else {}), **document.authority}
    why = life.lawful(spec.purpose, told)
    return None if why is None else RoundNotPossible(why)


def why_not_withdrawn(document: Document) -> Refusal | None:
    """Why no round can be given up: there is none, or customs has it."""
    if document.round_purpose is None:
        return NoOpenRound("没有未完结的申请")
    return None if document.round_state in _GIVEN_UP else NoOpenRound("申请已送达海关，请等待结果")


async def open_round(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    purpose: Purpose,
    reason: str,
) -> tuple[Document, UUID | None]:
    """Open it; what has nothing to edit and needs no review is sent at once (then with the attempt's id).

    Raises RoundNotPossible, StaleVersion, EnterpriseSuspended, Forbidden.
    """
    spec = kind.life.rounds.get(purpose)
    if spec is None:
        raise RoundNotPossible(f"{kind.label}没有这种申请")
    permission = DOCUMENT_WRITE if spec.edits else DOCUMENT_DECLARE
    document = await load(connection, caller, kind, document_id, permission, version=version)
    if (refusal := why_not_opened(document, spec)) is not None:
        raise refusal
    now = datetime.now(UTC)
    approved = await approved_document(connection, document)
    if purpose is Purpose.CANCELLATION and (
        kept := await used.why_kept(connection, kind, document, approved)
    ):
        raise RoundNotPossible(kept)
    opened = replace(
        with_content(document, kind, approved),
        version=document.version + 1,
        round_no=max(document.round_no, await rounds_store.last_no(connection, document_id)) + 1,
        round_purpose=purpose.value,
        round_state="draft",
        edited_by=actor(caller).model_dump(),
        updated_at=now,
    )
    await rounds_store.insert(connection, opened, reason, now, actor(caller), document.approved_attempt_no)
    await store.update(connection, opened)
    event = RoundOpened(
        **reference(opened), round=_round(opened), reason=reason, opened_by=actor(caller), occurred_at=now
    )
    await outbox.append(connection, [event], tenant_id=opened.tenant_id)
    if spec.edits or await reviews.is_required(connection, opened):
        return opened, None
    found = await examine(connection, caller, opened, declares=True)
    found.require()
    return await uploads.order(
        connection, caller, opened, found.enterprise, found.snapshot, purpose=purpose, declare_flag="1"
    )


async def withdraw(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> Document:
    """Give the open round up; the working copy is the approved version again. Raises NoOpenRound, StaleVersion."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    if (refusal := why_not_withdrawn(document)) is not None:
        raise refusal
    now = datetime.now(UTC)
    given_up = _round(document)
    approved = await approved_document(connection, document)
    row = replace(
        with_content(document, kind, approved),
        version=document.version + 1,
        round_purpose=None,
        round_state=None,
        updated_at=now,
    )
    await rounds_store.withdraw(connection, document_id, document.round_no, now, actor(caller))
    await store.update(connection, row)
    event = RoundWithdrawn(
        **reference(row), round=given_up, withdrawn_by=actor(caller), document=approved, occurred_at=now
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    return row


def _round(document: Document) -> OpenRound:
    under_way = document.open_round
    assert under_way is not None
    return under_way
