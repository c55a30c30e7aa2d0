"""What we write against the simulator's own reader, and what it writes against ours: two programs, two authors' eyes."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from customs.documents.normal_form import JsonObject
from customs.singlewindow import is_zip, read_receipt
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.parcel import unpack
from simulators.single_window import garbage
from simulators.single_window.reader import read_upload as simulator_reads
from simulators.single_window.rules import reasons_to_refuse
from tests.support.documents import declarable_inventories, inventory
from tests.unit.customs.test_message_round_trip import composed


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(declarable_inventories())
def test_the_door_opens_for_what_passed_our_check(document: JsonObject) -> None:
    upload = simulator_reads(composed(document))
    assert reasons_to_refuse(upload) == []
    head, goods = document["head"], document["goods"]
    assert isinstance(head, dict)
    assert isinstance(goods, list)
    assert upload.internal_no == head["internal_no"]
    assert [row["GdsSeqno"] for row in upload.goods] == [str(n) for n in range(1, len(goods) + 1)]


def test_known_numbers_pass_the_door_too() -> None:
    upload = simulator_reads(composed(inventory("SAMPLE-1", 3), seq_no="202600000000000123"))
    assert reasons_to_refuse(upload) == []
    assert upload.head["SeqNo"] == "202600000000000123"


def test_ten_thousand_rows_pass_the_door() -> None:
    upload = simulator_reads(composed(inventory("SAMPLE-1", 10_000)))
    assert len(upload.goods) == 10_000
    assert reasons_to_refuse(upload) == []


@pytest.mark.parametrize("seed", range(3))
def test_its_junk_is_refused_by_kind(seed: int) -> None:
    expected = {"text": "not_xml", "doctype": "doctype", "truncated": "truncated", "empty": "empty_file"}
    told = {}
    junk = garbage.junk(random.Random(seed), datetime(2026, 1, 15, tzinfo=UTC))
    for kind, _, content in junk:
        try:
            read_receipt(unpack(content).xml if is_zip(content) else content)
        except UnreadableError as fault:
            told[kind] = fault.code
    assert told == {**expected, "bomb": "too_large"}
