"""A 变更 of many lines: what takes long is done beside the event loop, so that others are answered meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from customs.documents import check
from services.entry.document import checking
from services.entry.drafts import drafting
from services.entry.life import examining, life_api, reasons
from tests.support.documents import inventory
from tests.support.entry_service import URL, Entry, example

pytestmark = pytest.mark.anyio
LINES = 2_000
HEAVY = (
    (drafting, "refused_changes"),
    (drafting, "copied"),
    (examining, "refused_changes"),
    (examining, "compare"),
    (examining, "marked"),
    (examining, "without_removed"),
    (life_api, "compare"),
    (reasons, "places_named"),
)


def _watched(work: Callable[..., Any], name: str, seen: dict[str, set[int]]) -> Callable[..., Any]:
    def watching(*args: Any, **kwargs: Any) -> Any:
        seen.setdefault(name, set()).add(threading.get_ident())
        return work(*args, **kwargs)

    return watching


async def test_no_long_work_of_a_large_change_stops_the_loop(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, set[int]] = {}
    for module, name in HEAVY:
        where = f"{module.__name__}.{name}"
        monkeypatch.setattr(module, name, _watched(getattr(module, name), where, seen))
    document = {**inventory("L-1", LINES), "head": {**example()["head"], "internal_no": "L-1"}}
    document_id = str((await entry.post("", document)).json()["id"])
    assert (await entry.act(document_id, "declare")).status_code == 202
    await entry.told(document_id, "pre_deducted", customs_no="QD310526I000000777", change_count=0)
    fields = {"entry_no": "310520261050000001"}
    await entry.act(document_id, "marks", {"fields": fields, "reason": "已申报"})
    opened = await entry.act(document_id, "change-requests", {"reason": "品名有误"})
    working = opened.json()["document"]
    for row in working["goods"]:
        row["name"] += "新"
    etag = {"if-match": opened.headers["etag"]}
    saved = await entry.client.put(f"{URL}/{document_id}", json=working, headers=etag)
    assert saved.status_code == 200, saved.text[:500]
    diff = (await entry.client.get(f"{URL}/{document_id}/diff")).json()
    assert diff["count"] == LINES
    ordered = await entry.act(document_id, "declare")
    assert ordered.status_code == 202, ordered.text[:500]
    await entry.told(document_id, "returned", declaration_type="2", reasons=[f"第{LINES}项申报数量有误"])
    [reason] = (await entry.seen(document_id))["reasons"]
    assert reason["places"][0]["pointer"] == f"/goods/{LINES - 1}/quantity"
    assert (await entry.post(f"/{document_id}/copy")).status_code == 201
    assert seen.keys() == {f"{module.__name__}.{name}" for module, name in HEAVY}
    here = threading.get_ident()
    assert [name for name, threads in seen.items() if here in threads] == []


async def test_a_large_document_is_taken_over_beside_the_loop(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, set[int]] = {}
    monkeypatch.setattr(checking, "check", _watched(check, "check", seen))
    document = {**inventory("L-2", LINES), "head": {**example()["head"], "internal_no": "L-2"}}
    body = {"seq_no": "2" * 18, "customs_no": "QD310526I000000002", "reason": "接管", "document": document}
    assert (await entry.post("/adoptions", body)).status_code == 201
    assert threading.get_ident() not in seen["check"]
