"""What entry and query answer, as print takes it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from customs.documents.life import Purpose
from services.print.gateway import DocumentView, Timeline
from services.print.subject import APPROVED, WORKING, OpenRound


def view(**more: Any) -> DocumentView:
    given = {
        "id": str(uuid4()),
        "kind": "inventory",
        "version": 7,
        "state": "approved",
        "numbers": {"seq_no": "202600000000123456", "customs_no": None, "change_count": 1},
        "authority": {"deduction_mark": "0", "seq_no": "old"},
        "document": {"head": {"internal_no": "EX-1", "deduction_mark": None}, "goods": [{"line_no": 1}]},
        **more,
    }
    return DocumentView.model_validate(given)


def test_what_the_authority_told_is_in_the_head() -> None:
    subject = view().subject(WORKING)
    assert subject.document["head"] == {
        "internal_no": "EX-1",
        "deduction_mark": "0",
        "seq_no": "202600000000123456",
        "change_count": 1,
    }
    assert subject.document["goods"] == [{"line_no": 1}]
    assert (subject.open_round, subject.attachments, subject.version) == (None, 0, WORKING)


def test_a_round_and_attachments_are_taken_along() -> None:
    under_way = {"round_no": 2, "purpose": "change", "state": "draft", "label": "变更：草稿"}
    subject = view(open_round=under_way, attachments=3).subject(APPROVED)
    assert subject.open_round == OpenRound(round_no=2, purpose=Purpose.CHANGE, state="draft")
    assert (subject.attachments, subject.version) == (3, APPROVED)


def fact(**more: Any) -> dict[str, Any]:
    given = {
        "fact_id": str(uuid4()),
        "type": "receipt",
        "occurred_at": "2026-01-05T02:03:09Z",
        "authority_at": None,
        "attempt_no": 1,
        "message_type": "INV201",
        "text": "海关退单",
        "reasons": ["表体第3行商品编码有误"],
        **more,
    }
    return {"version": 1, "type": "document.progressed.v1", "fact": given}


def test_the_timeline_gives_what_the_authority_told_in_its_order() -> None:
    timeline = Timeline.model_validate(
        {
            "items": [
                {"version": 1, "type": "document.saved.v1", "text": "保存"},
                fact(code="5", authority_at="2026-01-07T00:00:00Z", occurred_at="2026-01-07T00:00:01Z"),
                fact(type="delivered", code=None),
                fact(code="Y", authority_at="2026-01-06T00:00:00Z", occurred_at="2026-01-08T00:00:00Z"),
                fact(type="acknowledged", code="0", authority_at=None, occurred_at="2026-01-05T00:00:00Z"),
                fact(type="signed", code=None),
            ],
            "stale": True,
        }
    )
    assert [told.code for told in timeline.answers()] == ["0", "Y", "5"]
