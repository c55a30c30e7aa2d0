"""Ordering an upload: 申报 or 暂存 in the round that is open, or the request to send receipts again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import orjson

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.entry import AttemptStarted, DocumentDeclared, DocumentStaged, ReceiptsRequested
from contracts.permissions import DOCUMENT_DECLARE
from contracts.problems import Problem, problem
from customs.documents import JsonObject, Kind, Profile
from customs.documents.changing import marked, refused_changes, without_removed
from customs.documents.comparing import compare
from customs.documents.life import FILED, Purpose
from services.entry.document import store
from services.entry.document.checking import beside_loop, valid
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import (
    AlreadyUnderWay,
    EnterpriseSuspended,
    NotAskable,
    NotStageable,
    RoundNotPossible,
)
from services.entry.document.store import Document, Enterprise, Ordered
from services.entry.document.versions import approved_document
from services.entry.drafts.drafting import Saved, actor, load, reference
from services.entry.ledger.checking import hold
from services.entry.life import authorising, reviews
from services.entry.relations import leaning, used


async def upload(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    *,
    declares: bool,
) -> tuple[Saved, UUID]:
    """Order an attempt of the open round. Answers the row and the attempt's id.

    Raises NotFound, StaleVersion, AlreadyUnderWay, NotStageable, InvalidRequest, EnterpriseSuspended, ReviewRequired,
    RoundNotPossible.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_DECLARE, version=version)
    state = kind.life.states[document.round_state or document.state]
    if not state.editable:
        raise AlreadyUnderWay(f"当前状态为{state.label}")
    if (why := outlived(document)) is not None:
        raise RoundNotPossible(why)
    if not declares and (
        document.round_purpose is not None or state.code not in ("draft", "stored", "failed")
    ):
        raise NotStageable(f"当前状态为{state.label}")
    enterprise = await _active(connection, document)
    if declares:
        await reviews.require(connection, document)
    purpose = Purpose(document.round_purpose or Purpose.FILING)
    if purpose is Purpose.FILING:
        snapshot, warnings = await _filed(kind, document, enterprise, declares=declares)
        if declares:
            warnings = (*warnings, *await _leaned(connection, kind, document, snapshot))
    else:
        snapshot, warnings = await later(connection, kind, document, enterprise, purpose)
        if kind.life.rounds[purpose].edits:
            valid_then = without_removed(kind, snapshot)
            warnings = (*warnings, *await _leaned(connection, kind, document, valid_then))
    warnings = (*warnings, *await authorising.require(connection, kind, enterprise, snapshot))
    flag: Literal["0", "1"] = "1" if declares else "0"
    row, attempt_id = await order(
        connection, caller, document, enterprise, snapshot, purpose=purpose, declare_flag=flag
    )
    if declares:
        warnings = (*warnings, *await hold(connection, caller, row, snapshot))
    return Saved(row, warnings), attempt_id


def outlived(document: Document) -> str | None:
    """Why the open round has come to nothing, e.g. the document was deducted meanwhile; None: it has not."""
    if document.round_purpose is None:
        return None
    spec = document.of_kind.life.rounds[Purpose(document.round_purpose)]
    if document.state in spec.from_states:
        return None
    state = document.of_kind.life.states[document.state]
    return f"单证{state.label}，不能再申请{spec.label}，请撤回该申请"


async def _active(connection: Connection, document: Document) -> Enterprise:
    enterprise = await enterprise_of(connection, Owner(document.enterprise_id), {})
    if enterprise.status != "active":
        raise EnterpriseSuspended(enterprise.name)
    return enterprise


async def _filed(
    kind: Kind, document: Document, enterprise: Enterprise, *, declares: bool
) -> tuple[JsonObject, tuple[Problem, ...]]:
    profile = Profile.DECLARE if declares else Profile.SAVE
    result = await valid(
        kind,
        document.content,
        profile,
        len(document.content),
        of_card=enterprise,
        more=_not_a_filing,
        codes_hold=declares,
    )
    return _typed(result.document, FILED), result.warnings


async def _leaned(
    connection: Connection, kind: Kind, document: Document, snapshot: JsonObject
) -> tuple[Problem, ...]:
    """Warnings about the documents this one leans on. Raises InvalidRequest when it cannot."""
    found = await leaning.findings_of(connection, kind, document, snapshot)
    problems = found.problems()
    if document.round_purpose is not None:
        # What a document leans on may have ended since it was filed; a change asks of it quantities alone.
        problems = tuple(each for each in problems if not each.pointer.startswith("/head/"))
    if problems:
        raise InvalidRequest(f"共有{len(problems)}处需要改正", problems=list(problems))
    return found.warnings()


