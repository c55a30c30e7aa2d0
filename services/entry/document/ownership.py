"""Whose a document is: the enterprise that declares it, and what is filled in from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backbone.postgres import Connection
from customs import clock
from customs.documents import JsonObject, Kind, Party
from services.entry.document import store
from services.entry.document.refusals import EnterpriseUnclear
from services.entry.document.store import Enterprise


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose document it is to be."""

    enterprise_id: UUID | None
    team_id: UUID | None = None
    client_id: UUID | None = None


async def enterprise_of(connection: Connection, owner: Owner, given: Mapping[str, Any]) -> Enterprise:
    known = await store.enterprises(connection)
    if owner.enterprise_id is not None:
        found = [e for e in known if e.enterprise_id == owner.enterprise_id]
        if not found:
            raise EnterpriseUnclear("enterprise_id 不是本单位的企业")
        return found[0]
    head = given.get("head")
    code = head.get("declaring_code") if isinstance(head, Mapping) else None
    if code:
        found = [e for e in known if e.customs_code == code]
        if found:
            return found[0]
        raise EnterpriseUnclear(f"申报企业编码 {str(code)[:20]} 不是本单位已登记的企业")
    if len(known) == 1:
        return known[0]
    raise EnterpriseUnclear("本单位登记了多个企业" if known else "本单位尚未登记企业")


def filled(kind: Kind, given: Mapping[str, Any], enterprise: Enterprise) -> JsonObject:
    head = given.get("head")
    if head is not None and not isinstance(head, Mapping):
        return dict(given)
    party = Party(enterprise.name, enterprise.customs_code, enterprise.uscc)
    return kind.fill(given, party, clock.today())
