"""Whatever is sent to the life of a document is answered with what is wrong with it, never with 500."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.entry_service import SEQ_NO, URL, Entry, example, refused

pytestmark = pytest.mark.anyio
NUL = "甲\x00乙丙"
ADOPTION = {"seq_no": SEQ_NO, "internal_no": "N-1", "reason": "原在官方页面申报"}


@pytest.mark.parametrize("bad", [NUL, "甲\ufffe乙"])
@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("cancellation-requests", {"reason": ...}, "/reason"),
        ("marks", {"fields": {"entry_no": "310520261050000001"}, "reason": ...}, "/reason"),
        ("marks", {"fields": {"entry_no": ...}, "reason": "已申报"}, "/fields/entry_no"),
        ("resolutions", {"outcome": "not_received", "reason": ...}, "/reason"),
        ("review-requests", {"comment": ...}, "/comment"),
        ("review-approvals", {"comment": ...}, "/comment"),
        ("withdrawals", {"comment": ...}, "/comment"),
        ("resend-requests", {"comment": ...}, "/comment"),
        ("copy", {"internal_no": ...}, "/head/internal_no"),
        ("/adoptions", {**ADOPTION, "reason": ...}, "/reason"),
    ],
)
async def test_characters_that_nothing_can_keep_are_named(
    entry: Entry, path: str, body: dict[str, Any], pointer: str, bad: str
) -> None:
    document_id = await entry.approved()
    filled = {
        name: bad
        if value is ...
        else {k: bad if v is ... else v for k, v in value.items()}
        if name == "fields"
        else value
        for name, value in body.items()
    }
    answer = await (entry.post(path, filled) if path[0] == "/" else entry.act(document_id, path, filled))
    failed = refused(answer, 422, "invalid_request")
    assert [(e["pointer"], e["code"]) for e in failed["errors"]] == [(pointer, "invalid_character")]


WRONG: list[Any] = [
    b"",
    b"[]",
    b"null",
    b"{",
    b"\xff\xfe{}",
    b'{"reason": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    {"reason": None},
    {"reason": 5},
    {"reason": ["甲", "乙"]},
    {"reason": "甲"},
    {"reason": "甲" * 200_000},
    {"reason": "因故变更", "purpose": "filing"},
    {"fields": {"entry_no": 5}, "reason": "已申报"},
    {"fields": {"entry_no": {"a": "b"}}, "reason": "已申报"},
    {"fields": {"entry_no": "甲" * 100_000}, "reason": "已申报"},
    {"fields": {}, "reason": "已申报"},
    {"fields": {NUL: "1", "a/b~c": "2"}, "reason": "已申报"},
    {"comment": 7},
    {"comment": "甲" * 501},
    {"seq_no": SEQ_NO, "reason": "接管", "change_count": 99_999_999_999, "internal_no": "N"},
    {"seq_no": "１" * 18, "reason": "接管"},
    {"seq_no": SEQ_NO, "reason": "接管", "customs_no": "甲"},
    {"seq_no": SEQ_NO, "reason": "接管", "document": []},
    {"seq_no": SEQ_NO, "reason": "接管", "document": {"head": [], "goods": {"a": 1}}},
    {"outcome": "maybe", "reason": "核对过"},
    {"outcome": "received", "reason": "核对过", "seq_no": NUL},
    {"fact_id": NUL, "attempt_no": 1, "reason": "核对过"},
    b'{"fact_id": "x", "attempt_no": 1000000000000000000000000, "reason": "because"}',
]
PATHS = (
    "change-requests",
    "cancellation-requests",
    "withdrawals",
    "review-requests",
    "review-recalls",
    "review-approvals",
    "review-rejections",
    "marks",
    "resend-requests",
    "resolutions",
    "copy",
)


@pytest.mark.parametrize("body", WRONG, ids=[str(n) for n in range(len(WRONG))])
async def test_no_body_is_answered_with_500(entry: Entry, body: Any) -> None:
    document_id = await entry.approved()
    for path in PATHS:
        answer = await entry.act(document_id, path, body)
        assert answer.status_code < 500, (path, answer.text)
    answer = await entry.post("/adoptions", body)
    assert 400 <= answer.status_code < 500, answer.text
    rule = f"/v1/review-rules/{entry.enterprise_id}/inventory"
    content = body if isinstance(body, bytes) else b"[1]"
    assert 400 <= (await entry.client.put(rule, content=content)).status_code < 500


@pytest.mark.parametrize(
    "query",
    [
        {"attempt": "99999999999"},
        {"attempt": "-1"},
        {"attempt": "x"},
        {"version": "\x00"},
        {"version": "99999"},
        {"version": "９"},
        {"version": "x" * 4_000},
    ],
)
async def test_versions_that_cannot_be_are_not_there(entry: Entry, query: dict[str, str]) -> None:
    document_id = await entry.approved()
    for path in ("", "/diff"):
        params = {"old": query["version"]} if path and "version" in query else query
        answer = await entry.client.get(f"{URL}/{document_id}{path}", params=params)
        assert answer.status_code in ((404, 422) if not path or "version" in query else (200,)), answer.text


async def test_a_rule_of_what_is_not_there_is_not_kept(entry: Entry) -> None:
    for where in (f"{entry.enterprise_id}/nothing", f"{uuid4()}/inventory", f"{entry.enterprise_id}/%00"):
        answer = await entry.client.put(f"/v1/review-rules/{where}", json={"required": True})
        assert answer.status_code in (404, 422), answer.text
    assert (await entry.client.get("/v1/review-rules")).json()["items"] == []


async def test_a_handle_that_nothing_can_keep_is_named(entry: Entry) -> None:
    """It is looked for before the check."""
    body = {
        "head": {
            "internal_no": "G-1",
            "vehicle_no": NUL,
            "declaring_code": example()["head"]["declaring_code"],
        }
    }
    answer = await entry.client.post("/v1/gate-passes", json=body, headers={"idempotency-key": str(uuid4())})
    failed = refused(answer, 422, "invalid_request")
    assert "/head/vehicle_no" in {e["pointer"] for e in failed["errors"]}
