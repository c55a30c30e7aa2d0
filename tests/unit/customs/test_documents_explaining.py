"""Every field a page shows is explained in a clerk's words, and its example is one the field takes."""

from __future__ import annotations

import pytest

from customs.documents import KINDS
from customs.documents.explaining import explained, own_words, shared_words
from customs.documents.fields import FieldSpec
from customs.documents.kinds import Kind
from customs.documents.sections import Section
from customs.documents.values import reader

OF_THE_PAGE = [KINDS[name] for name in ("inventory", "business_form", "stock_bill", "gate_pass")]
FIELDS = [
    pytest.param(kind, section, spec, id=f"{kind.name}.{section.name}.{spec.name}")
    for kind in OF_THE_PAGE
    for section, spec in kind.fields()
]


@pytest.mark.parametrize(("kind", "section", "spec"), FIELDS)
def test_a_field_is_explained(kind: Kind, section: Section, spec: FieldSpec) -> None:
    words = explained(kind, section, spec.name)
    assert words is not None
    assert len(words.means) >= 6 and words.found, words
    assert words.means != spec.label, "says more than the label"
    given: object = int(words.example) if spec.type == "integer" else words.example
    assert reader(spec)(given) == given


def test_nothing_is_explained_that_there_is_not() -> None:
    names = {spec.name for kind in OF_THE_PAGE for _, spec in kind.fields()}
    assert shared_words().keys() <= names
    for kind in OF_THE_PAGE:
        for section, words in own_words(kind.name).items():
            assert words.keys() <= kind.section(section).fields.keys(), (kind.name, section)
