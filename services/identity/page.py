"""What a browser sends with its requests and is told: the cookie of a session, and the header no other site can send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fastapi import Request

from services.identity.refusals import NotFromThePage
from services.identity.settings import IdentitySettings

COOKIE = "bondgate"
HEADER = "x-bondgate-page"
BACKGROUND = "background"
"""Value of the header for requests that no person caused; they keep nobody in."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


def is_secure(request: Request, settings: IdentitySettings) -> bool:
    """Whether the browser came over TLS, as the edge says."""
    return settings.page_over_tls or request.headers.get("x-forwarded-proto", "http") == "https"


def secret_of(request: Request, *, secure: bool) -> str | None:
    """Over TLS only the cookie that no neighbouring host can have set."""
    return request.cookies.get(_name(secure))


def cookie(secret: str, lasts: timedelta, *, secure: bool) -> str:
    """Set-Cookie; without a secret it takes the cookie away."""
    seconds = int(lasts.total_seconds()) if secret else 0
    parts = [f"{_name(secure)}={secret}", "Path=/", f"Max-Age={seconds}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if secure else parts)


def _name(secure: bool) -> str:
    return f"__Host-{COOKIE}" if secure else COOKIE


def require_own_page(method: str, headers: Mapping[str, str]) -> None:
    """Raises NotFromThePage when another site may have caused the change."""
    if method in _SAFE:
        return
    if not headers.get(HEADER) or headers.get("sec-fetch-site", "same-origin") not in _OWN_SITE:
        raise NotFromThePage()


def counts_as_use(headers: Mapping[str, str]) -> bool:
    """Whether a person caused the request: not a list that refreshes itself, not a stream that connects again."""
    streams = "text/event-stream" in headers.get("accept", "")
    return headers.get(HEADER) != BACKGROUND and not streams
