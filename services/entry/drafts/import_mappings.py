"""Rows of `import_mappings`: what a customer's own headings mean, by client firm, kind and section."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import Forbidden, InvalidRequest, NotFound
from contracts.answers.drafts import KeptMapping
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import problem
from customs.documents import Kind, Section
from customs.sheets.headings import ColumnMap
from services.entry.document.opening import actor

OWN = UUID(int=0)
"""In place of a client firm: the choice for all who have none of their own."""


class ImportMapping(BaseModel):
    """Which heading means which field; null: leave the column out. Headings that are not named are guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sheet: str | None = Field(default=None, max_length=31, title="工作表")
    columns: dict[str, str | None] = Field(max_length=300, title="列对应关系")


def checked(section: Section, given: ImportMapping) -> ImportMapping:
    """Every named field is one that a clerk may fill. Raises InvalidRequest."""
    known = {name for name, spec in section.fields.items() if spec.need != "system"}
    wrong = [
        problem(
            "unfit_value",
            "/columns/" + heading.replace("~", "~0").replace("/", "~1")[:80],
            field=f"列「{heading[:40]}」",
            why=f"{section.label}没有名为{str(target)[:40]}的项目",
        )
        for heading, target in given.columns.items()
        if target is not None and target not in known
    ]
    if wrong:
        raise InvalidRequest(problems=wrong)
    return given


def section_of(kind: Kind, name: str) -> Section:
    """Raises NotFound."""
    for part in kind.sections:
        if part.name == name:
            return part
    raise NotFound(f"{kind.label}没有名为{name[:40]}的部分")


async def maps_for(connection: Connection, kind: Kind, client_id: UUID | None) -> dict[str, ColumnMap]:
    """By section: the client's own choice, else the tenant's."""
    rows = await connection.fetch(
        "SELECT section, client_id, mapping FROM import_mappings WHERE kind = $1 AND client_id = ANY($2::uuid[])",
        kind.name,
        [OWN, client_id or OWN],
    )
    # The client's own comes last and so stands.
    ordered = sorted(rows, key=lambda row: row["client_id"] != OWN)
    known = {part.name for part in kind.sections}
    return {
        row["section"]: ColumnMap(row["mapping"]["columns"], row["mapping"]["sheet"])
        for row in ordered
        if row["section"] in known
    }


async def listed(
    connection: Connection, caller: Principal, kind: Kind, client_id: UUID | None
) -> list[KeptMapping]:
    """Those saved for this client, or for the tenant as a whole. Raises Forbidden."""
    _require(caller, DOCUMENT_READ, client_id)
    rows = await connection.fetch(
        "SELECT section, mapping, set_by, set_at FROM import_mappings WHERE kind = $1 AND client_id = $2 ORDER BY section",
        kind.name,
        client_id or OWN,
    )
    return [_shown(row) for row in rows]


async def keep(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    section: Section,
    client_id: UUID | None,
    given: ImportMapping,
) -> KeptMapping:
    """In place of what was saved before. Raises Forbidden, InvalidRequest."""
    _require(caller, DOCUMENT_WRITE, client_id)
    row = await connection.fetchrow(
        "INSERT INTO import_mappings (tenant_id, client_id, kind, section, mapping, set_by) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, client_id, kind, section) DO UPDATE SET "
        "mapping = excluded.mapping, set_by = excluded.set_by, set_at = now() "
        "RETURNING section, mapping, set_by, set_at",
        caller.tenant_id,
        client_id or OWN,
        kind.name,
        section.name,
        checked(section, given).model_dump(),
        actor(caller).model_dump(),
    )
    assert row is not None
    return _shown(row)


async def forget(
    connection: Connection, caller: Principal, kind: Kind, section: Section, client_id: UUID | None
) -> None:
    """Guess again. Raises Forbidden, NotFound."""
    _require(caller, DOCUMENT_WRITE, client_id)
    status = await connection.execute(
        "DELETE FROM import_mappings WHERE kind = $1 AND section = $2 AND client_id = $3",
        kind.name,
        section.name,
        client_id or OWN,
    )
    if status == "DELETE 0":
        raise NotFound(f"没有为{section.label}保存列对应关系")


def _require(caller: Principal, permission: str, client_id: UUID | None) -> None:
    """What holds for all client firms is changed only by who is limited to none."""
    grants = caller.grants_for(permission)
    if client_id is None and permission == DOCUMENT_READ:
        caller.require_anywhere(permission)
    elif not any(grant.clients is None or client_id in grant.clients for grant in grants):
        raise Forbidden(f"需要权限 {permission}")


def _shown(row: Record) -> KeptMapping:
    return KeptMapping(section=row["section"], **row["mapping"], set_by=row["set_by"], set_at=row["set_at"])
