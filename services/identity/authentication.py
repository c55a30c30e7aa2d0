"""Who says who they are: passwords of people, secrets of programs. Before it is known, no tenant is, so the worker role looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from backbone import log, metrics, postgres
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import NotFound, StaleVersion
from services.identity import attempts, card_login, client_secrets, firm_words, passwords, revoking
from services.identity.bodies import CardProofBody, LoginBody
from services.identity.passwords import Fault, Hasher
from services.identity.refusals import (
    AccountSuspended,
    InvalidCredentials,
    NotAUser,
    OtherLoginRequired,
    TooManyAttempts,
)
from services.identity.sealing import Sealer
from services.identity.tokens import Grant, Holder

_LOGIN = """
SELECT u.*, t.status AS tenant_status, t.generation AS tenant_generation, t.login_by, k.certificate AS card_certificate
FROM tenants AS t JOIN users AS u USING (tenant_id) LEFT JOIN user_cards AS k USING (tenant_id, user_id)
WHERE t.slug = $1 AND u.login = $2
"""
_CLIENT = """
SELECT c.*, t.status AS tenant_status, t.generation AS tenant_generation FROM api_clients AS c JOIN tenants AS t USING (tenant_id)
WHERE c.client_id = $1
"""
_GRANTS = """
SELECT r.permissions, a.enterprises, a.teams, a.clients FROM assignments AS a JOIN roles AS r USING (role_id)
WHERE a.user_id = $1 OR a.api_client_id = $1 ORDER BY a.position
"""


class PasswordUnfit(Exception):
    """The new password is refused; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


@dataclass(frozen=True)
class Authentication:
    pool: Pool
    """Of the worker role."""
    hasher: Hasher
    sealer: Sealer
    brake: attempts.Brake = field(default_factory=attempts.Brake)

    async def by_person(self, given: LoginBody, address: str) -> Holder:
        """By password, card or both. Raises InvalidCredentials, AccountSuspended, TooManyAttempts, OtherLoginRequired."""
        tenant, login = given.tenant.strip().lower(), given.login.strip().lower()
        async with postgres.transaction(self.pool) as connection:
            row = await _find(connection, _LOGIN, tenant, login)
        grant = "password" if given.card is None else "card"

        async def is_right() -> bool:
            password_is_right = given.password is None or await self.hasher.verify(
                row["password_hash"] if row else None, given.password
            )
            return password_is_right and (
                given.card is None or await self._fits(row, tenant, login, given.card)
            )

        if given.password is None and given.card is None:
            raise _refused(grant, "invalid")
        await self._check(tenant, login, address, grant, is_right)
        assert row is not None
        _require_active(grant, row)
        if not _suffices(row["login_by"], given):
            metrics.counter("logins_total").labels(grant, "invalid").inc()
            raise OtherLoginRequired(row["login_by"])
        if given.password is not None and self.hasher.is_outdated(row["password_hash"]):
            await self._rehash(row, given.password)
        return await self._holder(grant, row, row["user_id"])

    async def _fits(self, row: Record | None, tenant: str, login: str, proof: CardProofBody) -> bool:
        """Whether the person's card signed a challenge that nobody answered before."""
        if row is None or row["card_certificate"] is None:
            return False
        found = card_login.answered(self.sealer, tenant, login, proof, row["card_certificate"])
        if found is None:
            return False
        async with postgres.transaction(self.pool) as connection:
            return await card_login.use(connection, found)

    async def by_secret(self, client_id: str, secret: str, address: str) -> Holder:
        """Raises InvalidCredentials, AccountSuspended, TooManyAttempts.

        A right secret passes at once: 256 bits cannot be guessed, so a count could only keep its owner out.
        """
        async with postgres.transaction(self.pool) as connection:
            row = await _find(connection, _CLIENT, client_id)
        if not client_secrets.fits(secret, row, datetime.now(UTC)) or row is None:
            await self._begin("client", attempts.of_wrong_secrets(address))
            raise _refused("client", "invalid")
        _require_active("client", row)
        return await self._holder("client", row, row["api_client_id"])

    async def change_own_password(
        self, tenant_id: UUID, user_id: UUID, current: str, new: str, address: str, *, session: str | None
    ) -> None:
        """The user's other sessions end. Raises NotAUser, InvalidCredentials, TooManyAttempts, PasswordUnfit."""
        async with postgres.transaction(self.pool) as connection:
            row = await _user(connection, tenant_id, user_id)
        if row is None:
            raise NotAUser()
        right = partial(self.hasher.verify, row["password_hash"], current)
        await self._check(row["slug"], row["login"], address, "password", right)
        await self._set_password(row, new, but=session)

    async def reset_password(self, tenant_id: UUID, user_id: UUID, version: int, new: str) -> None:
        """By an administrator; every session of the user ends. Raises NotFound, StaleVersion, PasswordUnfit."""
        async with postgres.transaction(self.pool) as connection:
            row = await _user(connection, tenant_id, user_id)
        if row is None:
            raise NotFound("没有这个用户")
        if row["version"] != version:
            raise StaleVersion("该用户已被他人修改")
        await self._set_password(row, new)
        await attempts.forget_login(self.pool, row["slug"], row["login"])

    async def _set_password(self, row: Record, new: str, *, but: str | None = None) -> None:
        async with postgres.transaction(self.pool) as connection:
            firm = await firm_words.of_tenant(connection, row["tenant_id"])
        fault = passwords.fault_of(new, [row["login"], row["name"], *firm])
        if fault is not None:
            raise PasswordUnfit(fault)
        new_hash = await self.hasher.hash(new)
        async with postgres.transaction(self.pool) as connection:
            status = await connection.execute(_CHANGE_HASH, row["user_id"], new_hash, row["version"])
            if status != "UPDATE 0":
                await connection.execute(_END_SESSIONS, row["user_id"], but)
                ids = [row["user_id"]]
                await revoking.revoke(connection, row["tenant_id"], "users", ids, "password_changed")
        if status == "UPDATE 0":
            raise StaleVersion("该用户已被他人修改")
        log.get().info("password_changed", tenant_id=row["tenant_id"], subject=row["user_id"])

    async def _rehash(self, row: Record, password: str) -> None:
        new_hash = await self.hasher.hash(password)
        async with postgres.transaction(self.pool) as connection:
            await connection.execute(_REHASH, row["user_id"], new_hash, row["password_hash"])

    async def _check(
        self, tenant: str, login: str, address: str, grant: str, is_right: Callable[[], Awaitable[bool]]
    ) -> None:
        """Raises InvalidCredentials, also because there is no such user; TooManyAttempts."""
        counted = attempts.of_person(tenant, login, address)
        if await self._begin(grant, counted):
            async with self.brake.slowing(address):
                right = await is_right()
        else:
            right = await is_right()
        if not right:
            raise _refused(grant, "invalid")
        await attempts.succeeded(self.pool, counted)

    async def _begin(self, grant: str, counted: Sequence[attempts.Subject]) -> bool:
        try:
            return await attempts.begin(self.pool, counted)
        except TooManyAttempts:
            metrics.counter("logins_total").labels(grant, "blocked").inc()
            raise

    async def _holder(self, grant: str, row: Record, identity: UUID) -> Holder:
        holder = await self.holder_of(row, identity)
        metrics.counter("logins_total").labels(grant, "ok").inc()
        return holder

    async def holder_of(self, row: Record, identity: UUID) -> Holder:
        """Who this is, with what they may do now. The row is of `users` or `api_clients`, read before the rights are: a
        token of an old generation with new rights is refused, one of a new generation with old rights would not be."""
        async with postgres.transaction(self.pool) as connection:
            rows = await connection.fetch(_GRANTS, identity)
        grants = [
            Grant(frozenset(r["permissions"]), r["enterprises"], r["teams"], r["clients"]) for r in rows
        ]
        generations = row["generation"], row["tenant_generation"]
        return Holder(identity, row["name"], row["tenant_id"], grants, *generations)


