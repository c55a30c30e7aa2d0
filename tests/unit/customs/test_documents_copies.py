"""复制 of every kind: what a copy loses, what it starts with, and the copy into the other direction."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from customs.documents import KINDS, Kind, Party, Profile, check
from customs.documents.copies import copied, reversible
from customs.documents.inventory import INVENTORY

EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
SAMPLES = [
    pytest.param(kind, path, id=f"{name}-{path.stem}")
    for name, kind in KINDS.items()
    for path in sorted((EXAMPLES / name).glob("*.json"))
]
COPIER = Party("示例报关行有限公司", "3105980ABD", "91330206EXAMPLE019")
TODAY = date(2026, 3, 2)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def with_all_told(kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
    """The document as it stands after a full receipt: the head holds something in every field of the system."""
    told = {
        name: 1 if spec.type == "integer" else "1"
        for name, spec in kind.section("head").fields.items()
        if spec.need == "system"
    }
    return {**document, "head": {**document["head"], **told}}


@pytest.mark.parametrize(("kind", "path"), SAMPLES)
def test_nothing_of_the_authority_and_no_number_of_the_original_is_in_a_copy(kind: Kind, path: Path) -> None:
    copy: Any = copied(kind, with_all_told(kind, read(path)))
    for section in kind.sections:
        cleared = {
            n for n, spec in section.fields.items() if spec.need == "system" or spec.on_copy == "clear"
        }
        for row in copy.get(section.name, []) if section.many else [copy.get(section.name, {})]:
            assert not cleared & row.keys()
            assert row.get("change_mark", "3") == "3"
    assert copy["head"]["declaration_type"] == "1"
    assert not {"seq_no", "customs_no", "internal_no", "change_count"} & copy["head"].keys()


@pytest.mark.parametrize(("kind", "path"), SAMPLES)
def test_a_copy_belongs_to_whoever_copies(kind: Kind, path: Path) -> None:
    original = read(path)
    original["head"] |= {"declaring_code": "3105W60ABC", "declaring_name": "示例保税物流有限公司"}
    copy: Any = kind.fill(copied(kind, original), COPIER, TODAY)
    assert copy["head"]["declaring_code"] == COPIER.customs_code
    assert copy["head"]["declaring_name"] == COPIER.name


@pytest.mark.parametrize(("kind", "path"), SAMPLES)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_copy_can_be_saved_once_it_has_a_number(kind: Kind, path: Path, reverse: bool) -> None:
    if reverse and not reversible(kind):
        with pytest.raises(ValueError, match="没有进出方向"):
            copied(kind, read(path), reverse=True)
        return
    copy: Any = kind.fill(copied(kind, read(path), reverse=reverse), COPIER, TODAY)
    copy["head"]["internal_no"] = "COPY-1"
    assert check(kind, copy, Profile.SAVE).problems == ()


def test_a_copy_into_the_other_direction_turns_round_and_clears_the_way_of_the_goods() -> None:
    original = read(EXAMPLES / "inventory/import.json")
    original["declaration_head"] = {"direction": "I", "bill_no": "MAEU0000001", "package_count": 3}
    copy: Any = copied(INVENTORY, original, reverse=True)
    assert original["head"]["direction"] == "I"
    assert copy["head"]["direction"] == "E"
    assert copy["declaration_head"] == {"direction": "E", "package_count": 3}
    gone = {"border_customs", "transport_mode", "shipment_country", "related_inventory_no"}
    assert not gone & copy["head"].keys()
    kept = {"book_no", "supervision_mode", "material_mark", "operating_code", "remark"} & original[
        "head"
    ].keys()
    assert {name: copy["head"][name] for name in kept} == {name: original["head"][name] for name in kept}
    for old, new in zip(original["goods"], copy["goods"], strict=True):
        assert "destination_country" not in new
        assert {n: new[n] for n in ("line_no", "material_no", "quantity", "origin_country")} == {
            n: old[n] for n in ("line_no", "material_no", "quantity", "origin_country")
        }


def test_there_and_back_is_the_direction_it_was() -> None:
    original = read(EXAMPLES / "inventory/export.json")
    back: Any = copied(INVENTORY, copied(INVENTORY, original, reverse=True), reverse=True)
    assert back["head"]["direction"] == original["head"]["direction"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_is_turned_round_holds_directions(kind: Kind) -> None:
    for section, spec in kind.fields():
        if spec.on_reverse == "flip":
            assert spec.name == "direction", (section.name, spec.name)
            assert spec.on_copy == "keep"
    assert reversible(kind) == ("direction" in kind.section("head").fields)


def test_a_kind_without_direction_is_not_turned_round() -> None:
    plain = tuple(
        replace(part, fields={n: replace(spec, on_reverse="keep") for n, spec in part.fields.items()})
        for part in INVENTORY.sections
    )
    assert not reversible(replace(INVENTORY, sections=plain))
