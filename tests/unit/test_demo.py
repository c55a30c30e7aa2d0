"""What the demo reads from timelines, when it gives a document up, and when it calls everything right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from rich.console import Console

from contracts.documents import KINDS
from local.demo import hops, outcome, view
from local.demo.broker_desk import EXAMPLES, DemoFailed, Document, _expect
from local.demo.business import PARTS, Track, is_stuck, why
from local.demo.evidence import Hashes, Upload, all_agree, upload_table

BY_KIND = {part.kind: part for part in PARTS}
DOCUMENT = Document("business_form", "01a21020-8da3-7ef2-a116-c895c98730de", "DEMO-1")


def line(state: str, second: int, *, kind: str = "business_form", **more: Any) -> dict[str, Any]:
    label = KINDS[kind].life.states[state].label
    at = f"2026-01-16T08:00:{second:02d}+00:00"
    return {"type": "x", "state": state, "state_label": label, "occurred_at": at, **more}


def shown(renderable: object, width: int = 80) -> str:
    console = Console(width=width, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_the_demo_plays_every_kind_that_is_no_variant() -> None:
    assert BY_KIND.keys() == {name for name, kind in KINDS.items() if kind.variant_of is None}


@pytest.mark.parametrize("part", PARTS, ids=BY_KIND)
def test_every_part_has_its_sample_and_its_end(part: Any) -> None:
    assert (EXAMPLES / part.kind / f"{part.sample}.json").exists()
    assert part.state(part.goal).label


def test_stages_are_the_states_and_rounds_in_turn() -> None:
    change = {"state": "sending", "label": "变更：发送中"}
    timeline = [line("draft", 0), line("sending", 1), line("sending", 2), line("approved", 4)]
    timeline += [line("approved", 5, open_round=change), line("approved", 7)]
    found = hops.stages(timeline)
    assert [stage.label for stage in found] == ["草稿", "发送中", "通过", "变更：发送中", "通过"]
    assert [stage.at.second for stage in found] == [0, 1, 4, 5, 7]


@pytest.mark.parametrize(
    ("state", "round_state", "stuck"),
    [
        ("sending", None, False),
        ("approved", None, False),
        ("approved", "accepted", False),
        ("approved", "returned", True),
        ("returned", None, True),
        ("failed", None, True),
        ("concluded", None, True),
    ],
)
def test_a_document_is_given_up_when_nothing_more_comes(
    state: str, round_state: str | None, stuck: bool
) -> None:
    under_way = round_state and {"state": round_state, "label": "变更"}
    assert is_stuck(BY_KIND["business_form"], line(state, 0, open_round=under_way)) is stuck


def test_the_reason_is_what_was_said_last() -> None:
    said = {"text": "退单", "reasons": ["商品1数量超出", "有效期已过"]}
    timeline = [line("sending", 0), line("returned", 1, fact=said)]
    assert why(timeline) == "退单; 商品1数量超出; 有效期已过"
    assert why(timeline[:1]) == "nobody answered"


def test_a_refused_call_is_told_by_its_sentences() -> None:
    found = {
        "title": "不能保存",
        "detail": "共有1处需要改正",
        "errors": [{"pointer": "/head", "message": "必填"}],
    }
    answer = httpx.Response(
        422,
        json=found,
        headers={"content-type": "application/problem+json"},
        request=httpx.Request("POST", "http://edge/v1/vehicles"),
    )
    with pytest.raises(DemoFailed, match="POST /v1/vehicles answered 422: 共有1处需要改正; /head 必填"):
        _expect(answer, 201)


def ended(**changes: Any) -> Track:
    numbers = {"seq_no": "202600000000000001", "customs_no": "S3105A260116000001"}
    track = Track(BY_KIND["business_form"], DOCUMENT, [line("concluded", 0)], {"numbers": numbers}, None, 1)
    return replace(track, **changes)


@pytest.mark.parametrize(
    "changes",
    [{"timeline": [line("approved", 0)]}, {"timeline": []}, {"trouble": "退单"}, {"pages": 0}],
    ids=["other-state", "never-sent", "trouble", "no-pdf"],
)
def test_what_did_not_end_as_it_had_to_is_not_right(changes: dict[str, Any]) -> None:
    assert ended().is_right
    track = ended(**changes)
    assert not track.is_right
    assert outcome.troubles([ended(), track]) == [f"业务申报表: {track.trouble or 'no PDF'}"]


def test_the_closing_table_fits_a_narrow_terminal() -> None:
    track = ended()
    longest = ended(
        part=BY_KIND["gate_pass"],
        timeline=[line("passed", 0, kind="gate_pass")],
        content={"numbers": {"seq_no": "202600000000000002", "customs_no": "Z3105E260116000000000001"}},
    )
    text = shown(outcome.table([track, longest]))
    for wanted in (
        "202600000000000001",
        "S3105A260116000001",
        "Z3105E260116000000000001",
        "已结案",
        "已过卡",
    ):
        assert wanted in text


def upload(document: Document = DOCUMENT, **changes: Any) -> Upload:
    hashes = Hashes("a" * 64, "b" * 64)
    return replace(Upload(document, 1, "SAS101", hashes, hashes), **changes)


@pytest.mark.parametrize(
    "wrong",
    [
        upload(taken=Hashes("a" * 64, "c" * 64)),
        upload(taken=Hashes("c" * 64, "b" * 64)),
        upload(taken=Hashes()),
        upload(delivered=Hashes()),
        upload(delivered=Hashes(), taken=Hashes()),
    ],
    ids=["other-xml", "other-zip", "not-taken", "not-ours", "nothing"],
)
def test_other_bytes_are_seen(wrong: Upload) -> None:
    assert all_agree([upload()], [DOCUMENT])
    assert not all_agree([upload(), wrong], [DOCUMENT])
    assert "NO" in shown(upload_table([wrong]))


def test_a_document_without_upload_does_not_agree() -> None:
    assert not all_agree([upload()], [DOCUMENT, replace(DOCUMENT, document_id="another")])
    assert not all_agree([], [DOCUMENT])


def test_lines_say_every_step_once() -> None:
    track = Track(BY_KIND["business_form"], DOCUMENT, [line("draft", 0), line("sending", 1)])
    tracks = {"inventory": Track(BY_KIND["inventory"]), "business_form": track}
    lines = view.Lines()
    assert list(lines.new(tracks)) == ["业务申报表  草稿", "业务申报表  发送中 +1,000 ms"]
    track.timeline = [*track.timeline, line("approved", 3)]
    assert list(lines.new(tracks)) == ["业务申报表  通过 +2,000 ms"]
    assert list(lines.new(tracks)) == []


def test_the_live_view_shows_what_failed() -> None:
    failed = Track(BY_KIND["stock_bill"], trouble="not played on: 业务申报表 failed")
    text = shown(view.live({"inventory": Track(BY_KIND["inventory"]), "stock_bill": failed}))
    assert "✗" in text
    assert "业务申报表 failed" in text
