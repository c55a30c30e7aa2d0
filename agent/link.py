"""The way to the platform: requests that the agent makes, with tokens that it gets by its key. Nothing listens here."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
from joserfc.jwk import ECKey
from pydantic import BaseModel

from agent import key as keys
from agent.configured import Told
from contracts.answers.sites import SiteEnrolment

LONGEST_WAIT_SECONDS = 20.0
_READ_SECONDS = 45.0
_CONNECT_SECONDS = 15.0
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_RENEW_AT = 0.7


class Cut(Exception):
    """The platform was not reached, or could not answer: the same again later."""


class NotAdmitted(Exception):
    """The platform does not know this agent, or knows it no more."""


class Declined(Exception):
    """The platform understood and does not want it; the same again would be declined as well."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class Enrolled(BaseModel):
    """Who this agent is, as it was told when it enrolled: `enrolment.json` in its home."""

    url: str
    agent_id: UUID
    name: str
    tenant_name: str
    audience: str


@dataclass
class _Token:
    text: str
    renew_at: float


def client_of(told: Told) -> httpx.AsyncClient:
    """Raises OSError, ssl.SSLError for certificates that cannot be read. The environment says nothing about proxies here."""
    context = ssl.create_default_context(cafile=str(told.authorities) if told.authorities else None)
    if told.client_certificate is not None:
        context.load_cert_chain(told.client_certificate)
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    return httpx.AsyncClient(
        base_url=told.url, verify=context, proxy=told.proxy, trust_env=False, timeout=timeout
    )


class Link:
    """Every method raises Cut, NotAdmitted, Declined."""

    def __init__(self, client: httpx.AsyncClient, who: Enrolled, key: ECKey) -> None:
        self._client = client
        self._who = who
        self._key = key
        self._token: _Token | None = None
        self._renewing = asyncio.Lock()
        self.heard_at: float | None = None
        """When the platform last answered, by the wall clock."""
        self.admitted = True

    @classmethod
    def of(cls, told: Told, who: Enrolled, key: Path) -> Self:
        return cls(client_of(told), who, keys.kept(key))

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: BaseModel | dict[str, Any] | None = None) -> Any:
        """JSON in, JSON out."""
        content = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
        return (await self._send(method, path, json=content)).json()

    async def fetch(self, path: str) -> bytes:
        return (await self._send("GET", path)).content

    async def upload(self, path: str, data: bytes, **parameters: str) -> Any:
        headers = {"content-type": "application/octet-stream"}
        return (await self._send("PUT", path, content=data, params=parameters, headers=headers)).json()

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        given = options.pop("headers", {})
        for again in (False, True):
            token = await self._current(renew=again)
            answer = await self._try(
                method, path, headers={**given, "authorization": f"Bearer {token}"}, **options
            )
            if answer.status_code != 401:
                break
        if answer.status_code == 401:
            raise self._not_admitted()
        if answer.is_success:
            self.admitted = True
            return answer
        if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
            raise Cut(f"the platform answered {answer.status_code}")
        raise Declined(answer.status_code, _code(answer))

    async def _current(self, *, renew: bool) -> str:
        async with self._renewing:
            token = self._token
            if token is None or renew or time.monotonic() >= token.renew_at:
                token = self._token = await self._new_token()
            return token.text

    async def _new_token(self) -> _Token:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": keys.statement(self._key, self._who.agent_id, self._who.audience),
        }
        asked_at = time.monotonic()
        answer = await self._try("POST", "/v1/oauth/token", data=form)
        if answer.status_code in (400, 401):
            raise self._not_admitted()
        if not answer.is_success:
            raise Cut(f"no token: the platform answered {answer.status_code}")
        told = answer.json()
        return _Token(told["access_token"], asked_at + float(told["expires_in"]) * _RENEW_AT)

    async def _try(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise Cut(type(error).__name__) from error
        self.heard_at = time.time()
        return answer

    def _not_admitted(self) -> NotAdmitted:
        self._token = None
        self.admitted = False
        return NotAdmitted("the platform does not admit this agent")


async def enrol(told: Told, code: str, key: ECKey) -> SiteEnrolment:
    """Show the code and the public half of the key. Raises Cut, Declined."""
    body = {"code": code, "public_key": keys.public_half(key)}
    async with client_of(told) as client:
        try:
            answer = await client.post("/v1/site-agents/enrolments", json=body)
        except httpx.HTTPError as error:
            raise Cut(type(error).__name__) from error
    if answer.status_code >= 500:
        raise Cut(f"the platform answered {answer.status_code}")
    if not answer.is_success:
        raise Declined(answer.status_code, _code(answer))
    return SiteEnrolment.model_validate(answer.json())


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "no problem details"