_CHANGE_HASH = """
UPDATE users SET password_hash = $2, version = version + 1, updated_at = now() WHERE user_id = $1 AND version = $3
"""
_END_SESSIONS = "DELETE FROM sessions WHERE user_id = $1 AND session_id::text IS DISTINCT FROM $2"
_REHASH = "UPDATE users SET password_hash = $2 WHERE user_id = $1 AND password_hash = $3"


def _suffices(login_by: str, given: LoginBody) -> bool:
    """What was given is right; whether it is what the tenant asks for."""
    by_password, by_card = given.password is not None, given.card is not None
    asked = {"password": by_password, "card": by_card, "either": True, "both": by_password and by_card}
    return asked[login_by]


async def _find(connection: Connection, sql: str, *names: str) -> Record | None:
    # PostgreSQL takes no NUL; dropping it would let one login be counted under many names.
    if any("\0" in name for name in names):
        return None
    return await connection.fetchrow(sql, *names)


async def _user(connection: Connection, tenant_id: UUID, user_id: UUID) -> Record | None:
    return await connection.fetchrow(
        "SELECT u.*, t.slug FROM users AS u JOIN tenants AS t USING (tenant_id) WHERE tenant_id = $1 AND user_id = $2",
        tenant_id,
        user_id,
    )


def _require_active(grant: str, row: Record) -> None:
    """Only after the secret was right, so that nobody learns who exists."""
    if row["status"] != "active" or row["tenant_status"] != "active":
        metrics.counter("logins_total").labels(grant, "suspended").inc()
        raise AccountSuspended()


def _refused(grant: str, result: str) -> InvalidCredentials:
    metrics.counter("logins_total").labels(grant, result).inc()
    log.get().info("login_refused", reason=grant)
    return InvalidCredentials()


def narrowed(holder: Holder, permissions: frozenset[str]) -> Holder:
    """The same holder with no more than these permissions."""
    grants = [replace(grant, permissions=grant.permissions & permissions) for grant in holder.grants]
    return replace(holder, grants=[grant for grant in grants if grant.permissions])
