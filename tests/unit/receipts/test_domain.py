"""When two answers are the same, and by what a receipt finds its document."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from customs.singlewindow import join_packets, read_receipt
from services.receipts import domain
from tests.support import answers

ACK_NAME = f"Successed_INV101_card-1_0001_1_{answers.STAMP}.xml"


def key(data: bytes, name: str = "Receipt_1.INV") -> str:
    return domain.answer_key(read_receipt(data), name)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        (ACK_NAME, "INV101_card-1_0001_1"),
        (f"Failed_a_b_{answers.STAMP[:21]}.INV", "a_b"),
        (f"Successed_stem_20260115090605_{answers.STAMP}.xml", "stem_20260115090605"),
        (f"Receipt_CUS0000_{answers.STAMP}.INV", None),
        (f"Successed__{answers.STAMP}.xml", None),
        ("Successed_stem_123.xml", None),
        (f"x/Successed_stem_{answers.STAMP}.xml", None),
    ],
)
def test_the_stem_stands_between_prefix_and_time(name: str, stem: str | None) -> None:
    assert domain.stem_of(name) == stem


def test_a_resend_under_a_new_message_id_is_the_same_answer() -> None:
    assert key(answers.approval(message_id="CUS01")) == key(answers.approval(message_id="CUS02"), "other.INV")


def test_short_and_full_form_are_two_answers() -> None:
    assert key(answers.approval()) != key(answers.approval(internal_no=answers.INTERNAL_NO))


def test_the_same_words_at_another_time_are_another_answer() -> None:
    first = answers.approval(result="3", reasons=("毛重小于净重",))
    again = answers.approval(result="3", reasons=("毛重小于净重",), time="2026-01-15 11:00:00")
    assert key(first) != key(again)


@pytest.mark.parametrize("time", ["", "20260115", "2026-01-15", "not a time"])
def test_without_a_time_of_day_the_message_id_tells_them_apart(time: str) -> None:
    first = answers.approval(result="3", time=time, message_id="CUS01")
    assert key(first) == key(first)
    assert key(first) != key(answers.approval(result="3", time=time, message_id="CUS02"))


def test_an_acknowledgement_belongs_to_its_upload() -> None:
    data = answers.acknowledgement()
    later = ACK_NAME.replace("20260115", "20260116")
    assert key(data, ACK_NAME) == key(data, later)
    assert key(data, ACK_NAME) != key(data, ACK_NAME.replace("0001_1", "0001_2"))


def test_packets_do_not_make_another_answer() -> None:
    whole = answers.approval(internal_no=answers.INTERNAL_NO, goods=(1, 2, 3))
    parts = [
        answers.approval(internal_no=answers.INTERNAL_NO, goods=(1,), packet=("p", 1, 2)),
        answers.approval(goods=(2, 3), packet=("p", 2, 2), message_id="CUS02"),
    ]
    joined = join_packets([read_receipt(part) for part in reversed(parts)])
    assert domain.answer_key(joined, "x") == key(whole)


def test_keys_of_an_acknowledgement_and_of_a_customs_receipt() -> None:
    ack = domain.keys_of(read_receipt(answers.acknowledgement()), ACK_NAME)
    assert (ack.stem, ack.seq_no, ack.internal_no) == ("INV101_card-1_0001_1", None, answers.INTERNAL_NO)
    assert (ack.kind, ack.customs_no) == (None, None)
    receipt = domain.keys_of(read_receipt(answers.approval()), "Receipt_1.INV")
    assert (receipt.kind, receipt.stem, receipt.seq_no) == ("inventory", None, answers.SEQ_NO)
    assert (receipt.customs_no, receipt.internal_no) == (answers.CUSTOMS_NO, None)


def test_the_senders_own_number_in_place_of_the_authoritys_is_tried_and_not_learned() -> None:
    receipt = read_receipt(answers.approval(seq_no="sample201901"))
    keys = domain.keys_of(receipt, "x.INV")
    assert (keys.seq_no, keys.internal_no) == ("sample201901", "sample201901")
    assert domain.taught_by(receipt) == domain.Numbers(None, answers.CUSTOMS_NO)


@pytest.mark.parametrize("filler", ["0", "000000000000", "无", ""])
def test_a_filler_is_no_customs_number(filler: str) -> None:
    receipt = read_receipt(answers.approval(customs_no=filler))
    assert domain.keys_of(receipt, "x.INV").customs_no is None
    assert domain.taught_by(receipt) == domain.Numbers(answers.SEQ_NO, None)


def test_a_variants_packet_may_be_stored_under_the_name_of_its_kind() -> None:
    for kind in KINDS.values():
        assert kind.name in (domain.kinds_meant(kind.name) or ())
        if kind.variant_of:
            assert kind.name in (domain.kinds_meant(kind.variant_of) or ())
    assert domain.kinds_meant(None) is None


def test_a_number_too_long_for_the_index_is_no_key() -> None:
    keys = domain.keys_of(read_receipt(answers.approval(seq_no="9" * 5000, customs_no="8" * 5000)), "x.INV")
    assert (keys.seq_no, keys.customs_no, keys.internal_no) == (None, None, None)
    assert "人工" in domain.why_unmatched(keys)


def test_patience_grows_and_is_bounded() -> None:
    waits = [domain.retry_after(tries) for tries in range(20)]
    assert waits == sorted(waits)
    assert waits[-1] <= 24 * 3600
