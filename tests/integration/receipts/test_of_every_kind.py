"""Every receipt type finds its document, in whatever form its file comes: the hand-made samples through real folders."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from contracts.events.receipts import ReceiptReceived
from customs.documents import KINDS
from customs.singlewindow import ACKNOWLEDGEMENT, Receipt, UnreadableError, read, read_receipt
from services.receipts import domain
from tests.support import answers
from tests.support.receipts_bench import EXAMPLES, Bench, Office

pytestmark = pytest.mark.anyio


def samples() -> dict[str, tuple[bytes, Receipt]]:
    """Whole customs receipts by file name."""
    found = {}
    for path in sorted((EXAMPLES / "messages").glob("*.xml")):
        data = path.read_bytes()
        try:
            message = read(data)
        except UnreadableError:
            continue
        if not isinstance(message, Receipt) or message.message_type == ACKNOWLEDGEMENT:
            continue
        if message.kind is not None and not message.is_split:
            found[path.name] = (data, message)
    return found


SAMPLES = samples()


def fullest() -> dict[str, str]:
    """For every kind that has receipts, the name of its sample that tells most."""
    found: dict[str, str] = {}
    for name, (data, receipt) in SAMPLES.items():
        kind = str(receipt.kind)
        if len(data) > len(SAMPLES[found[kind]][0] if kind in found else b""):
            found[kind] = name
    return found


FULLEST = fullest()


def test_every_kind_has_a_sample() -> None:
    missing = {kind.name for kind in KINDS.values()} - FULLEST.keys()
    assert not missing, f"no receipt in contracts/examples/messages: {missing}"


@pytest.mark.parametrize("name", list(SAMPLES))
async def test_a_receipt_is_told_for_the_document_of_its_number(bench: Bench, name: str) -> None:
    data, receipt = SAMPLES[name]
    office = await bench.office()
    document_id = uuid4()
    kind = str(receipt.kind)
    await office.saved(uuid4(), "OTHER", kind=kind, numbers={"seq_no": "202600000000009999"})
    await office.saved(document_id, "SAMPLE-1", kind=kind, numbers={"seq_no": receipt.seq_no})
    await office.keep(name, data)
    [told] = await bench.told()
    assert (told.document_id, told.kind, told.message_type) == (document_id, kind, receipt.message_type)
    assert (told.outcome, told.declaration_type) == (receipt.outcome, receipt.declaration_type)
    [row] = await bench.files()
    assert (row["kind"], row["state"]) == (kind, "matched")


@pytest.mark.parametrize("name", [name for name, (_, receipt) in SAMPLES.items() if receipt.customs_no])
async def test_the_customs_number_serves_where_the_other_is_unknown(bench: Bench, name: str) -> None:
    """As for a document that was taken over by its numbers, or whose acknowledgement was lost."""
    data, receipt = SAMPLES[name]
    kind = str(receipt.kind)
    office = await bench.office()
    document_id = uuid4()
    await office.keep(name, data)
    assert await bench.states() == {name: "unmatched"}
    if domain.keys_of(receipt, name).customs_no is None:
        return
    await office.adopted(document_id, kind, internal_no="OUTSIDE", numbers={"customs_no": receipt.customs_no})
    await bench.understand()
    assert [told.document_id for told in await bench.told()] == [document_id]


async def test_the_same_number_in_two_kinds_means_the_kind_of_the_receipt(bench: Bench) -> None:
    office = await bench.office()
    documents = {kind: uuid4() for kind in FULLEST}
    for kind, document_id in documents.items():
        numbers = {"seq_no": answers.SEQ_NO, "customs_no": answers.CUSTOMS_NO}
        await office.saved(document_id, answers.INTERNAL_NO, kind=kind, numbers=numbers)
    for kind, name in FULLEST.items():
        data, receipt = SAMPLES[name]
        own = str(receipt.seq_no).encode()
        await office.keep(f"{kind}.xml", data.replace(own, answers.SEQ_NO.encode()))
    assert {told.kind: told.document_id for told in await bench.told()} == documents


async def test_a_customs_number_is_learned_from_an_answer_and_wakes_what_waits(bench: Bench) -> None:
    office = await bench.office()
    document_id = uuid4()
    late = answers.approval(seq_no="", time="2026-01-15 11:00:00", result="1")
    await office.keep("late.INV", late)
    await office.saved(document_id, numbers={"seq_no": answers.SEQ_NO})
    assert await bench.told() == []
    await office.keep("first.INV", answers.approval())
    assert [told.document_id for told in await bench.told()] == [document_id, document_id]


async def test_a_number_of_another_document_is_not_taken_from_it(bench: Bench) -> None:
    office = await bench.office()
    first, second = uuid4(), uuid4()
    await office.saved(first, "ONE", numbers={"seq_no": answers.SEQ_NO, "customs_no": answers.CUSTOMS_NO})
    await office.saved(second, "TWO", numbers={"seq_no": "202600000000008888"})
    await office.keep("a.INV", answers.approval(seq_no="202600000000008888"))
    await office.keep("b.INV", answers.approval(seq_no="", time="2026-01-15 11:00:00"))
    assert [told.document_id for told in await bench.told()] == [second, first]


async def test_a_plate_that_comes_again_does_not_lead_to_the_earlier_registration(bench: Bench) -> None:
    """The new one's acknowledgement may be read after its answer."""
    data, receipt = SAMPLES["SAS231-approved.xml"]
    office = await bench.office()
    earlier, later = uuid4(), uuid4()
    numbers = {"seq_no": "202500000000000001", "customs_no": receipt.customs_no}
    await office.saved(earlier, "PLATE-1", kind="vehicle", numbers=numbers)
    await office.keep("a.SAS", data)
    assert await bench.states() == {"a.SAS": "unmatched"}
    await office.saved(later, "PLATE-2", kind="vehicle", numbers={"seq_no": receipt.seq_no})
    await bench.understand()
    assert [told.document_id for told in await bench.told()] == [later]


