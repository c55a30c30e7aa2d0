"""Every operation of receipts, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.support import answers
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.receipts_service import Running, Tenant, eventually, filed, listed, running_receipts


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_receipts(servers, issuer, tmp_path_factory.mktemp("exchange")) as started:
        yield started


def _read(client: httpx.Client, one: str, *parts: str) -> None:
    for part in parts:
        answer = client.get(f"{one}{part}")
        assert answer.status_code == 200, answer.text


def test_every_operation_answers_as_described(running: Running) -> None:
    tenant = running.tenant()
    document_id = uuid4()
    saved = {"state": "accepted", "numbers": {}, "version": 3, "internal_no": "WALK-1"}
    running.tell("entry", tenant, tenant.event("document.saved.v1", document_id=document_id, **saved))
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no="202600000000005555"))
    (tenant.inbox / "text.INV").write_bytes(b"no receipt")
    (tenant.inbox / "1.INV").write_bytes(answers.approval(seq_no="202600000000005556", packet=("p", 1, 2)))
    with running.client(tenant) as client:
        for name, state in (("text.INV", "unreadable"), ("1.INV", "waiting")):
            _read(client, f"/v1/receipts/{filed(client, name, state)['id']}", "", "/file", "/candidates")
        one = f"/v1/receipts/{filed(client, 'a.INV', 'unmatched')['id']}"
        eventually(lambda: client.get(f"{one}/candidates").json()["items"])
        _read(client, one, "", "/content", "/candidates", "/file")
        retried = client.post(f"{one}/retry", headers={"idempotency-key": "r"}, json={})
        assert retried.status_code == 202, retried.text
        order = {"kind": "inventory", "document_id": str(document_id), "reason": "与官方页面核对一致"}
        matched = client.post(f"{one}/match", headers={"idempotency-key": "m"}, json=order)
        assert matched.status_code == 202, matched.text
        filed(client, "a.INV", "matched")
        _read(client, one, "", "/content", "/candidates", "/file")
    _of_a_site(running, tenant)
    assert running.witness.unheard("receipts") == []


def _of_a_site(running: Running, tenant: Tenant) -> None:
    data = answers.approval(seq_no="202600000000005557")
    told = {"mailbox": tenant.mailbox, "file_name": "site.INV", "size": str(len(data))}
    told["sha256"] = hashlib.sha256(data).hexdigest()
    served: list[dict[str, object]] = [
        {"permissions": ["site.serve"], "enterprises": [str(tenant.enterprise_id)]}
    ]
    elsewhere: list[dict[str, object]] = [{"permissions": ["site.serve"], "enterprises": [str(uuid4())]}]
    binary = {"content-type": "application/octet-stream"}
    with running.client(tenant, served) as agent:
        for repeated in (False, True):
            answer = agent.put("/v1/site/inbox", params=told, content=data, headers=binary)
            assert answer.json() == {"repeated": repeated}
        broken = agent.put("/v1/site/inbox", params=told, content=data[:-1], headers=binary)
        assert (broken.status_code, broken.json()["code"]) == (422, "bytes_differ")
    with running.client(tenant, elsewhere) as stranger:
        assert stranger.put("/v1/site/inbox", params=told, content=data, headers=binary).status_code == 404
    with running.client(running.tenant(), served) as stranger:
        assert stranger.put("/v1/site/inbox", params=told, content=data, headers=binary).status_code == 404
    with running.client(tenant) as clerk:
        assert clerk.put("/v1/site/inbox", params=told, content=data, headers=binary).status_code == 403
        # Whatever becomes of it: it is there once, committed before the agent was answered.
        assert [each["file_name"] for each in listed(clerk)].count("site.INV") == 1
