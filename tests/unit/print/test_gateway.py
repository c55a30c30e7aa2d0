"""What entry and query answer, as print takes it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from contracts.answers.lists import Timeline
from customs.documents.life import Purpose
from services.print.gateway import AnyDocument
from services.print.reading import answers_of, subject_of
from services.print.subject import APPROVED, WORKING, OpenRound
from tools.answer_samples import answer_samples


def view(**more: Any) -> AnyDocument:
    given = {
        **answer_samples()["InventoryRead"],
        "numbers": {
            "seq_no": "202600000000123456",
            "customs_no": None,
            "entry_seq_no": "9",
            "change_count": 1,
        },
        "authority": {"deduction_mark": "0", "seq_no": "old"},
        "document": {"head": {"internal_no": "EX-1", "deduction_mark": None}, "goods": [{"line_no": 1}]},
        **more,
    }
    return AnyDocument.model_validate(given)


def test_what_the_authority_told_is_in_the_head() -> None:
    subject = subject_of(view(), WORKING)
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
    subject = subject_of(view(open_round=under_way, attachments=3), APPROVED)
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
    return happened("document.progressed.v1", "海关答复", fact=given)


def happened(event: str, text: str, **more: Any) -> dict[str, Any]:
    (entry, *_) = answer_samples()["Timeline"]["items"]
    return {**entry, "type": event, "text": text, "fact": None, **more}


def test_the_timeline_gives_what_the_authority_told_in_its_order() -> None:
    timeline = Timeline.model_validate(
        {
            "items": [
                happened("document.saved.v1", "保存"),
                fact(code="5", authority_at="2026-01-07T00:00:00Z", occurred_at="2026-01-07T00:00:01Z"),
                fact(type="delivered", code=None),
                fact(code="Y", authority_at="2026-01-06T00:00:00Z", occurred_at="2026-01-08T00:00:00Z"),
                fact(type="acknowledged", code="0", authority_at=None, occurred_at="2026-01-05T00:00:00Z"),
                fact(type="signed", code=None),
            ],
            "stale": True,
        }
    )
    assert [told.code for told in answers_of(timeline)] == ["0", "Y", "5"]
