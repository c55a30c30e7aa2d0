"""From a file in an InBox to one event, whatever the order, the copies and the contents."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.postgres import Connection
from contracts.events.work import ReceiptFileMoved
from customs.singlewindow import pack
from services.receipts import matching, store
from services.receipts.store import NewFile
from tests.support import answers
from tests.support.receipts_bench import Bench

pytestmark = pytest.mark.anyio
STEM = "INV101_card_1"
ACK = f"Successed_{STEM}_{answers.STAMP}.xml"


async def test_an_acknowledgement_is_matched_by_stem_and_teaches_the_number(bench: Bench) -> None:
    office = await bench.office()
    document_id, attempt_id = uuid4(), uuid4()
    await office.saved(document_id)
    await office.delivered(document_id, STEM, attempt_id=attempt_id)
    await office.keep("Receipt_1.INV", answers.approval())
    assert await bench.states() == {"Receipt_1.INV": "unmatched"}
    await office.keep(ACK, answers.acknowledgement())
    acknowledged, approved = await bench.told()
    assert (acknowledged.outcome, acknowledged.attempt_id) == ("acknowledged", attempt_id)
    assert (approved.outcome, approved.document_id) == ("pre_deducted", document_id)
    assert approved.raw == answers.approval().decode()
    assert approved.raw_sha256 == hashlib.sha256(answers.approval()).hexdigest()
    assert await bench.states() == {"Receipt_1.INV": "matched", ACK: "matched"}


async def test_an_acknowledgement_before_its_stem_is_known_waits_for_it(bench: Bench) -> None:
    office = await bench.office()
    document_id, attempt_id = uuid4(), uuid4()
    await office.saved(document_id)
    await office.keep(ACK, answers.acknowledgement())
    assert await bench.states() == {ACK: "unmatched"}
    await office.delivered(document_id, STEM, attempt_id=attempt_id)
    await bench.understand()
    [told] = await bench.told()
    assert told.attempt_id == attempt_id


async def test_a_stem_that_nobody_tells_gives_way_to_the_internal_number(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    await office.saved(document_id)
    await office.keep(ACK, answers.acknowledgement())
    await bench.pass_time()
    [told] = await bench.told()
    assert (told.document_id, told.attempt_id) == (document_id, None)


async def test_without_an_acknowledgement_the_full_form_matches_and_teaches(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    await office.keep("short.INV", answers.approval())
    await office.keep("full.INV", answers.approval(internal_no=answers.INTERNAL_NO))
    assert set((await bench.states()).values()) == {"unmatched"}
    await office.saved(document_id)
    await bench.understand()
    told = await bench.told()
    assert [event.document_id for event in told] == [document_id, document_id]
    full = next(event for event in told if "head" in event.body)
    head = full.body["head"]
    assert isinstance(head, dict)
    assert head["internal_no"] == answers.INTERNAL_NO


async def test_the_same_answer_is_told_once(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    await office.saved(document_id, numbers={"seq_no": answers.SEQ_NO})
    await office.delivered(document_id, STEM)
    await office.keep(ACK, answers.acknowledgement())
    await office.keep(ACK.replace("Successed_", "Failed_"), answers.acknowledgement(seq_no="", flag="-1"))
    later = ACK.replace("20260115", "20260116")
    await office.keep(later, answers.acknowledgement())
    await office.keep("a.INV", answers.approval(message_id="CUS01"))
    await office.keep("a.INV", answers.approval(message_id="CUS01"))
    await office.keep("b.INV", answers.approval(message_id="CUS01"))
    await office.keep("c.INV", answers.approval(message_id="CUS02"))
    assert [event.outcome for event in await bench.told()] == ["acknowledged", "refused", "pre_deducted"]
    states = await bench.states()
    assert {name for name, state in states.items() if state == "repeated"} == {later, "b.INV", "c.INV"}
    same = {
        row["receipt_id"] for row in await bench.files() if row["file_name"] in ("a.INV", "b.INV", "c.INV")
    }
    assert len(same) == 1


async def test_another_tenant_never_gets_an_answer(bench: Bench) -> None:
    ours, theirs = await bench.office(), await bench.office()
    await ours.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    await ours.delivered(uuid4(), STEM)
    await theirs.keep("a.INV", answers.approval(internal_no=answers.INTERNAL_NO))
    await theirs.keep(ACK, answers.acknowledgement())
    await bench.pass_time()
    assert await bench.told() == []
    assert await bench.states() == {"a.INV": "unmatched", ACK: "unmatched"}
    assert {row["tenant_id"] for row in await bench.files()} == {theirs.tenant_id}


async def test_an_internal_number_counts_only_within_its_enterprise(bench: Bench) -> None:
    office, sister = await bench.office(), await bench.office()
    await office.saved(uuid4(), tenant_id=sister.tenant_id, enterprise_id=office.enterprise_id)
    await sister.keep("a.INV", answers.approval(internal_no=answers.INTERNAL_NO))
    assert await bench.states() == {"a.INV": "unmatched"}


async def test_a_deleted_draft_is_no_match_and_a_new_one_with_its_number_is(bench: Bench) -> None:
    office = await bench.office()
    gone, new = uuid4(), uuid4()
    await office.saved(gone)
    await office.learn("document.deleted.v1", document_id=gone, internal_no=answers.INTERNAL_NO, version=2)
    await office.saved(gone)
    await office.keep("a.INV", answers.approval(internal_no=answers.INTERNAL_NO))
    assert await bench.told() == []
    await office.saved(new)
    await bench.understand()
    assert [event.document_id for event in await bench.told()] == [new]


def split(total: int, *, pocket: str = "pocket-1", message: str = "CUS1") -> list[bytes]:
    return [
        answers.approval(
            packet=(pocket, number, total),
            message_id=f"{message}{number:02d}",
            internal_no=answers.INTERNAL_NO if number == 1 else "",
            goods=(2 * number - 1, 2 * number),
        )
        for number in range(1, total + 1)
    ]


async def test_packets_are_joined_in_any_order_and_copies_do_no_harm(bench: Bench) -> None:
    office = await bench.office()
    await office.saved(uuid4())
    parts = split(3)
    await office.keep("3.INV", parts[2])
    await office.keep("1.INV", parts[0])
    await office.keep("1-again.INV", parts[0].replace(b"CUS101", b"CUS901"))
    states = await bench.states()
    assert (states["1.INV"], states["3.INV"], states["1-again.INV"]) == ("waiting", "waiting", "repeated")
    assert await bench.told() == []
    await office.keep("2.INV", parts[1])
    [told] = await bench.told()
    goods = told.body["goods"]
    assert isinstance(goods, list)
    assert [str(row).count(f"示例商品{number}'") for number, row in enumerate(goods, 1)] == [1] * 6
    assert told.raw_sha256 == hashlib.sha256(b"\n".join(parts)).hexdigest()
    assert told.raw == b"\n".join(parts).decode()
    # The whole group once more, under another pocket: the same answer.
    for number, part in enumerate(split(3, pocket="pocket-2", message="CUS2"), 1):
        await office.keep(f"again-{number}.INV", part)
    assert len(await bench.told()) == 1
    assert sorted((await bench.states()).values()) == ["matched"] * 3 + ["repeated"] * 4


async def test_a_missing_packet_is_shown_after_a_while_and_still_welcome(bench: Bench) -> None:
    office = await bench.office()
    await office.saved(uuid4())
    parts = split(3)
    await office.keep("1.INV", parts[0])
    await office.keep("3.INV", parts[2])
    await bench.pass_time()
    rows = await bench.files()
    assert {row["state"] for row in rows} == {"incomplete"}
    assert "缺少第2包（共3包）" in str(rows[0]["reason"])
    await office.keep("2.INV", parts[1])
    assert len(await bench.told()) == 1
    assert set((await bench.states()).values()) == {"matched"}


async def test_a_packet_that_says_something_else_goes_to_a_person(bench: Bench) -> None:
    office = await bench.office()
    await office.keep("1.INV", split(2)[0])
    await office.keep("1-other.INV", split(2)[0].replace("示例商品1".encode(), "别的商品".encode()))
    rows = {row["file_name"]: row for row in await bench.files()}
    assert rows["1.INV"]["state"] == "waiting"
    assert (rows["1-other.INV"]["state"], rows["1-other.INV"]["reason_code"]) == (
        "unreadable",
        "packets_differ",
    )


async def test_joined_packets_wait_for_their_document_together(bench: Bench) -> None:
    office = await bench.office()
    for number, part in enumerate(split(2), 1):
        await office.keep(f"{number}.INV", part)
    assert set((await bench.states()).values()) == {"unmatched"}
    await office.saved(uuid4())
    await bench.understand()
    assert len(await bench.told()) == 1
    assert set((await bench.states()).values()) == {"matched"}


async def test_garbage_is_kept_with_its_reason_and_stops_nothing(bench: Bench) -> None:
    office = await bench.office()
    await office.saved(uuid4(), numbers={"seq_no": answers.SEQ_NO})
    doctype = b'<!DOCTYPE Package [<!ENTITY a "a">]><Package>&a;</Package>'
    garbage = {
        "text.INV": ("这不是回执".encode("gbk"), "not_xml"),
        "doctype.INV": (doctype, "doctype"),
        "empty.INV": (b"", "empty_file"),
        "cut.INV": (answers.approval()[:500], "truncated"),
        "foreign.INV": (answers.approval().replace(b"INV201", b"SAS299"), "unknown_message"),
        "bomb.zip": (pack("x", b"\x00" * (33 * 1024 * 1024)), "too_large"),
    }
    for name, (data, _) in garbage.items():
        (office.inbox / name).write_bytes(data)
    await office.keep("good.INV", answers.approval())
    rows = {row["file_name"]: row for row in await bench.files()}
    assert rows.pop("good.INV")["state"] == "matched"
    assert {name: row["reason_code"] for name, row in rows.items()} == {
        name: code for name, (_, code) in garbage.items()
    }
    for name, (data, _) in garbage.items():
        assert rows[name]["sha256"] == hashlib.sha256(data).hexdigest()
        kept = bench.exchange / office.mailbox / str(rows[name]["kept_as"])
        assert kept.read_bytes() == data


async def test_an_old_document_event_does_not_undo_a_newer_one(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    await office.saved(document_id, "NEW-NUMBER", version=5)
    await office.saved(document_id, answers.INTERNAL_NO, version=1)
    await office.keep("a.INV", answers.approval(internal_no="NEW-NUMBER"))
    assert [event.internal_no for event in await bench.told()] == ["NEW-NUMBER"]


async def test_unmatched_files_are_tried_again_with_growing_patience(bench: Bench) -> None:
    office = await bench.office()
    await office.keep("a.INV", answers.approval())
    waits = []
    for _ in range(4):
        [row] = await bench.files()
        waits.append(row["retry_at"])
        assert row["state"] == "unmatched"
        await bench.pass_time()
    [row] = await bench.files()
    assert row["tries"] == 5
    assert waits == sorted(waits)
    # Told once, however often it is looked at again.
    assert await bench.notices() == ["unmatched"]


async def test_a_file_that_needs_somebody_is_told_and_so_is_its_end(bench: Bench) -> None:
    office = await bench.office()
    await office.keep("garbage.INV", b"<Signature>")
    await office.keep("a.INV", answers.approval(internal_no="LATER"))
    assert await bench.notices() == ["unreadable", "unmatched"]
    await office.saved(uuid4(), internal_no="LATER")
    await bench.understand()
    assert await bench.notices() == ["unreadable", "unmatched", "matched"]
    # What finds its document at once is told as a receipt only.
    await office.keep("b.INV", answers.approval(internal_no="LATER", result="1"))
    assert len(await bench.notices()) == 3


@pytest.mark.parametrize("where", ["before it looks again", "before it is marked"])
async def test_an_event_between_the_look_and_the_mark_is_not_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nothing here waits for a retry: whichever of the two commits last sees the other."""
    office = await bench.office()
    exclude, keep = matching.exclude_learning, store.keep
    absorbing: list[asyncio.Task[None]] = []

    async def absorb(when: str) -> None:
        if when == where and not absorbing:
            absorbing.append(asyncio.create_task(office.saved(uuid4())))
            await asyncio.wait(absorbing, timeout=0.5)

    async def excluding(connection: Connection, tenant_id: UUID) -> None:
        await absorb("before it looks again")
        await exclude(connection, tenant_id)

    async def keeping(connection: Connection, files: Sequence[NewFile]) -> list[ReceiptFileMoved]:
        await absorb("before it is marked")
        return await keep(connection, files)

    monkeypatch.setattr(matching, "exclude_learning", excluding)
    monkeypatch.setattr(store, "keep", keeping)
    await office.keep("a.INV", answers.approval(internal_no=answers.INTERNAL_NO))
    assert absorbing
    await asyncio.gather(*absorbing)
    await bench.understand()
    assert await bench.states() == {"a.INV": "matched"}