async def test_a_storage_answer_of_no_kind_is_told_by_its_number_alone(bench: Bench) -> None:
    data = (EXAMPLES / "messages" / "SAS200-of-a-book.xml").read_bytes()
    seq_no = read_receipt(data).seq_no
    office, other = await bench.office(), await bench.office()
    await office.saved(uuid4(), "ONE", kind="stock_bill", numbers={"seq_no": seq_no})
    await other.saved(uuid4(), "ONE", kind="stock_bill", numbers={"seq_no": seq_no})
    await other.saved(uuid4(), "TWO", kind="gate_pass", numbers={"seq_no": seq_no})
    await office.keep("a.SAS", data)
    await other.keep("b.SAS", data)
    assert await bench.states() == {"a.SAS": "matched", "b.SAS": "unmatched"}


async def test_the_acknowledgement_of_a_request_for_receipts_has_its_attempt(bench: Bench) -> None:
    office = await bench.office()
    document_id, attempt_id = uuid4(), uuid4()
    await office.saved(document_id, numbers={"seq_no": answers.SEQ_NO})
    await office.delivered(document_id, "INV141_1", attempt_id=attempt_id, message_type="INV141")
    await office.keep(f"Successed_INV141_1_{answers.STAMP}.xml", answers.acknowledgement())
    [told] = await bench.told()
    assert (told.document_id, told.attempt_id) == (document_id, attempt_id)


async def test_the_old_form_of_a_refusal_is_told_by_its_stem(bench: Bench) -> None:
    office = await bench.office()
    document_id, attempt_id = uuid4(), uuid4()
    await office.delivered(document_id, "SAS121_1", kind="gate_pass", attempt_id=attempt_id)
    data = (EXAMPLES / "messages" / "Root-failed.xml").read_bytes()
    await office.keep(f"Failed_SAS121_1_{answers.STAMP}.xml", data)
    [told] = await bench.told()
    assert (told.outcome, told.attempt_id, told.kind) == ("refused", attempt_id, "gate_pass")


def _business(data: bytes, change: Callable[[str], str]) -> bytes:
    """The file with its business element changed."""
    text = data.decode("utf-8-sig")
    found = re.search(r"(<BussinessData[^>]*>)(.*)(</BussinessData>)", text, re.DOTALL)
    assert found is not None
    return (text[: found.start(2)] + change(found[2]) + text[found.end(2) :]).encode()


