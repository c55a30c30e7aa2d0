"""Whatever passes our check is let in at the simulator's door, for every kind and round: two readings of one authority."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from customs.codes import table
from customs.documents import KINDS, Kind, Profile, check
from customs.documents.fields import FieldSpec
from customs.documents.life import FILED
from customs.singlewindow import compose_resend
from simulators.single_window.elements import Element
from simulators.single_window.form import Upload
from simulators.single_window.kinds import BY_NAME
from simulators.single_window.reader import read_upload as simulator_reads
from simulators.single_window.rules import reasons_to_refuse
from tests.support.breaking import EXAMPLES
from tests.unit.customs.test_message_round_trip import AT, ROUTE, composed

SEQ_NO, CUSTOMS_NO = "202600000000000123", "X3105E260116000001"


@dataclass(frozen=True)
class Case:
    """An example of a kind, declared in one of its rounds (DclTypecd)."""

    kind: Kind
    name: str
    document: dict[str, Any]
    round: str


def _cases() -> Iterator[Any]:
    for kind in KINDS.values():
        for path in sorted((EXAMPLES / kind.name).glob("*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            if not check(kind, document, Profile.DECLARE, system_fields="keep").ok:
                continue
            for code in (FILED, *(later.declaration_type for later in kind.life.rounds.values())):
                case = Case(kind, path.stem, _in_round(document, code), code)
                yield pytest.param(case, id=f"{kind.name}-{path.stem}-{code}")


def _in_round(document: dict[str, Any], code: str) -> dict[str, Any]:
    return {**document, "head": {**document["head"], "declaration_type": code}}


CASES = list(_cases())


def numbered(kind: Kind) -> str:
    """A customs number no longer than the kind's."""
    return CUSTOMS_NO[: kind.section("head").fields["customs_no"].max_length]


def uploaded(kind: Kind, document: dict[str, Any], flag: str = "1") -> Upload:
    """The upload as the simulator reads it; the card is the declaring firm's, a later round tells its numbers."""
    head = document["head"]
    route = ROUTE.model_copy(
        update={"operator_customs_code": head.get("declaring_code", ROUTE.operator_customs_code)}
    )
    later = head.get("declaration_type", FILED) != FILED
    known = {"seq_no": SEQ_NO, "customs_no": numbered(kind), "change_count": 0} if later else {}
    return simulator_reads(composed(document, kind, declare_flag=flag, route=route, **known))


def test_every_kind_has_an_example_of_every_round() -> None:
    told = {(case.values[0].kind.name, case.values[0].round) for case in CASES}
    wanted = {
        (kind.name, code)
        for kind in KINDS.values()
        for code in (FILED, *(later.declaration_type for later in kind.life.rounds.values()))
    }
    assert told == wanted


@pytest.mark.parametrize("case", CASES)
def test_what_passes_our_check_is_let_in(case: Case) -> None:
    checked = check(case.kind, case.document, Profile.DECLARE, system_fields="keep")
    assert checked.ok
    upload = uploaded(case.kind, checked.document)
    assert reasons_to_refuse(upload) == []
    assert upload.form.message_type == case.kind.upload_type
    assert (upload.declaration_type, upload.internal_no) == (case.round, case.document["head"]["internal_no"])
    if case.round != FILED:
        assert (upload.seq_no, upload.head[upload.form.customs_no]) == (SEQ_NO, numbered(case.kind))
    for section in case.kind.sections:
        if section.many and section.up is not None:
            assert len(upload.sections[section.up]) == len(case.document.get(section.name, []))


