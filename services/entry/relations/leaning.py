"""Documents leaning on others: found by the numbers customs gave them, locked while one more is declared on them.

The lock is on the document leaned on, so that two bills declared at once cannot both take what is left of a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backbone.beside import beside_loop
from backbone.postgres import Connection, Record
from customs.documents import KINDS, Kind
from customs.documents.changing import without_removed
from customs.documents.findings import Findings
from customs.documents.leaning import Known, Lean
from customs.documents.life import Purpose
from customs.documents.normal_form import Document
from services.entry.document import store
from services.entry.relations import lock_order
from services.entry.relations.holding import HOLDS_NOTHING, holders


async def findings_of(
    connection: Connection, kind: Kind, row: store.Document, document: Document, *, looks_only: bool = False
) -> Findings:
    """What does not hold between the document and those it leans on, and the record that it leans on them.

    In a later round it goes on leaning on what its approved version leans on. With `looks_only` nothing is locked or
    recorded, and a document that is not known here is told as one that could not be looked at.
    """
    findings = Findings(kind)
    if kind.handle is not None and row.handle is not None:
        await _handle_is_free(connection, kind.handle, row, findings, looks_only=looks_only)
    if kind.leaning is None:
        return findings
    leans = kind.leaning.leans(document)
    known = await _known(connection, row, leans, looks_only=looks_only)
    await beside_loop(len(row.content), kind.leaning.check, document, known, findings)
    for lean, ending in ((each.lean, each.ending) for each in known if each.ending is not None):
        why = f"该单证正在申请{ending}"
        findings.problem(lean.section, lean.row, lean.field, "unfit_value", why=why)
    if looks_only:
        _unknown(leans, known, findings)
        return findings
    if row.round_purpose is None:
        await connection.execute("DELETE FROM leanings WHERE document_id = $1", row.document_id)
    await _remember(connection, row, leans)
    return findings


def _unknown(leans: Sequence[Lean], known: Sequence[Known], findings: Findings) -> None:
    """Documents that were declared elsewhere. Most trucks are, so of those nothing is said."""
    there = {each.lean for each in known}
    for lean in leans:
        if lean not in there and lean.by == "customs_no":
            label = KINDS[lean.kind].label
            findings.warning(
                lean.section, lean.row, lean.field, "not_known_here", value=lean.number, kind=label
            )


async def _handle_is_free(
    connection: Connection, field: str, row: store.Document, findings: Findings, *, looks_only: bool
) -> None:
    """A vehicle is registered once: no other document of its plate is under way or approved."""
    if not looks_only:
        # There may be no row yet that two clerks could wait for.
        lock = f"{row.tenant_id}/{row.kind}/{row.enterprise_id}/{row.handle}"
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", lock)
    other = await connection.fetchval(
        "SELECT internal_no FROM documents WHERE kind = $1 AND handle = $2 AND enterprise_id = $3 "
        "AND document_id <> $4 AND state <> ALL($5::text[]) LIMIT 1",
        row.kind,
        row.handle,
        row.enterprise_id,
        row.document_id,
        list(HOLDS_NOTHING),
    )
    if other is not None:
        findings.problem("head", None, field, "already_taken", value=row.handle)


async def _known(
    connection: Connection, row: store.Document, leans: Sequence[Lean], *, looks_only: bool
) -> list[Known]:
    found = []
    lock = "" if looks_only else " FOR UPDATE"
    if not looks_only:
        await lock_order.lock_leant_on(connection, row.enterprise_id, leans)
    for lean in sorted(leans, key=lambda each: (each.kind, each.number)):
        other = await connection.fetchrow(
            f"SELECT document_id, state, approved_attempt_no, round_purpose, round_state FROM documents WHERE kind = $1 AND {lean.by} = $2 "  # noqa: S608 - one of two column names
            f"AND enterprise_id = $3 AND approved_attempt_no IS NOT NULL ORDER BY updated_at DESC LIMIT 1{lock}",
            lean.kind,
            lean.number,
            row.enterprise_id,
        )
        if other is None:
            continue
        approved = await store.snapshot(connection, other["document_id"], other["approved_attempt_no"])
        found.append(
            Known(
                lean=lean,
                state=other["state"],
                state_label=KINDS[lean.kind].life.states[other["state"]].label,
                ending=_ending(KINDS[lean.kind], other),
                approved=without_removed(KINDS[lean.kind], approved or {}),
                others=await holders(connection, lean.kind, lean.number, row),
            )
        )
    return found


def _ending(kind: Kind, row: Record) -> str | None:
    """The end that customs has been asked for, 作废 or 结案, as a clerk calls it."""
    if row["round_purpose"] is None:
        return None
    spec = kind.life.rounds[Purpose(row["round_purpose"])]
    return None if spec.edits or kind.life.states[row["round_state"]].editable else spec.label


async def _remember(connection: Connection, row: store.Document, leans: Sequence[Lean]) -> None:
    await connection.executemany(
        "INSERT INTO leanings (document_id, tenant_id, on_kind, on_no) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(row.document_id, row.tenant_id, lean.kind, lean.number) for lean in leans],
    )


async def taken(
    connection: Connection, kind: Kind, enterprise_id: UUID, given: dict[str, Any]
) -> dict[str, Any]:
    """The document with what was not typed and stands in an approved document of the same handle."""
    head = given.get("head")
    if kind.leaning is None or not isinstance(head, dict):
        return given
    filled = dict(head)
    for taking in kind.leaning.takes:
        handle = head.get(taking.by_field)
        absent = [name for name in taking.fields if filled.get(name) in (None, "")]
        # What the check will refuse is not looked for.
        if not isinstance(handle, str) or not handle.isprintable() or not absent:
            continue
        found = await connection.fetchrow(
            "SELECT a.content, a.catalogue_version FROM documents AS d JOIN attempts AS a "
            "ON a.document_id = d.document_id AND a.attempt_no = d.approved_attempt_no "
            "WHERE d.kind = $1 AND d.handle = $2 AND d.enterprise_id = $3 AND d.state <> 'deleted' "
            "ORDER BY d.updated_at DESC LIMIT 1",
            taking.kind,
            handle.strip(),
            enterprise_id,
        )
        known = {} if found is None else store.stored_document(KINDS[taking.kind], found)["head"]
        assert isinstance(known, dict)
        filled.update({name: known[name] for name in absent if name in known})
    return {**given, "head": filled}
