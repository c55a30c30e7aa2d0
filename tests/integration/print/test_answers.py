"""Every operation of print, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from customs.documents import KINDS, Kind
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.print_service import EXAMPLES, Office, open_office

BOOK = "T3105W000123"


@pytest.fixture(scope="module")
def office(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(servers, issuer, tmp_path_factory.mktemp("print-data")) as opened:
        yield opened


def _document(kind: Kind) -> dict[str, Any]:
    paths = [path for path in (EXAMPLES / kind.name).glob("*.json") if not path.stem.endswith("-draft")]
    found: dict[str, Any] = json.loads(min((path.read_text("utf-8") for path in paths), key=len))
    found["head"]["internal_no"] = f"W-{uuid4().hex[:12]}"
    return found


def _ordered(office: Office, path: str, order: dict[str, Any], **options: Any) -> dict[str, Any]:
    asked = office.order(path, order, **options)
    assert asked.status_code == 202, f"{path}: {asked.text}"
    told: dict[str, Any] = asked.json()
    return told


def test_every_operation_answers_as_described(office: Office) -> None:
    ids: dict[str, str] = {}
    for kind in KINDS.values():
        ids[kind.name] = one = office.saved(kind, _document(kind))["id"]
        jobs = [_ordered(office, f"/v1/{kind.url}/{one}/print-jobs", {"sheet": "document"})]
        jobs.append(_ordered(office, f"/v1/{kind.url}/{one}/print-jobs", {"sheet": "receipts"}))
        for job in jobs:
            assert office.ended(f"/v1/print-jobs/{job['id']}")["state"] == "done"
        batch = _ordered(office, f"/v1/{kind.url}/print-jobs", {"documents": [one, str(uuid4())]})
        assert (batch["accepted"], batch["refused"]) == (1, 1)
        assert office.get(f"/v1/print-jobs?batch_id={batch['batch_id']}").status_code == 200
    documents = [{"kind": kind, "id": one} for kind, one in ids.items()]
    documents.append({"kind": "inventory", "id": str(uuid4())})
    bundle = _ordered(office, "/v1/print-jobs", {"documents": documents})
    ended = office.ended(f"/v1/print-jobs/{bundle['id']}")
    assert (ended["state"], len(ended["skipped"])) == ("done", 1)
    assert office.get(ended["file"]).status_code == 200
    office.opening(BOOK)
    period = {"from": "20260101", "to": "20260131"}
    ledger = _ordered(office, f"/v1/ledgers/{BOOK}/print-jobs", {}, params=period)
    one = f"/v1/print-jobs/{ledger['id']}"
    assert office.ended(one)["state"] == "done"
    assert office.get("/v1/print-jobs?limit=2").status_code == 200
    assert office.delete(one).status_code == 204
    _cancelled(office, documents)
    assert office.print.witness.unheard("print") == []


def _cancelled(office: Office, documents: list[dict[str, str]]) -> None:
    """A job of its own each time, until one is stopped before it has ended."""
    for _ in range(10):
        job = _ordered(office, "/v1/print-jobs", {"documents": documents})
        stopped = office.post(f"/v1/print-jobs/{job['id']}/cancel")
        if stopped.status_code == 200:
            assert stopped.json()["state"] == "cancelled"
            return
    raise AssertionError("every job ended before it was cancelled")