async def test_a_damaged_answer_is_applied_and_the_file_says_what_was_mended(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    await office.saved(document_id)
    await office.delivered(document_id, STEM)
    await office.keep(ACK, answers.acknowledgement(text="处理\x00成功"))
    returning = answers.approval(result="3", reasons=("编码\x01有误",))
    await office.keep("Receipt_1.INV", returning.replace(b'encoding="utf-8"', b'encoding="gb2312"'))
    assert await bench.states() == {"Receipt_1.INV": "matched", ACK: "matched"}
    acknowledged, returned = await bench.told()
    assert (acknowledged.outcome, returned.outcome) == ("acknowledged", "returned")
    assert returned.reasons == ["编码有误"]
    assert "编码\N{REPLACEMENT CHARACTER}有误" in returned.raw
    async with postgres.transaction(bench.pool) as connection:
        rows = await connection.fetch("SELECT file_name, notes FROM raw_files ORDER BY file_name")
    assert [(row["file_name"], row["notes"]) for row in rows] == [
        (
            "Receipt_1.INV",
            [
                "报文标明编码为gb2312，内容实为UTF-8，已按UTF-8读取",
                "「note」中有控制字符U+0001，已去掉后读取",
            ],
        ),
        (ACK, ["「CheckInfo」中有控制字符U+0000，已去掉后读取"]),
    ]