def with_bom(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf")


def in_gbk(data: bytes) -> bytes:
    text = re.sub(r"encoding=[\"'][^\"']+[\"']", 'encoding="GBK"', data.decode("utf-8-sig"), count=1)
    assert 'encoding="GBK"' in text
    return text.encode("gb18030")


def prefixed(data: bytes) -> bytes:
    def change(text: str) -> str:
        marked = re.sub(r"<(/?)(\w)", r"<\1ns9:\2", text)
        return re.sub(r"<(ns9:\w+)", r'<\1 xmlns:ns9="urn:example:receipt"', marked, count=1)

    return _business(re.sub(rb'\sxmlns(:\w+)?="[^"]*"', b"", data), change)


def namespaced(data: bytes) -> bytes:
    plain = re.sub(rb'\sxmlns="[^"]*"', b"", data)
    return re.sub(rb"<Package\b", b'<Package xmlns="http://www.w3.org/2000/09/xmldsig#"', plain, count=1)


def without_space(data: bytes) -> bytes:
    return re.sub(rb">\s+<", b"><", data)


FORMS = {each.__name__: each for each in (with_bom, in_gbk, prefixed, namespaced, without_space)}


async def _plain(bench: Bench, kind: str) -> tuple[Office, bytes, ReceiptReceived]:
    """The kind's fullest sample as it is, and what it told."""
    data, receipt = SAMPLES[FULLEST[kind]]
    data = re.sub(rb"\s*<PocketInfo.*?</PocketInfo>", b"", data, flags=re.DOTALL)
    office = await bench.office()
    document_id = uuid4()
    await office.saved(document_id, "SAMPLE-1", kind=kind, numbers={"seq_no": receipt.seq_no})
    await office.keep("plain.xml", data)
    [told] = await bench.told()
    assert told.document_id == document_id
    return office, data, told


@pytest.mark.parametrize("kind", list(FULLEST))
async def test_the_form_of_a_file_changes_nothing(bench: Bench, kind: str) -> None:
    """Another form of the same answer is a repetition of it."""
    office, data, told = await _plain(bench, kind)
    assert told.body.get("head") or told.body.get("result")
    for name, change in FORMS.items():
        changed = change(data)
        assert changed != data or name == "namespaced"
        await office.keep(f"{name}.xml", changed)
    assert len(await bench.told()) == 1
    rows = {row["file_name"]: row for row in await bench.files()}
    assert {name: rows[f"{name}.xml"]["state"] for name in FORMS} == dict.fromkeys(FORMS, "repeated")
    assert {row["receipt_id"] for row in rows.values()} == {told.receipt_id}


@pytest.mark.parametrize("kind", list(FULLEST))
async def test_unknown_elements_are_kept_and_told(bench: Bench, kind: str) -> None:
    data, receipt = SAMPLES[FULLEST[kind]]
    office = await bench.office()
    await office.saved(uuid4(), "SAMPLE-1", kind=kind, numbers={"seq_no": receipt.seq_no})
    added = "<newPart><newCode2027>新字段</newCode2027></newPart></"
    await office.keep("new.xml", _business(data, lambda text: added.join(text.rsplit("</", 1))))
    [told] = await bench.told()
    unknown = told.body["unknown"]
    assert isinstance(unknown, list)
    assert {"path": f"{receipt.message_type}/newPart/newCode2027", "value": "新字段"} in unknown


def split(data: bytes, message_type: str) -> list[bytes]:
    """Two packets: everything up to the first row section, and the rest."""

    def parted(first: bool) -> Callable[[str], str]:
        def change(text: str) -> str:
            inner = re.search(rf"<(\w+:)?{message_type}[^>]*>(.*)</(\w+:)?{message_type}>", text, re.DOTALL)
            assert inner is not None
            top = re.findall(r"<(\w+)(?:\s[^>]*)?>.*?</\1>", inner[2], re.DOTALL)
            assert len(top) >= 2, "a sample with one part cannot be split"
            begin = re.search(rf"<{top[-1]}[ >]", inner[2])
            assert begin is not None
            kept = inner[2][: begin.start()] if first else inner[2][begin.start() :]
            return text[: inner.start(2)] + kept + text[inner.end(2) :]

        return change

    made = []
    for number in (1, 2):
        pocket = (
            "<PocketInfo><pocket_id>group-1</pocket_id><total_pocket_qty>2</total_pocket_qty>"
            f"<cur_pocket_no>{number}</cur_pocket_no></PocketInfo>"
        ).encode()
        part = _business(data, parted(number == 1))
        before, inside, after = part.partition(b"<DataInfo>")
        assert inside
        made.append(before + inside + pocket + after)
    return made


@pytest.mark.parametrize("kind", list(FULLEST))
async def test_a_split_receipt_waits_is_given_up_and_still_joined(bench: Bench, kind: str) -> None:
    _, data, told = await _plain(bench, kind)
    first, second = split(data, told.message_type)
    office = await bench.office()
    await office.saved(uuid4(), "SAMPLE-2", kind=kind, numbers={"seq_no": told.seq_no})
    await office.keep("2.xml", second)
    assert (await bench.states())["2.xml"] == "waiting"
    await bench.pass_time()
    assert (await bench.states())["2.xml"] == "incomplete"
    await office.keep("1.xml", first)
    joined = [event for event in await bench.told() if event.tenant_id == office.tenant_id]
    assert [event.body for event in joined] == [told.body]
