"""One 核注清单 through the whole platform, and every outcome the authority can give."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from local.platform import Platform
from tests.support.desk import Desk, Sent, example, sent_more_than_once, until
from tests.support.overdue import make_overdue

pytestmark = pytest.mark.flow


def test_an_import_from_draft_to_deducted(desk: Desk) -> None:
    sent = desk.save()
    desk.declare(sent)
    content = desk.until(sent, "deducted")
    assert content["numbers"]["seq_no"] and content["numbers"]["customs_no"].startswith("QD")
    assert content["numbers"]["entry_seq_no"]
    assert content["authority"]["deduction_mark"] == "2"

    version = content["version"]
    listed = desk.client.get(
        "/v1/inventories",
        params={"internal_no": sent.internal_no},
        headers={"wait-for": f"{sent.document_id}@{version}"},
    ).json()
    assert not listed.get("stale")
    [row] = listed["items"]
    assert (row["state"], row["seq_no"]) == ("deducted", content["numbers"]["seq_no"])

    kinds = [entry.get("fact", {}).get("type") or entry["type"] for entry in desk.timeline(sent)]
    assert kinds[:2] == ["document.saved.v1", "document.declared.v1"]
    for earlier, later in (("signed", "delivered"), ("delivered", "receipt")):
        assert kinds.index(earlier) < kinds.index(later)

    messages = desk.get(f"{sent.path}/messages")["items"]
    types = {message["message_type"] for message in messages}
    assert {"INV101", "CommonResponeMessage", "INV201", "INV202", "INV211"} <= types
    assert len([m for m in messages if m["message_type"] == "INV201"]) == 2


def test_what_was_delivered_is_what_arrived(desk: Desk) -> None:
    sent = desk.send()
    desk.until(sent, "deducted")
    upload = next(m for m in desk.get(f"{sent.path}/messages")["items"] if m["message_type"] == "INV101")
    text = desk.client.get(f"/v1/messages/{upload['id']}/file")
    assert text.status_code == 200
    taken = desk.taken(sent)
    assert taken["count"] == 1
    assert hashlib.sha256(text.content).hexdigest() == taken["files"][0]["xml_sha256"]


def test_the_pdf(desk: Desk) -> None:
    sent = desk.send()
    content = desk.until(sent, "deducted")
    text = desk.printed(sent.path)
    for wanted in (sent.internal_no, content["numbers"]["seq_no"], content["numbers"]["customs_no"]):
        assert wanted in text.replace("\n", "")


# Prefix of 企业内部编号 and the state the document must come to rest in.
OUTCOMES = {
    "OK": "deducted",
    "DOOR": "failed",
    "RET": "returned",
    "MAN": "deducted",
    "SILENT": "accepted",
    "HOLD": "pre_deducted",
    "MUTE": "sending",
    "NOACK": "deducted",
    "DUP": "deducted",
    "ORDER": "deducted",
    "SPLIT": "deducted",
    "SLOW": "deducted",
    "FAIL": "failed",
    "FAIL1": "deducted",
    "STORE": "deducted",
    "STOREFAIL": "registration_failed",
    "REGFAIL": "pre_deducted",
    "NODECL": "deducted",
    "UNPOSTED": "deducted",
    "POSTED": "deducted",
    "GARBAGE": "deducted",
    "NS": "deducted",
}


@pytest.fixture(scope="module")
def everything(platform: Platform) -> Any:
    """One document of every outcome, all at once."""
    desk = Desk(platform)
    sent = {prefix: desk.send(prefix) for prefix in OUTCOMES}
    yield desk, sent
    desk.close()


@pytest.mark.parametrize("prefix", OUTCOMES)
def test_every_outcome(everything: tuple[Desk, dict[str, Sent]], prefix: str) -> None:
    desk, sent = everything
    content = desk.until(sent[prefix], OUTCOMES[prefix])
    assert content["needs_operator"] is False


def test_a_refusal_shows_the_authority_s_words(everything: tuple[Desk, dict[str, Sent]]) -> None:
    desk, sent = everything
    desk.until(sent["RET"], "returned")
    reasons = until(
        lambda: [r for e in desk.timeline(sent["RET"]) for r in e.get("fact", {}).get("reasons", [])] or None,
        "no reasons in the timeline",
    )
    assert any("商品归类" in reason for reason in reasons)
    assert desk.until(sent["REGFAIL"], "pre_deducted")
    notes = until(lambda: desk.get(sent["REGFAIL"].path)["notes"] or None, "no note of the failed 报关单")
    assert "境外收发货人" in notes[0]


def test_rubbish_in_the_inbox_is_kept_and_shown(everything: tuple[Desk, dict[str, Sent]]) -> None:
    desk, sent = everything
    desk.until(sent["GARBAGE"], "deducted")
    kept = until(
        lambda: desk.get("/v1/receipts", state="unreadable", limit=100)["items"] or None, "nothing kept"
    )
    for item in kept:
        raw = desk.client.get(f"/v1/receipts/{item['id']}/file")
        assert raw.status_code == 200
        assert hashlib.sha256(raw.content).hexdigest() == item["sha256"]


def test_returned_then_mended_and_declared_again(desk: Desk) -> None:
    sent = desk.send("RET1")
    returned = desk.until(sent, "returned")
    document = returned["document"]
    document["head"]["remark"] = "已按退单原因更正"
    changed = desk.client.put(sent.path, json=document, headers={"if-match": f'"{returned["version"]}"'})
    assert changed.status_code == 200, changed.text
    desk.declare(sent)
    content = desk.until(sent, "deducted")
    assert content["attempt_no"] == 2
    files = desk.taken(sent)["files"]
    assert files[-1]["seq_no"] == returned["numbers"]["seq_no"], "every later upload carries the 统一编号"


def test_staged_then_declared(desk: Desk) -> None:
    sent = desk.save()
    desk.declare(sent, action="stage")
    stored = desk.until(sent, "stored")
    assert stored["numbers"]["seq_no"]
    desk.declare(sent)
    desk.until(sent, "deducted")
    assert [f["declare_flag"] for f in desk.taken(sent)["files"]] == ["0", "1"]


def test_an_unknown_outcome_is_settled_by_the_duplicate_refusal(desk: Desk) -> None:
    """Nothing came back; a person says it did not arrive; the next try is refused as a duplicate and tells the number."""
    sent = desk.send("MUTE1")
    until(lambda: True if desk.taken(sent).get("sent_box") else None, "the file was not taken")
    until(
        lambda: True if any(e.get("fact", {}).get("type") == "taken" for e in desk.timeline(sent)) else None,
        "we do not know that it was taken",
    )
    make_overdue(desk, sent)
    current = desk.client.get(sent.path)
    body = {"outcome": "not_received", "reason": "单一窗口查询无记录"}
    resolved = desk.post(f"{sent.path}/resolutions", body, if_match=current.headers["etag"])
    assert resolved.status_code == 200, resolved.text
    desk.declare(sent)
    content = desk.until(sent, "accepted")
    assert content["numbers"]["seq_no"] in content["notes"][0]
    desk.advance(sent, receipt="INV201", result="4")
    desk.until(sent, "pre_deducted")


def test_ten_thousand_lines(desk: Desk) -> None:
    document = example()
    row = {name: value for name, value in document["goods"][0].items() if name != "line_no"}
    document["goods"] = [row | {"name": f"示例货物{n}"} for n in range(10_000)]
    sent = desk.send("OK", document)
    desk.until(sent, "deducted", seconds=120)
    assert desk.taken(sent)["count"] == 1
    assert len(desk.get(sent.path)["document"]["goods"]) == 10_000


def test_nothing_was_sent_twice(platform: Platform, everything: tuple[Desk, dict[str, Sent]]) -> None:
    repeats = sent_more_than_once(platform)
    assert repeats["message_id"] == 0
    assert repeats["xml"] == 0