def _not_a_filing(given: JsonObject) -> list[Problem]:
    """DclTypecd follows from the round; another one in a draft is a misunderstanding to be cleared up."""
    head = given.get("head")
    typed = head.get("declaration_type") if isinstance(head, dict) else None
    if typed in (None, FILED):
        return []
    why = "变更、删除、作废、结案请对已通过的单证提出相应的申请"
    return [
        problem(
            "must_be", "/head/declaration_type", field="「申报类型」", expected=f"{FILED}（备案）", why=why
        )
    ]


async def later(
    connection: Connection, kind: Kind, document: Document, enterprise: Enterprise, purpose: Purpose
) -> tuple[JsonObject, tuple[Problem, ...]]:
    """What is sent in a round after the filing. Raises InvalidRequest."""
    spec = kind.life.rounds[purpose]
    approved = await approved_document(connection, document)
    adopted = document.origin == "adopted" and document.approved_attempt_no == 1
    if not spec.edits:
        whole = _typed(approved, spec.declaration_type)
        if adopted:
            # What was taken over by its numbers alone cannot be sent.
            await valid(kind, whole, Profile.DECLARE, len(document.content))
        return whole, ()
    typed = _typed(document.document, spec.declaration_type)
    result = await valid(
        kind,
        typed,
        Profile.DECLARE,
        len(document.content),
        of_card=enterprise,
        more=lambda working: refused_changes(kind, approved, working, from_receipt=adopted),
    )
    if less := await used.too_low(connection, kind, document, approved, result.document):
        raise InvalidRequest(f"共有{len(less)}处需要改正", problems=less)
    size = len(document.content)
    if await beside_loop(size, lambda: compare(kind, approved, result.document).same):
        raise InvalidRequest(problems=[problem("nothing_changed", "", round=spec.label)])
    return await beside_loop(size, marked, kind, approved, result.document), result.warnings


def _typed(document: JsonObject, declaration_type: str) -> JsonObject:
    head = document.get("head")
    return {
        **document,
        "head": {**(head if isinstance(head, dict) else {}), "declaration_type": declaration_type},
    }


async def order(
    connection: Connection,
    caller: Principal,
    document: Document,
    enterprise: Enterprise,
    snapshot: JsonObject,
    *,
    purpose: Purpose,
    declare_flag: Literal["0", "1"],
) -> tuple[Document, UUID]:
    """Write the attempt and tell it; the row must be locked and everything checked."""
    now = datetime.now(UTC)
    filing = purpose is Purpose.FILING
    deadline = document.of_kind.life.states["sending"].deadline
    ordered = replace(
        document,
        version=document.version + 1,
        state="sending" if filing else document.state,
        round_state=None if filing else "sending",
        attempt_no=document.attempt_no + 1,
        deadline_at=now + deadline if deadline else None,
        notes=(),
        updated_at=now,
    )
    event_type = DocumentDeclared if declare_flag == "1" else DocumentStaged
    attempt = Ordered(
        attempt_id=new_id(),
        purpose=purpose,
        upload="document",
        declare_flag=declare_flag,
        content=orjson.dumps(snapshot),
        at=now,
        by=actor(caller),
    )
    await _write(connection, ordered, attempt, event_type, enterprise, snapshot)
    metrics.counter("document_declared_total").labels(ordered.kind, declare_flag).inc()
    return ordered, attempt.attempt_id


async def ask_again(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> tuple[Document, UUID]:
    """Ask the authority to send the receipts of a document again (INV141). Raises NotAskable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_DECLARE, version=version)
    if document.seq_no is None:
        raise NotAskable()
    enterprise = await _active(connection, document)
    now = datetime.now(UTC)
    asked = replace(
        document, version=document.version + 1, attempt_no=document.attempt_no + 1, updated_at=now
    )
    attempt = Ordered(
        attempt_id=new_id(),
        purpose=Purpose(document.round_purpose or Purpose.FILING),
        upload="resend",
        declare_flag="1",
        content=b"{}",
        at=now,
        by=actor(caller),
    )
    await _write(connection, asked, attempt, ReceiptsRequested, enterprise, {})
    return asked, attempt.attempt_id


async def _write(
    connection: Connection,
    row: Document,
    attempt: Ordered,
    event_type: type[AttemptStarted],
    enterprise: Enterprise,
    snapshot: JsonObject,
) -> None:
    await store.add_attempt(connection, row, attempt)
    await store.update(connection, row)
    event = event_type.model_construct(
        **reference(row),
        attempt_id=attempt.attempt_id,
        attempt_no=row.attempt_no,
        round_no=row.round_no,
        purpose=attempt.purpose.value,
        declare_flag=attempt.declare_flag,
        # The clerk works in one of the two systems; everything else of the route is the enterprise's.
        route=enterprise.route.model_copy(update={"sys_id": row.system}),
        catalogue_version=row.catalogue_version,
        document=snapshot,
        ordered_by=attempt.by,
        deadline_at=row.deadline_at,
        occurred_at=attempt.at,
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