def _variants(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The example without one of its fields, or with one more; a section's rows are alike, so the first stands for all."""
    for section in case.kind.sections:
        part = case.document.get(section.name)
        if not part:
            continue
        row = part[0] if section.many else part
        for name, spec in section.fields.items():
            if (section.name, name) == ("head", "declaration_type"):
                continue
            if name in row:
                yield f"without {section.name}.{name}", _changed(case.document, section.name, name, None)
            elif spec.up is not None and spec.need != "system":
                for value in _values(spec):
                    changed = _changed(case.document, section.name, name, value)
                    yield f"with {section.name}.{name}={value!r:.40}", changed
        if section.many:
            yield f"without {section.name}", {**case.document, section.name: []}


def _changed(document: dict[str, Any], section: str, name: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    row = changed[section][0] if isinstance(changed[section], list) else changed[section]
    row[name] = value
    return changed


def _values(spec: FieldSpec) -> list[str | int]:
    """Values at both ends of what the catalogue allows."""
    if spec.table:
        return [min(table(spec.table).codes), max(table(spec.table).codes)]
    if spec.digits is not None:
        total, decimals = spec.digits
        most = f"{'9' * (total - decimals)}.{'9' * decimals}"
        return [1, 10**total - 1] if spec.type == "integer" else ["1", most]
    if spec.type == "date":
        return ["20991231"]
    if spec.form == "uscc":
        return ["91330206EXAMPLE019"]
    longest = "1" * spec.max_length
    return [longest] if spec.exact else ["1", longest, "中" * (spec.max_length // 2)]


@pytest.mark.parametrize("case", CASES)
def test_what_still_passes_with_a_field_more_or_less_is_let_in(case: Case) -> None:
    tried = 0
    for what, document in _variants(case):
        checked = check(case.kind, document, Profile.DECLARE, system_fields="keep")
        if checked.ok:
            tried += 1
            assert (what, reasons_to_refuse(uploaded(case.kind, checked.document))) == (what, [])
    assert tried > 5


@pytest.mark.parametrize("case", [case for case in CASES if case.values[0].round == FILED])
def test_what_may_be_saved_is_let_in_as_a_draft(case: Case) -> None:
    drafts = [("whole", case.document), *_variants(case)]
    drafts.append(("bare", _bare(case)))
    for what, document in drafts:
        checked = check(case.kind, document, Profile.SAVE, system_fields="keep")
        if checked.ok:
            upload = uploaded(case.kind, checked.document, flag="0")
            assert (what, reasons_to_refuse(upload)) == (what, [])


def _bare(case: Case) -> dict[str, Any]:
    """Nothing but what a draft needs."""
    head = case.kind.section("head").fields
    return {"head": {name: v for name, v in case.document["head"].items() if head[name].need == "save"}}


def _pairs() -> Iterator[Any]:
    for kind in KINDS.values():
        tables = {section.element: section.table for section in BY_NAME[kind.name].form.sections}
        for section in kind.sections:
            if section.up is None:
                continue
            spelt = {name: e for e in tables[section.up].values() for name in (e.name, *e.also)}
            for spec in section.fields.values():
                if spec.up is not None:
                    yield pytest.param(spec, spelt.get(spec.up), id=f"{kind.name}-{section.up}-{spec.up}")


@pytest.mark.parametrize(("spec", "element"), [*_pairs()])
def test_every_element_we_can_write_is_known_there_and_no_narrower(
    spec: FieldSpec, element: Element | None
) -> None:
    assert element is not None
    if element.among:
        assert spec.table is not None
        assert table(spec.table).open or table(spec.table).codes <= element.among
    if element.digits is not None:
        assert spec.digits is not None
        assert spec.digits[0] <= element.digits[0]
        assert spec.digits[1] <= element.digits[1]
        assert spec.sign == "positive" or not element.positive
    elif element.length:
        assert spec.max_length <= element.length
    if element.exact:
        assert (spec.max_length, spec.exact) == (element.exact, True)
    # A need that depends on other fields is for the rules, tried above.
    assert element.need == "" or spec.need in ("save", element.need)


@pytest.mark.parametrize("customs_no", [CUSTOMS_NO, None])
def test_a_request_for_receipts_is_let_in(customs_no: str | None) -> None:
    upload = simulator_reads(
        compose_resend(
            seq_no=SEQ_NO,
            customs_no=customs_no,
            route=ROUTE,
            message_id="M1",
            send_time=AT,
            file_name="M1.zip",
        )
    )
    assert reasons_to_refuse(upload) == []
    assert upload.internal_no == SEQ_NO
    assert upload.head.get("BusinessId") == customs_no
