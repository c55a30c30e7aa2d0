"""Who may ask as the agent of a site, in every service that has something for one."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from backbone.auth import Principal, Verifier
from backbone.refusals import Forbidden, Unauthenticated
from contracts.permissions import SITE_SERVE


def require_agent(caller: Principal) -> None:
    """Raises Forbidden for whoever is no agent by its key, whatever an issuer granted."""
    caller.require_anywhere(SITE_SERVE)
    try:
        UUID(caller.id)
    except ValueError:
        raise Forbidden("不是已登记的现场代理") from None


def require_unrevoked(request: Request, caller: Principal) -> None:
    """Raises Unauthenticated: a request that waits outlives the right to it."""
    verifier: Verifier = request.app.state.verifier
    if verifier.revoked.covers(caller):
        raise Unauthenticated("登录已结束，或账号、权限已变更，请重新登录")
