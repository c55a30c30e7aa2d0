"""Which master data a caller may see and change: that of the client firms within the grants, and that of nobody.

Master data has neither enterprise nor team, so of a grant only its clients count.
"""

from __future__ import annotations

from uuid import UUID

from backbone.auth import Principal
from backbone.refusals import Forbidden, NotFound


def clients_of(caller: Principal, permission: str) -> frozenset[UUID] | None:
    """The client firms within the grants; None: all. Raises Forbidden without the permission."""
    caller.require_anywhere(permission)
    named: set[UUID] = set()
    for grant in caller.grants_for(permission):
        if grant.clients is None:
            return None
        named |= grant.clients
    return frozenset(named)


def require_client(caller: Principal, permission: str, client_id: UUID | None) -> None:
    """Raises Forbidden unless data of this client firm, or shared data for None, may be touched."""
    within = clients_of(caller, permission)
    if within is not None and client_id is not None and client_id not in within:
        raise Forbidden("该客户不在授权范围内")


def hide_client(caller: Principal, permission: str, client_id: UUID | None, noun: str) -> None:
    """As `require_client`, but whether something exists is not told. Raises NotFound, Forbidden."""
    within = clients_of(caller, permission)
    if within is not None and client_id is not None and client_id not in within:
        raise NotFound(f"没有这条{noun}资料")


def within_clients(within: frozenset[UUID] | None, arguments: list[object]) -> str:
    """A condition of SQL over `client_id`; values are added to `arguments` as $n."""
    if within is None:
        return "true"
    arguments.append(sorted(within))
    return f"(client_id IS NULL OR client_id = ANY(${len(arguments)}::uuid[]))"
