"""What the demo keeps so that the page has something to offer: of firms, goods and trucks every one once, as master data reads it."""

from __future__ import annotations

from customs.master.reading import read_record
from local.demo.broker_desk import sample
from local.demo.master_data import records
from local.demo.parts import PARTS


def test_the_firms_goods_and_trucks_of_what_is_played_are_kept_once_and_are_lawful() -> None:
    kept = records([(part.kind, sample(part.kind, part.sample)) for part in PARTS])
    assert [found for of, record in kept for found in read_record(of, record)[1]] == []
    keys = [(of.path, of.key_of(record)) for of, record in kept]
    assert len(keys) == len(set(keys))
    head = sample("inventory", "import")["head"]
    assert {("companies", head["operating_code"]), ("companies", head["declaring_code"])} <= set(keys)
    assert ("goods", "SKIN-0050") in keys
    assert "vehicle-records" in dict(keys)
