"""Agents at sites: a code that enrols once, a public key, and how they are. The decisions and rows behind their endpoints."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from backbone import log, metrics, postgres
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import InvalidRequest
from contracts.answers.sites import SiteState
from contracts.permissions import SITE_SERVE
from contracts.problems import problem
from services.identity import attempts, revoking
from services.identity.bodies import NewSiteAgentBody, SiteAgentBody
from services.identity.parts import Parts
from services.identity.refusals import AccountSuspended, AgentRevoked, EnrolmentRefused, InvalidCredentials
from services.identity.tables import SITE_AGENTS, stale
from services.identity.tokens import Grant, Holder

_ALGORITHM = "ES256"
_LONGEST_STATEMENT_SECONDS = 300
_LEEWAY_SECONDS = 30
_CODE_BYTES = 15


def new_code() -> str:
    """120 random bits in groups that a person can read out."""
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def hash_of_code(code: str) -> bytes:
    return hashlib.sha256("".join(code.split()).replace("-", "").upper().encode()).digest()


def public_key(jwk: Mapping[str, Any]) -> ECKey:
    """A public key on P-256. Raises ValueError; a private one is none."""
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("not a public key on P-256")
    try:
        key = ECKey.import_key({name: str(value) for name, value in jwk.items()})
        key.public_key.public_numbers()
    except JoseError as error:
        raise ValueError("not a public key on P-256") from error
    return key


async def create(
    connection: Connection, tenant_id: UUID, body: NewSiteAgentBody, code: str, hours: int
) -> Record:
    """Raises AlreadyTaken, InvalidRequest."""
    await _require_enterprises(connection, body)
    until = datetime.now(UTC) + timedelta(hours=hours)
    values = {
        "name": body.name,
        "enterprises": sorted(body.enterprises),
        "code_sha256": hash_of_code(code),
        "code_until": until,
    }
    return await SITE_AGENTS.insert(connection, tenant_id, new_id(), values)


async def change(
    connection: Connection, tenant_id: UUID, agent_id: UUID, version: int, body: SiteAgentBody
) -> Record:
    """Raises NotFound, StaleVersion, AlreadyTaken, AgentRevoked, InvalidRequest."""
    before = await _unrevoked(connection, agent_id)
    await _require_enterprises(connection, body)
    enterprises = sorted(body.enterprises)
    values = {"name": body.name, "enterprises": enterprises}
    row = await SITE_AGENTS.update(connection, agent_id, version, values)
    if set(before["enterprises"]) - body.enterprises:
        await revoking.revoke(connection, tenant_id, "site_agents", [agent_id], "rights_changed")
    return row


async def renew_code(connection: Connection, agent_id: UUID, code: str, hours: int) -> Record:
    """For a new machine or a new key; the present key stays until the code is used. Raises NotFound, AgentRevoked."""
    await _unrevoked(connection, agent_id)
    row = await connection.fetchrow(
        "UPDATE site_agents SET code_sha256 = $2, code_until = now() + make_interval(hours => $3), "
        "version = version + 1, updated_at = now() WHERE site_agent_id = $1 RETURNING *",
        agent_id,
        hash_of_code(code),
        hours,
    )
    assert row is not None
    return row


async def revoke(connection: Connection, tenant_id: UUID, agent_id: UUID, version: int) -> Record:
    """For good. Raises NotFound, StaleVersion, AgentRevoked."""
    await _unrevoked(connection, agent_id)
    row = await connection.fetchrow(
        "UPDATE site_agents SET status = 'revoked', revoked_at = now(), code_sha256 = NULL, code_until = NULL, "
        "version = version + 1, updated_at = now() WHERE site_agent_id = $1 AND version = $2 RETURNING *",
        agent_id,
        version,
    )
    if row is None:
        raise stale(SITE_AGENTS.noun)
    await revoking.revoke(connection, tenant_id, "site_agents", [agent_id], "suspended")
    return row


async def _unrevoked(connection: Connection, agent_id: UUID) -> Record:
    row = await SITE_AGENTS.get(connection, agent_id)
    if row["status"] == "revoked":
        raise AgentRevoked()
    return row


async def _require_enterprises(connection: Connection, body: SiteAgentBody) -> None:
    rows = await connection.fetch(
        "SELECT enterprise_id FROM enterprises WHERE enterprise_id = ANY($1)", sorted(body.enterprises)
    )
    unknown = body.enterprises - {row["enterprise_id"] for row in rows}
    if unknown:
        raise InvalidRequest(
            problems=[
                problem("unknown_reference", "/enterprises", field="「服务的企业」", value=value)
                for value in sorted(unknown)
            ]
        )


async def enrol(parts: Parts, code: str, jwk: Mapping[str, Any], address: str) -> Record:
    """The agent with its new key. Asked again with the same code and key, it answers the same. Raises EnrolmentRefused, TooManyAttempts."""
    key = public_key(jwk)
    thumbprint = key.thumbprint()
    async with postgres.transaction(parts.worker_pool) as connection:
        row = await connection.fetchrow(_ENROL, hash_of_code(code), dict(jwk), thumbprint)
        if row is not None and row["replaced"]:
            await revoking.revoke(
                connection, row["tenant_id"], "site_agents", [row["site_agent_id"]], "rights_changed"
            )
        row = await connection.fetchrow(_ENROLLED, hash_of_code(code), thumbprint)
    if row is None:
        await attempts.begin(parts.worker_pool, attempts.of_wrong_secrets(address))
        raise EnrolmentRefused()
    log.get().info("site_agent_enrolled", name=str(row["site_agent_id"]), tenant_id=row["tenant_id"])
    return row


_ENROL = """
UPDATE site_agents AS a SET status = 'enrolled', public_jwk = $2, key_thumbprint = $3, enrolled_at = now(),
  enrolled_code_sha256 = a.code_sha256, code_sha256 = NULL, code_until = NULL, version = a.version + 1, updated_at = now()
