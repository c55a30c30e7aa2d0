"""An agent of a site as identity meets it: it enrols with a code and asks for tokens with its key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from joserfc.jwk import ECKey

from agent import key as keys
from tests.support.identity_client import Caller
from tests.support.service_process import ServiceProcess

SITE_STATE: dict[str, Any] = {
    "agent_version": "0.0.0",
    "platform": "Linux",
    "started_at": "2026-03-02T00:55:00Z",
    "readers": [],
    "cards": [],
    "mailboxes": [],
    "spool": {"files": 0, "bytes": 0, "most_files": 10, "most_bytes": 1000, "full": False},
}


def enrol(service: ServiceProcess, code: str, key: ECKey) -> httpx.Response:
    body = {"code": code, "public_key": keys.public_half(key)}
    return Caller(service).send("POST", "/v1/site-agents/enrolments", json=body)


def token_of(
    service: ServiceProcess, key: ECKey, agent_id: str, audience: str = "bondgate"
) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": keys.statement(key, UUID(agent_id), audience),
    }
    return Caller(service).send("POST", "/v1/oauth/token", data=form)


def enrolled(service: ServiceProcess, code: str, key: ECKey | None = None) -> Caller:
    """An agent with a token."""
    key = keys.make() if key is None else key
    told = enrol(service, code, key)
    assert told.status_code == 201, told.text
    answer = token_of(service, key, told.json()["agent_id"], told.json()["audience"])
    assert answer.status_code == 200, answer.text
    return Caller(service, answer.json()["access_token"])
