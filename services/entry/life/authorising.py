"""委托: whether the firm in whose name a document is declared authorised the broker that declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from contracts.answers.master import Verdict
from contracts.answers.rules import AuthorisationRule
from contracts.problems import Problem, problem
from customs import clock
from customs.documents import JsonObject, Kind
from customs.documents.findings import pointer_of
from customs.master.authorising import Authorisation, may_act
from services.entry.document.opening import actor
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import EnterpriseUnclear
from services.entry.document.store import Document, Enterprise

Mode = Literal["auto", "off", "warn", "refuse"]


async def missing(
    connection: Connection, kind: Kind, enterprise: Enterprise, document: JsonObject
) -> tuple[Problem | None, bool]:
    """Before an upload, in its transaction: what is missing, and whether the tenant refuses for it."""
    found, mode = await _missing(connection, kind, enterprise, document)
    return found, mode == "refuse"


async def warnings_of(connection: Connection, row: Document) -> tuple[Problem, ...]:
    """The same for a document that is only saved or looked at: never a refusal."""
    if row.of_kind.principal is None:
        return ()
    document = await beside_loop(len(row.content), lambda: row.document)
    return await _warned(connection, row.of_kind, Owner(row.enterprise_id), document)


async def warnings_of_unsaved(
    connection: Connection, kind: Kind, document: JsonObject
) -> tuple[Problem, ...]:
    """The same for a document that is nobody's yet, as far as it says who declares it."""
    try:
        return await _warned(connection, kind, Owner(None), document)
    except EnterpriseUnclear:
        return ()


async def _warned(
    connection: Connection, kind: Kind, owner: Owner, document: JsonObject
) -> tuple[Problem, ...]:
    enterprise = await enterprise_of(connection, owner, document)
    found, _ = await _missing(connection, kind, enterprise, document)
    return () if found is None else (found,)


async def rule(connection: Connection) -> AuthorisationRule:
    """What the tenant set, what therefore holds, and how many 委托 there are."""
    row = await connection.fetchrow(
        "SELECT r.mode, r.set_by, r.set_at, (SELECT count(*) FROM authorisations) AS entered "
        "FROM (SELECT 1) AS one LEFT JOIN authorisation_rules AS r ON true"
    )
    assert row is not None
    mode: Mode = row["mode"] or "auto"
    return AuthorisationRule(
        mode=mode,
        in_force=_in_force(mode, entered=row["entered"] > 0),
        authorisations=row["entered"],
        set_by=row["set_by"],
        set_at=row["set_at"],
    )


async def set_rule(connection: Connection, caller: Principal, mode: Mode) -> None:
    await connection.execute(
        "INSERT INTO authorisation_rules (tenant_id, mode, set_by) VALUES ($1, $2, $3) "
        "ON CONFLICT (tenant_id) DO UPDATE SET mode = excluded.mode, set_by = excluded.set_by, set_at = now()",
        caller.tenant_id,
        mode,
        actor(caller).model_dump(),
    )


def _in_force(mode: Mode, *, entered: bool) -> Mode:
    if mode != "auto":
        return mode
    return "refuse" if entered else "warn"


async def _missing(
    connection: Connection, kind: Kind, enterprise: Enterprise, document: JsonObject
) -> tuple[Problem | None, Mode]:
    """What is wrong, None when nothing is, and what the tenant wants done about it."""
    head = document.get("head")
    if kind.principal is None or not isinstance(head, Mapping):
        return None, "off"
    code, uscc = (_text(head, f"{kind.principal}_{each}") for each in ("code", "uscc"))
    # 自理: of one legal entity with several customs codes each may act for the others.
    if (code is None and uscc is None) or code == enterprise.customs_code or uscc == enterprise.uscc:
        return None, "off"
    rows = await connection.fetch(_LOOK, code, uscc)
    mode = _in_force(rows[0]["mode"] or "auto", entered=rows[0]["entered"])
    if mode == "off":
        return None, mode
    clients = {row["client_id"] for row in rows if row["client_id"] is not None}
    held = [Authorisation.model_validate({**row}) for row in rows if row["id"] is not None]
    verdict = (
        may_act(
            held,
            client_ids=clients,
            enterprise_id=enterprise.enterprise_id,
            kind=kind.name,
            on=clock.today(),
        )
        if clients
        else Verdict(allowed=False, reason="客户资料中没有登记该企业的海关编码或统一社会信用代码")
    )
    return None if verdict.allowed else _not_authorised(kind, head, enterprise, verdict.reason), mode


def _not_authorised(kind: Kind, head: Mapping[str, Any], enterprise: Enterprise, why: str) -> Problem:
    field = f"{kind.principal}_code"
    named = _text(head, f"{kind.principal}_name") or ""
    return problem(
        "not_authorised",
        pointer_of(kind.section("head"), None, field),
        field=f"「{kind.section('head').fields[field].label}」",
        value=f"{_text(head, field) or _text(head, f'{kind.principal}_uscc')}{named and ' '}{named}",
        broker=enterprise.name,
        kind=kind.label,
        why=why,
    )


def _text(head: Mapping[str, Any], name: str) -> str | None:
    value = head.get(name)
    return value if isinstance(value, str) and value else None


_LOOK = """
SELECT r.mode, EXISTS (SELECT 1 FROM authorisations) AS entered, c.client_id,
  a.authorisation_id AS id, a.enterprise_id, a.kinds, a.valid_from, a.valid_until, a.withdrawn_on
FROM (SELECT 1) AS one LEFT JOIN authorisation_rules AS r ON true
LEFT JOIN clients AS c ON c.customs_code = $1 OR c.uscc = $2
LEFT JOIN authorisations AS a ON a.client_id = c.client_id
"""
