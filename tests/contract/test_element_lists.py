"""The catalogues hold every element that the evidence lists, and none that it does not; what they have beyond is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs.documents import KINDS, Kind
from customs.singlewindow import read_upload
from customs.singlewindow.dialect import Dialect
from customs.singlewindow.forms import FORMS, receipt_types

LISTS = Path(__file__).parent / "element_lists"
MESSAGES = Path(__file__).parents[2] / "contracts" / "examples" / "messages"

# Elements of the catalogue that no list has: where they come from.
BEYOND: dict[str, dict[str, str]] = {
    "InvtWarehouseType": {
        "SeqNo": "the sibling rows InvtListType and InvtCbecBill have it",
        "GNo": "field remarks of one implementer",
    },
    "VehicleHead": dict.fromkeys(
        (
            "SeqNo",
            "EtpsPreentNo",
            "DclEtpsno",
            "DclEtpsNm",
            "DclEtpsSccd",
            "InputCode",
            "InputSccd",
            "InputName",
        ),
        "every other upload has it",
    ),
}

_LATER = "an element of the upload that the schema of 2017 does not have yet, as later receipts carry more than it lists"
for _section, _elements in {
    "SasDclBsc": "mtpckEndprdTypecd dclEtpsno dclEtpsNm dclEtpsSccd col4Cus freeDomestic",
    "SasDclDt": "gdsMtno lawfUnitcd secdLawfUnitcd endprdGdsTypecd",
    "SasStockBsc": "areainOriactNo areainEtpsno areainEtpsNm areainEtpsSccd dclEtpsno dclEtpsNm dclEtpsSccd mtpckEndprdTypecd",
    "SasStockDt": "destinationNatcd modfMarkcd",
}.items():
    BEYOND[_section] = dict.fromkeys(_elements.split(), _LATER)


def listed(name: str) -> dict[str, list[str]]:
    """Section → elements, of one list."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (LISTS / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            section = line.strip()
            found[section] = []
        else:
            found[section] += line.split()
    return found


def declared(kind: Kind, dialect: Dialect) -> dict[str, list[str]]:
    """The same out of the catalogue."""
    return {
        element: [*(section.by_up if dialect == "up" else section.by_down)]
        for section in kind.sections
        if (element := section.up if dialect == "up" else section.down)
    }


def full_receipt_of(kind: Kind) -> str:
    """The receipt type whose list holds the customs form of this kind."""
    return next(name for name in receipt_types(kind) if (LISTS / f"{name}.txt").exists())


def test_every_list_is_read_here() -> None:
    known = {kind.upload_type for kind in KINDS.values()} | {full_receipt_of(kind) for kind in KINDS.values()}
    assert {path.stem for path in LISTS.glob("*.txt")} == known | {"results"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("dialect", ["up", "down"])
def test_catalogue_and_list_have_the_same_elements(kind: Kind, dialect: Dialect) -> None:
    expected = listed(kind.upload_type if dialect == "up" else full_receipt_of(kind))
    found = declared(kind, dialect)
    assert found.keys() == expected.keys()
    for section, elements in expected.items():
        assert len(elements) == len({*elements}), section
        extras = {*BEYOND.get(section, {})}
        assert (section, {*elements} - {*found[section]}) == (section, set())
        assert (section, {*found[section]} - {*elements}) == (section, extras)


@pytest.mark.parametrize("name", FORMS)
def test_results_have_the_same_elements(name: str) -> None:
    form = FORMS[name]
    found = [f"{form.result_element}/{element}" for element in form.result]
    found += [f"{row}/{element}" for row, fields in form.extra_rows.items() for element in fields.names]
    assert sorted(found) == sorted(listed("results")[name])


def test_every_receipt_type_of_a_kind_has_a_form_and_the_other_way_round() -> None:
    assert {name for kind in KINDS.values() for name in receipt_types(kind)} == FORMS.keys()
    assert listed("results").keys() == FORMS.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_full_example_holds_every_element(kind: Kind) -> None:
    data = (MESSAGES / f"{kind.upload_type}-full.xml").read_bytes()
    upload = read_upload(data)
    assert upload.unknown == ()
    for section in kind.sections:
        if section.up is None:
            continue
        part = upload.document[section.name]
        row = part[0] if isinstance(part, list) else part
        assert isinstance(row, dict)
        assert (section.name, {*row}) == (section.name, {s.name for s in section.by_up.values()})