FROM site_agents AS b JOIN tenants AS t USING (tenant_id)
WHERE a.site_agent_id = b.site_agent_id AND a.code_sha256 = $1 AND a.code_until > now() AND a.status <> 'revoked'
  AND t.status = 'active'
RETURNING a.tenant_id, a.site_agent_id, b.key_thumbprint IS NOT NULL AS replaced
"""
_ENROLLED = """
SELECT a.*, t.name AS tenant_name FROM site_agents AS a JOIN tenants AS t USING (tenant_id)
WHERE a.enrolled_code_sha256 = $1 AND a.key_thumbprint = $2 AND a.status = 'enrolled'
"""


async def by_statement(parts: Parts, statement: str, address: str) -> Holder:
    """Who signed it (RFC 7523 §3). Raises InvalidCredentials, AccountSuspended, TooManyAttempts."""
    agent = _named(statement)
    row = await parts.worker_pool.fetchrow(_BY_ID, agent) if agent is not None else None
    if row is None or row["public_jwk"] is None or not _is_by(statement, row, parts.issuer.name):
        await attempts.begin(parts.worker_pool, attempts.of_wrong_secrets(address))
        metrics.counter("logins_total").labels("agent", "invalid").inc()
        raise InvalidCredentials()
    if row["status"] != "enrolled" or row["tenant_status"] != "active":
        metrics.counter("logins_total").labels("agent", "suspended").inc()
        raise AccountSuspended()
    metrics.counter("logins_total").labels("agent", "ok").inc()
    grant = Grant(frozenset({SITE_SERVE}), enterprises=row["enterprises"])
    generations = row["generation"], row["tenant_generation"]
    return Holder(row["site_agent_id"], row["name"], row["tenant_id"], [grant], *generations)


_BY_ID = """
SELECT a.*, t.status AS tenant_status, t.generation AS tenant_generation FROM site_agents AS a JOIN tenants AS t USING (tenant_id)
WHERE a.site_agent_id = $1
"""


def _named(statement: str) -> UUID | None:
    """Who it says it is of, before anything is believed."""
    try:
        text = statement.split(".")[1]
        return UUID(orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["sub"])
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        return None


def _is_by(statement: str, row: Record, audience: str) -> bool:
    try:
        claims = jwt.decode(statement, public_key(row["public_jwk"]), algorithms=[_ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": str(row["site_agent_id"])},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        ).validate(claims)
        return int(claims["exp"]) <= time.time() + _LONGEST_STATEMENT_SECONDS
    except (JoseError, ValueError, TypeError):
        return False


async def told(connection: Connection, agent_id: UUID, state: SiteState) -> bool:
    """How it is; False for one that is no agent of this tenant."""
    status = await connection.execute(
        "UPDATE site_agents SET state = $2, seen_at = now() WHERE site_agent_id = $1 AND status = 'enrolled'",
        agent_id,
        state.model_dump(mode="json"),
    )
    return status == "UPDATE 1"


async def gauge(pool: Pool, silent_seconds: int) -> None:
    """How many agents are at work, and of how many nothing is heard. By the worker role."""
    row = await pool.fetchrow(
        "SELECT count(*) AS enrolled, count(*) FILTER (WHERE coalesce(seen_at, enrolled_at) < now() - "
        "make_interval(secs => $1)) AS silent FROM site_agents AS a JOIN tenants AS t USING (tenant_id) "
        "WHERE a.status = 'enrolled' AND t.status = 'active'",
        silent_seconds,
    )
    assert row is not None
    metrics.gauge("site_agents").labels("heard").set(row["enrolled"] - row["silent"])
    metrics.gauge("site_agents").labels("silent").set(row["silent"])
