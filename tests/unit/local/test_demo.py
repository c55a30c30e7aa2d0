"""What the demo reads from timelines, when it gives a document up, and when it calls everything right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from rich.console import Console

from customs.documents import KINDS
from local.demo import hops, outcome, view
from local.demo.account_book import OPENINGS, Figures, Share, Stand
from local.demo.broker_desk import EXAMPLES, BrokerDesk, DemoFailed, Document, _expect
from local.demo.evidence import Hashes, Upload, all_agree, upload_table
from local.demo.parts import PARTS, Track, is_stuck, why

BY_NAME = {part.name: part for part in PARTS}
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
    assert {part.kind for part in PARTS} == {name for name, kind in KINDS.items() if kind.variant_of is None}


@pytest.mark.parametrize("part", PARTS, ids=BY_NAME)
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
    assert is_stuck(BY_NAME["form"], line(state, 0, open_round=under_way)) is stuck


def test_the_reason_is_what_was_said_last() -> None:
    taken = {"type": "taken", "text": "导入客户端已取走报文", "reasons": []}
    said = {"type": "receipt", "text": "退单", "reasons": ["商品1数量超出", "有效期已过"]}
    timeline = [line("sending", 0), line("returned", 1, fact=said)]
    assert why(timeline) == "退单; 商品1数量超出; 有效期已过"
    assert why(timeline[:1]) == "nobody answered"
    # Topics of two services: that a message was taken may be heard after the answer to it.
    late = line("returned", 2, fact=taken)
    assert why([*timeline, late]) == "退单; 商品1数量超出; 有效期已过"
    assert why([late]) == "导入客户端已取走报文"
    acknowledged = {
        "type": "receipt", "message_type": "CommonResponeMessage", "text": "单一窗口已接收", "reasons": []
    }  # fmt: skip
    assert why([*timeline, line("returned", 3, fact=acknowledged)]) == "退单; 商品1数量超出; 有效期已过"
    refused = {**acknowledged, "text": "单一窗口未接收", "reasons": ["重复申报"]}
    assert why([*timeline, line("failed", 3, fact=refused)]) == "单一窗口未接收; 重复申报"


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
    track = Track(BY_NAME["form"], DOCUMENT, [line("concluded", 0)], {"numbers": numbers}, None, 1)
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
        part=BY_NAME["pass"],
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
    track = Track(BY_NAME["form"], DOCUMENT, [line("draft", 0), line("sending", 1)])
    tracks = {"import": Track(BY_NAME["import"]), "form": track}
    book = Figures()
    lines = view.Lines()
    assert list(lines.new(tracks, book)) == ["业务申报表  草稿", "业务申报表  发送中 +1,000 ms"]
    track.timeline = [*track.timeline, line("approved", 3)]
    assert list(lines.new(tracks, book)) == ["业务申报表  通过 +2,000 ms"]
    assert list(lines.new(tracks, book)) == []


def test_the_live_view_shows_what_failed() -> None:
    failed = Track(BY_NAME["bill_1"], trouble="not played on: 业务申报表 failed")
    text = shown(view.live({"import": Track(BY_NAME["import"]), "bill_1": failed}, played()))
    assert "✗" in text
    assert "业务申报表 failed" in text


BILLS = [
    {"book_line_no": 11, "material_no": "HDD-2T-35", "form_line_no": 1, "quantity": "200"},
    {"book_line_no": 11, "material_no": "HDD-2T-35", "form_line_no": 1, "quantity": "300.5"},
]


def stand(key: str, material_no: str, came: str, went: str) -> Stand:
    return Stand(key, material_no, Decimal(came), Decimal(went), Decimal(0), Decimal(0))


def played() -> Figures:
    """Everything as it has to be."""
    book = Figures()
    book.expect("out", BILLS)
    book.expect("in", [{"material_no": "WINE-0750", "quantity": "900"}])
    lines = [
        stand("11", "HDD-2T-35", "10000", "1000.5"),
        stand("12", "SKIN-0050", "60000", "0"),
        stand("13", "WINE-0750", "900", "0"),
    ]
    book.lines = {line.key: line for line in lines}
    book.customs = dict(book.lines)
    book.shares = [Share(1, Decimal(11_000), Decimal("500.5"), Decimal("10499.5"))]
    book.postings = {
        "11": {"pre_out": Decimal(0), "real_out": Decimal("500.5")},
        "13": {"real_in": Decimal(900)},
    }
    return book


def _line(key: str, **changes: Any) -> Callable[[Figures], None]:
    def change(book: Figures) -> None:
        book.lines = {**book.lines, key: replace(book.lines[key], **changes)}

    return change


def _customs(book: Figures) -> None:
    book.customs = {**book.customs, "13": replace(book.customs["13"], came=Decimal(901))}


def _posted_in_vain(book: Figures) -> None:
    book.postings = {**book.postings, "12": {"pre_out": Decimal(5)}}


def _another_line(book: Figures) -> None:
    book.lines = {**book.lines, "M:SKIN-0050": stand("M:SKIN-0050", "SKIN-0050", "0", "0")}


def _left(book: Figures) -> None:
    book.shares = [replace(book.shares[0], left=Decimal(10_500))]


def _not_asked(book: Figures) -> None:
    book.shares = []


def _no_ledger(book: Figures) -> None:
    book.lines = {}


def _differs(book: Figures) -> None:
    book.differences = ["实减差1"]


def test_a_book_that_ended_as_it_had_to() -> None:
    book = played()
    assert book.wrong() == []
    assert [line.left for line in book.expected()] == [Decimal("8999.5"), Decimal(60_000), Decimal(900)]
    assert len(book.openings) == len(OPENINGS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_line("11", went=Decimal(1001)), "余 8999"),
        (_line("11", pre_out=Decimal("0.5")), "预减 0.5"),
        (_line("13", came=None), "余 ?"),
        (_customs, "海关账册 应为 13 WINE-0750"),
        (_posted_in_vain, "12 的流水 pre_out 合计应为 0; 实为 5"),
        (_another_line, "底账多出 M:SKIN-0050"),
        (_left, "申报表第1项 11000 已用 500.5 应余 10499.5; 实余 10500"),
        (_not_asked, "余量没有查到"),
        (_no_ledger, "实为 –"),
        (_differs, "差异: 实减差1"),
    ],
)
def test_a_wrong_figure_is_told(change: Callable[[Figures], None], says: str) -> None:
    book = played()
    change(book)
    assert any(says in line for line in book.wrong()), book.wrong()


def test_a_line_of_the_book_is_told_when_it_moves() -> None:
    book, lines = played(), view.Lines()
    assert len(list(lines.new({}, book))) == 3
    _line("11", pre_out=Decimal(40))(book)
    assert list(lines.new({}, book)) == ["底账 11 HDD-2T-35  实增 10000 实减 1000.5 预增 0 预减 40 余 8999.5"]
    assert list(lines.new({}, book)) == []
    unknown = Stand("14", "HDD-2T-35", None, None, Decimal(0), Decimal(0), (Decimal(200), Decimal(0)))
    assert str(unknown) == "14 HDD-2T-35  实增 ?+200 实减 ?+0 预增 0 预减 0 余 ?"
    unknown = Stand("14", "HDD-2T-35", None, None, Decimal(0), Decimal(0), (Decimal(200), Decimal(0)))
    assert str(unknown) == "14 HDD-2T-35  实增 ?+200 实减 ?+0 预增 0 预减 0 余 ?"


@pytest.mark.anyio
async def test_a_timeline_that_is_not_told_yet_is_empty_and_any_other_answer_ends_the_demo() -> None:
    desk = object.__new__(BrokerDesk)
    answers = iter((httpx.Response(404, json={}), httpx.Response(500, json={"detail": "坏了"})))
    transport = httpx.MockTransport(lambda _request: next(answers))
    async with httpx.AsyncClient(base_url="http://edge", transport=transport) as desk._client:
        assert await desk.timeline(DOCUMENT) == []
        with pytest.raises(DemoFailed, match="坏了"):
            await desk.timeline(DOCUMENT)
