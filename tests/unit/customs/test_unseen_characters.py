"""Characters nobody sees, and those of full width: refused by place and name in codes and keys, taken out of free text."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
from pydantic import BaseModel, Field

from backbone.bodies import Key, parse
from backbone.refusals import InvalidRequest
from contracts.characters import key_fault, unseen_fault, without_unseen
from customs.documents import KINDS, Kind, check
from customs.documents.kinds import Profile
from customs.master.reading import read_record
from customs.master.records import GOODS, TRUCKS
from tests.support.breaking import checked, example, head, row

INVENTORY = KINDS["inventory"]
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u00ad\ufeff\u00a0\u3000\u2003\t\n\r\x7f\x85\u034f\u3164\ufe0f"


def test_every_character_of_the_unseen_categories_is_known() -> None:
    unseen = [
        chr(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Zs", "Zl", "Zp") and chr(point) != " "
    ]
    assert [f"{ord(each):04X}" for each in unseen if unseen_fault(f"A{each}B") is None] == []


@pytest.mark.parametrize("character", UNSEEN)
def test_a_key_is_refused_with_place_and_name(character: str) -> None:
    fault = key_fault(f"AB{character}C")
    assert fault is not None
    assert (fault.code, fault.values["place"]) == ("unseen_character", 3)
    assert f"U+{ord(character):04X}" in str(fault.values["character"])


@pytest.mark.parametrize("text", ["A-1 B", "料号（大）", "沪A12345", "𠮷野家", "é", "甲\ue000乙"])
def test_what_is_seen_is_a_key(text: str) -> None:
    assert key_fault(text) is None


def _texts(kind: Kind, form: str) -> list[tuple[str, str]]:
    return [(part.name, spec.name) for part, spec in kind.fields() if spec.form == form]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_key_and_refuses_what_nobody_sees_in_it(kind: Kind) -> None:
    assert ("head", "internal_no") in _texts(kind, "key")
    found = check(kind, {"head": {"internal_no": "N-2026\u200b-1"}}, Profile.SAVE)
    [told] = [each for each in found.problems if each.pointer == "/head/internal_no"]
    assert told.code == "unseen_character"
    assert "第7个字符" in told.message and "零宽空格 U+200B ZERO WIDTH SPACE" in told.message


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"material_no": "HDD\u2060-2T"}, "unseen_character", "第4个字符是看不见的字符：词连接符 U+2060"),
        ({"hs_code": "84717\u00ad01000"}, "unseen_character", "第6个字符是看不见的字符：软连字符"),
        ({"hs_code": "8471701００"}, "wide_character", "第8个字符「０」是全角字符"),
        ({"hs_code": "８４７１７０１０００"}, "wide_character", "第1个字符「８」"),
        ({"unit": "0０1"}, "wide_character", "第2个字符「０」"),
        ({"quantity": "1\u00a0000"}, "unseen_character", "不换行空格"),
        ({"quantity": "１２.5"}, "wide_character", "第1个字符「１」"),
        ({"quantity": "12．5"}, "wide_character", "第3个字符「．」"),
    ],
)
def test_a_code_or_number_of_a_row(given: dict[str, Any], code: str, words: str) -> None:
    found = checked(INVENTORY, "import", row(1, **given), Profile.SAVE)
    [told] = [each for each in found.problems if each.pointer.startswith("/goods/1/")]
    assert told.code == code
    assert words in told.message


def test_a_date_and_a_number_of_the_head() -> None:
    change = head(input_date="2026010\u200e5", book_no="T3105Ｗ000012", related_inventory_no="QD\u202e1")
    found = {each.pointer: each for each in checked(INVENTORY, "import", change, Profile.SAVE).problems}
    assert found["/head/input_date"].code == "unseen_character"
    assert found["/head/book_no"].code == "wide_character"
    assert "请改为半角「W」" in found["/head/book_no"].hint
    assert found["/head/related_inventory_no"].code == "unseen_character"


def test_an_own_number_of_full_width_is_refused_and_another_s_is_asked_about() -> None:
    own = checked(INVENTORY, "import", head(internal_no="Ｎ-1"))
    assert [(each.pointer, each.code) for each in own.problems] == [("/head/internal_no", "wide_character")]
    # The book may really have it so: only the book knows.
    given = checked(INVENTORY, "import", row(material_no="ＨＤＤ-1"))
    assert given.problems == ()
    assert ("/goods/0/material_no", "wide_in_key") in {(each.pointer, each.code) for each in given.warnings}


def test_free_text_goes_on_without_them_and_it_is_told() -> None:
    change = row(name="硬盘\u200b（2T\u00a0B）\u202e", specification="3.5寸|品牌\u3000示例", remark="一\n二")
    found = checked(INVENTORY, "import", change)
    assert found.problems == ()
    goods: Any = found.document["goods"]
    assert (goods[0]["name"], goods[0]["specification"], goods[0]["remark"]) == (
        "硬盘（2T B）",
        "3.5寸|品牌\u3000示例",
        "一\n二",
    )
    [told] = [each for each in found.warnings if each.code == "unseen_removed"]
    assert told.pointer == "/goods/0/name"
    assert "零宽空格 U+200B ZERO WIDTH SPACE、不换行空格 U+00A0 NO-BREAK SPACE" in told.message


def test_text_of_nothing_seen_is_no_text() -> None:
    found = checked(INVENTORY, "import", head(remark="\u200b\u200d "))
    assert "remark" not in found.document["head"]  # type: ignore[operator]


def test_choosers_of_a_form_stay_in_free_text() -> None:
    assert without_unseen("葛\U000e0100城") == ("葛\U000e0100城", "")


def test_master_data_obeys_the_same() -> None:
    for of, name in ((GOODS, "material_no"), (TRUCKS, "vehicle_no")):
        _, found = read_record(of, {name: "A\u200bB", "name": "货"} if of is GOODS else {name: "A\u200bB"})
        assert [(each.pointer, each.code) for each in found] == [(f"/{name}", "unseen_character")]


class _Named(BaseModel):
    name: Key = Field(title="名称")


def test_a_key_of_a_small_body() -> None:
    assert parse(_Named, '{"name": " 甲 "}'.encode()).name == "甲"
    for wrong, code in (("甲\u200b", "unseen_character"), ("Ａ", "wide_character")):
        with pytest.raises(InvalidRequest) as refused:
            parse(_Named, f'{{"name": "{wrong}"}}'.encode())
        assert [each.code for each in refused.value.problems] == [code]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_code_or_number_of_any_kind_lets_one_pass(kind: Kind) -> None:
    name = next(path.stem for path in sorted(_examples(kind)))
    for part, spec in kind.fields():
        if spec.need == "system" or spec.type == "integer" or spec.is_free:
            continue
        document = example(kind, name)
        rows = document.setdefault(part.name, [{}] if part.many else {})
        place = (rows or [{}])[0] if part.many else rows
        place[spec.name] = "1\u200b"
        document[part.name] = [place] if part.many else place
        found = check(kind, document, Profile.SAVE)
        pointer = f"/{part.name}/0/{spec.name}" if part.many else f"/{part.name}/{spec.name}"
        codes = {each.code for each in found.problems if each.pointer == pointer}
        assert codes == {"unseen_character"}, (pointer, codes)


def _examples(kind: Kind) -> Any:
    from tests.support.breaking import EXAMPLES

    return (EXAMPLES / kind.name).glob("*.json")
