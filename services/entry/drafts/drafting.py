"""What a caller can have done to a document: one function a use case, each within the caller's transaction.

Every function answers the new row and appends the fact to the outbox of the same transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.entry import DocumentDeleted, DocumentSaved
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import problem
from customs.documents import Checked, JsonObject, Kind, Profile, copied
from customs.documents.changing import refused_changes
from customs.documents.copies import reversible
from services.entry.document import store
from services.entry.document.beginning import insert, made_up_number, new_draft, refuse_taken
from services.entry.document.checking import parsed, valid
from services.entry.document.opening import (
    Saved,
    actor,
    internal_no_of,
    load,
    reference,
    scope,
    why_fixed,
    why_not_deleted,
    with_content,
)
from services.entry.document.ownership import Owner, enterprise_of, filled
from services.entry.document.refusals import (
    InternalNumberFixed,
)
from services.entry.document.store import Document
from services.entry.document.versions import approved_document
from services.entry.ledger import posting
from services.entry.ledger.posting import Due
from services.entry.relations import leaning


async def create(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    owner: Owner,
    body: bytes,
    *,
    upsert: bool = False,
    system: str | None = None,
) -> Saved:
    """A new draft. With `upsert` a document of the same 企业内部编号 is replaced instead, and left alone if it says the same.

    `system` Z7 or Z8: where the clerk works; without it, where the enterprise's messages go.

    Raises InvalidRequest, EnterpriseUnclear, EnterpriseSuspended, InternalNumberTaken, Forbidden.
    """
    given = await parsed(kind, body)
    enterprise = await enterprise_of(connection, owner, given)
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
    )
    given = await leaning.taken(connection, kind, enterprise.enterprise_id, given)
    result = await valid(kind, filled(kind, given, enterprise), Profile.SAVE, len(body))
    document = new_draft(caller, kind, owner, enterprise, result.document, system=system)
    if upsert:
        return await _upserted(connection, caller, kind, document, result, len(body))
    await insert(connection, caller, document)
    await _tell_saved(connection, caller, document, result.document)
    return Saved(document, result.warnings, is_new=True)


async def _upserted(
    connection: Connection, caller: Principal, kind: Kind, new: Document, result: Checked, size: int
) -> Saved:
    """The new row, or what was there of its number. Of several who bring a new number at once one makes it, the others find it."""
    while True:
        existing = await store.find_by_internal_no(connection, kind.name, new.enterprise_id, new.internal_no)
        if existing is not None:
            break
        # Waits for whoever is just making it; that one may also give it up, then nobody has it.
        if await store.insert(connection, new):
            await _tell_saved(connection, caller, new, result.document)
            return Saved(new, result.warnings, is_new=True)
    caller.require(DOCUMENT_WRITE, **scope(existing))
    if await beside_loop(size, lambda: existing.document == result.document):
        return Saved(existing, result.warnings)
    return Saved(await _rewrite(connection, caller, existing, kind, result), result.warnings)


async def save(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, body: bytes
) -> Saved:
    """Replace the working copy. Raises NotFound, StaleVersion, NotEditable, InvalidRequest, InternalNumberTaken."""
    given = await parsed(kind, body)
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    result = await valid(kind, given, Profile.SAVE, len(body))
    warnings = result.warnings
    if document.round_purpose is not None:
        # Refused when the change is declared; a clerk in the middle of it is only told.
        approved = await approved_document(connection, document)
        refused = await beside_loop(len(body), refused_changes, kind, approved, result.document)
        warnings = (*warnings, *refused)
    return Saved(await _rewrite(connection, caller, document, kind, result), warnings)


async def delete(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> None:
    """Delete a draft that never reached the Single Window. Raises NotFound, StaleVersion, NotDeletable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    if (refusal := why_not_deleted(document)) is not None:
        raise refusal
    now = datetime.now(UTC)
    gone = replace(document, version=document.version + 1, state="deleted", deadline_at=None, updated_at=now)
    await store.update(connection, gone)
    event = DocumentDeleted(**reference(gone), deleted_by=actor(caller), occurred_at=now)
    await outbox.append(connection, [event], tenant_id=gone.tenant_id)
    if kind.booking is not None and gone.attempt_no:
        await posting.settle(connection, Due({document_id}))


async def copy(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    internal_no: str | None,
    *,
    reverse: bool = False,
) -> Saved:
    """A new draft by the copy rules of the catalogue. Without `internal_no` one is made up. Raises as `create`.

    `reverse`: into the other direction (进 ↔ 出); InvalidRequest for a kind that has none.
    """
    if reverse and not reversible(kind):
        why = f"{kind.label}没有进出方向"
        raise InvalidRequest(
            why, problems=[problem("unfit_value", "/reverse", field="「反向复制」", why=why)]
        )
    source = await load(connection, caller, kind, document_id, DOCUMENT_READ)
    owner = Owner(source.enterprise_id, source.team_id, source.client_id)
    enterprise = await enterprise_of(connection, owner, {})
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=source.enterprise_id,
        team_id=source.team_id,
        client_id=source.client_id,
    )
    draft = await beside_loop(len(source.content), lambda: copied(kind, source.document, reverse=reverse))
    head = dict(draft["head"]) if isinstance(draft["head"], dict) else {}
    head["internal_no"] = internal_no or made_up_number(datetime.now(UTC))
    completed = filled(kind, {**draft, "head": head}, enterprise)
    result = await valid(kind, completed, Profile.SAVE, len(source.content))
    document = new_draft(
        caller, kind, owner, enterprise, result.document, copied_from=source.document_id, system=source.system
    )
    await insert(connection, caller, document)
    await _tell_saved(connection, caller, document, result.document)
    return Saved(document, result.warnings)


async def _rewrite(
    connection: Connection, caller: Principal, old: Document, kind: Kind, result: Checked
) -> Document:
    if (refusal := why_fixed(old)) is not None:
        raise refusal
    internal_no = internal_no_of(result.document)
    in_round = old.round_purpose is not None
    if internal_no != old.internal_no and (in_round or old.seq_no is not None):
        raise InternalNumberFixed(f"原编号为{old.internal_no}")
    new = replace(
        with_content(old, kind, result.document),
        version=old.version + 1,
        catalogue_version=kind.catalogue_version,
        edited_by=actor(caller).model_dump(),
        updated_at=datetime.now(UTC),
    )
    if in_round:
        # Others find the approved version by it.
        new = replace(new, handle=old.handle)
    if internal_no == old.internal_no:
        await store.update(connection, new)
    else:
        try:
            # A savepoint keeps the transaction usable for the look at who has the number.
            async with connection.transaction():
                await store.update(connection, new)
        except asyncpg.UniqueViolationError:
            await refuse_taken(connection, caller, new)
    await _tell_saved(connection, caller, new, result.document)
    return new


async def _tell_saved(connection: Connection, caller: Principal, row: Document, document: JsonObject) -> None:
    event = DocumentSaved.model_construct(
        **reference(row),
        catalogue_version=row.catalogue_version,
        document=document,
        saved_by=actor(caller),
        created_at=row.created_at,
        copied_from=row.copied_from,
        occurred_at=row.updated_at,
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    metrics.counter("document_saved_total").labels(row.kind).inc()
