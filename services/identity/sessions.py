"""Sessions of the page: a secret in a cookie, found again by its hash, and exchanged for a short token at every request.

Nothing but the database knows of a session, so one that ends is over for every replica at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from backbone import log, postgres
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import Unauthenticated
from services.identity.authentication import Authentication
from services.identity.tokens import Holder, Issuer

MOST_OF_A_USER = 20
_BROWSER_LENGTH = 200
_TOUCH_AFTER = timedelta(minutes=1)
_CACHED_TOKENS = 10_000


@dataclass(frozen=True)
class Limits:
    """`idle` without a request of the person, `absolute` from the login."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class Opened:
    session_id: UUID
    secret: str
    created_at: datetime
    ends_at: datetime


@dataclass
class Sessions:
    pool: Pool
    """Of the worker role."""
    authentication: Authentication
    issuer: Issuer
    limits: Limits
    _tokens: OrderedDict[UUID, tuple[Holder, datetime, str]] = field(default_factory=OrderedDict)

    async def open(self, holder: Holder, *, address: str, browser: str, instead_of: str | None) -> Opened:
        """A new session; the browser's former one ends, and the oldest when a user has too many."""
        opened = new_id()
        secret = secrets.token_urlsafe(32)
        async with postgres.transaction(self.pool) as connection:
            if instead_of is not None:
                await connection.execute(_END_OF_SECRET, _hash(instead_of), holder.id)
            row = await connection.fetchrow(
                _OPEN,
                opened,
                holder.tenant_id,
                holder.id,
                _hash(secret),
                self.limits.absolute,
                address,
                "".join(c for c in browser[:_BROWSER_LENGTH] if c.isprintable()),
            )
            await connection.execute(_END_OLDEST, holder.id, MOST_OF_A_USER)
        assert row is not None
        log.get().info("session_opened", tenant_id=holder.tenant_id, subject=holder.id)
        return Opened(opened, secret, row["created_at"], row["ends_at"])

    async def token(self, secret: str, *, counts_as_use: bool) -> str:
        """A token of the person whose session it is, with what they may do now. Raises Unauthenticated."""
        async with postgres.transaction(self.pool) as connection:
            row = await connection.fetchrow(_FIND, _hash(secret), self.limits.idle)
            if row is None:
                raise Unauthenticated("登录已结束，请重新登录")
            if counts_as_use and row["now"] - row["used_at"] > _TOUCH_AFTER:
                await connection.execute(
                    "UPDATE sessions SET used_at = now() WHERE session_id = $1", row["session_id"]
                )
        holder = await self.authentication.holder_of(row, row["user_id"])
        return self._issued(row["session_id"], holder, row["now"])

    def _issued(self, session_id: UUID, holder: Holder, now: datetime) -> str:
        """One token serves many requests, so that verifying it is remembered; never one that says what is no longer so."""
        known = self._tokens.get(session_id)
        if known is not None and known[0] == holder and known[1] > now:
            return known[2]
        token = self.issuer.issue(holder, session=session_id)
        self._tokens[session_id] = (holder, now + timedelta(seconds=self.issuer.seconds / 2), token)
        self._tokens.move_to_end(session_id)
        if len(self._tokens) > _CACHED_TOKENS:
            self._tokens.popitem(last=False)
        return token

    async def sweep(self) -> None:
        async with postgres.transaction(self.pool) as connection:
            await connection.execute(_SWEEP, self.limits.idle)


_OPEN = """
INSERT INTO sessions (session_id, tenant_id, user_id, secret_sha256, ends_at, address, browser)
VALUES ($1, $2, $3, $4, now() + $5::interval, $6, $7) RETURNING *
"""
_END_OF_SECRET = "DELETE FROM sessions WHERE secret_sha256 = $1 AND user_id = $2"  # noqa: S105 - a statement
_END_OLDEST = """
DELETE FROM sessions WHERE session_id IN (
  SELECT session_id FROM sessions WHERE user_id = $1 ORDER BY created_at DESC, session_id DESC OFFSET $2
)
"""
_FIND = """
SELECT s.session_id, s.used_at, s.user_id, s.tenant_id, u.name, u.generation, t.generation AS tenant_generation,
  now() AS now
FROM sessions AS s JOIN users AS u USING (tenant_id, user_id) JOIN tenants AS t USING (tenant_id)
WHERE s.secret_sha256 = $1 AND s.ends_at > now() AND s.used_at > now() - $2::interval
  AND u.status = 'active' AND t.status = 'active'
"""
_SWEEP = "DELETE FROM sessions WHERE ends_at < now() OR used_at < now() - $1::interval"


async def of_user(connection: Connection, user_id: UUID, idle: timedelta) -> Sequence[Record]:
    """The sessions that still hold, newest first."""
    return await connection.fetch(
        "SELECT * FROM sessions WHERE user_id = $1 AND ends_at > now() AND used_at > now() - $2::interval "
        "ORDER BY created_at DESC, session_id DESC",
        user_id,
        idle,
    )


async def end(connection: Connection, user_id: UUID, session_id: UUID) -> bool:
    """Whether there was such a session of this user."""
    done = await connection.execute(
        "DELETE FROM sessions WHERE session_id = $1 AND user_id = $2", session_id, user_id
    )
    return done != "DELETE 0"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
