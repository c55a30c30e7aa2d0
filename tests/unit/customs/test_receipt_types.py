"""Which receipts speak of a kind: told by the forms of its folder and the archive that stores its packets."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from customs.singlewindow.forms import FORMS, MESSAGE_TYPES, kind_told, owner, receipt_types


def test_a_kind_has_the_stored_receipt_of_its_archive_and_those_of_its_folder() -> None:
    assert receipt_types(KINDS["inventory"]) == ("INV200", "INV201", "INV202", "INV211")
    assert receipt_types(KINDS["vehicle"]) == ("SAS200", "SAS231")


def test_a_kind_without_an_archive_has_no_stored_receipt() -> None:
    assert receipt_types(KINDS["two_step_pass"]) == ("SAS251", "SAS253")


@pytest.mark.parametrize("name", FORMS)
def test_every_type_has_a_name_of_its_own_and_a_kind(name: str) -> None:
    label = FORMS[name].label
    assert label.endswith("回执") and [form.label for form in FORMS.values()].count(label) == 1
    speaks_of = [kind for kind in KINDS.values() if name in receipt_types(kind)]
    assert speaks_of and owner(name) in (None, *speaks_of)
    assert name in MESSAGE_TYPES


@pytest.mark.parametrize(
    ("message_type", "result", "kind"),
    [
        ("INV200", {}, "inventory"),
        ("SAS200", {}, None),
        ("SAS200", {"archive": "8"}, "stock_bill"),
        ("SAS200", {"archive": "1"}, None),
    ],
)
def test_a_stored_receipt_names_its_archive(
    message_type: str, result: dict[str, str], kind: str | None
) -> None:
    told = kind_told(message_type, result)
    assert (told.name if told else None) == kind
