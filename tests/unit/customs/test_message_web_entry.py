"""What the web entry signs: twelve fields of the 核注清单 one after another; refused where the fields are not public."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from customs.singlewindow import WebEntryUnknown, web_entry_text

_HEAD = {
    "inventory_type": "0",
    "book_no": "T4403W000001",
    "operating_code": "4403161234",
    "receiving_code": "4403161235",
    "declaration_type": "1",
    "material_mark": "I",
    "supervision_mode": "5000",
    "transport_mode": "4",
    "border_customs": "5301",
    "supervising_customs": "5349",
    "shipment_country": "110",
    "clearance_flag": "2",
    "note": "不签",
}


def test_twelve_fields_stand_one_after_another_with_nothing_between() -> None:
    text = web_entry_text(KINDS["inventory"], {"head": _HEAD, "goods": [{"name": "不签"}]})
    assert text == "0T4403W000001440316123444031612351I50004530153491102"


def test_an_empty_field_leaves_nothing() -> None:
    head = {**_HEAD, "receiving_code": None, "transport_mode": ""}
    text = web_entry_text(KINDS["inventory"], {"head": head})
    assert text == "0T4403W00000144031612341I5000530153491102"


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"inventory"}))
def test_other_kinds_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(WebEntryUnknown) as refused:
        web_entry_text(KINDS[name], {"head": {}})
    assert KINDS[name].label in refused.value.reason
    assert "没有公开" in refused.value.reason
