"""Taking back a workbook that was read into a draft: by who did it, while nothing else was saved since."""

from __future__ import annotations

from uuid import UUID

import orjson

from backbone import compress
from backbone.auth import Principal
from backbone.postgres import Connection
from contracts.permissions import DOCUMENT_WRITE
from customs.documents import Kind
from services.entry.document import opening, store
from services.entry.document.refusals import NoUndoableImport
from services.entry.document.store import Document
from services.entry.drafts import drafting


async def import_into(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, body: bytes
) -> opening.Saved:
    """Save what a workbook comes to, and keep what was there before. Raises as `drafting.save`."""
    before = await opening.load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    saved = await drafting.save(connection, caller, kind, document_id, version, body)
    await _keep(connection, caller, before, saved.document.version)
    return saved


async def _keep(connection: Connection, caller: Principal, before: Document, version: int) -> None:
    await connection.execute(
        "INSERT INTO undoable_imports (document_id, tenant_id, version, imported_by, catalogue_version, content) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (document_id) DO UPDATE SET version = excluded.version, "
        "imported_by = excluded.imported_by, imported_at = now(), catalogue_version = excluded.catalogue_version, "
        "content = excluded.content",
        before.document_id,
        before.tenant_id,
        version,
        opening.actor(caller).model_dump(),
        before.catalogue_version,
        compress.pack(before.content),
    )


async def undo(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> opening.Saved:
    """The draft as it was before the import, as a new version. Raises NoUndoableImport, and as `drafting.save`."""
    await opening.load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    kept = await connection.fetchrow("SELECT * FROM undoable_imports WHERE document_id = $1", document_id)
    if kept is None or kept["version"] != version:
        raise NoUndoableImport("导入之后单证又被修改过，或没有可以撤销的导入")
    if kept["imported_by"]["id"] != caller.id:
        raise NoUndoableImport(f"该工作簿由{kept['imported_by']['name']}导入，只有导入人可以撤销")
    before = orjson.dumps(store.stored_document(kind, kept))
    saved = await drafting.save(connection, caller, kind, document_id, version, before)
    await connection.execute("DELETE FROM undoable_imports WHERE document_id = $1", document_id)
    return saved
