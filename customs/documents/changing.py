"""变更: what it may touch, how it is marked when it is sent, and what is valid once customs agreed.

`approved` is the version customs holds, `working` the one a clerk made out of it; both in normal form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.problems import Problem
from customs.documents.comparing import CHANGE_MARK, REMOVED, RowPairs, is_gone, row_key
from customs.documents.fields import FieldSpec
from customs.documents.findings import Findings, shown
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section

UNTOUCHED, CHANGED, ADDED = "0", "1", "3"
_MAX_NAMED = 5


def refused_changes(
    kind: Kind, approved: Mapping[str, Any], working: Mapping[str, Any], *, from_receipt: bool = False
) -> tuple[Problem, ...]:
    """Everything in the working copy that a 变更 may not touch, pointing into it; () when it may be sent.

    `from_receipt`: the approved version is known from a receipt alone; what receipts never tell may then be filled in.
    """
    findings = Findings(kind)
    for section in kind.sections:
        if from_receipt and section.down is None:
            continue
        pairs = RowPairs(section, approved, working)
        for before, after, specs in pairs.changes():
            old, new = pairs.old[before], pairs.new[after]
            fixed = [spec for spec in specs if not (spec.changeable or (from_receipt and spec.down is None))]
            if fixed and (more := kind.may_change(approved, section.name, old)):
                fixed = [spec for spec in fixed if spec.name not in more]
            number = after if section.many else None
            if fixed and section.rows_may_change and new.get(CHANGE_MARK) == ADDED != old.get(CHANGE_MARK):
                _reused(section, number, old, findings)
            else:
                _fixed(section, number, fixed, old, new, findings)
        if section.rows_may_change:
            _numbers_of_new_rows(section, pairs, findings)
        elif section.many:
            _fixed_rows(section, pairs, findings)
    return findings.problems()


def marked(kind: Kind, approved: Mapping[str, Any], working: Mapping[str, Any]) -> JsonObject:
    """The working copy as a change is uploaded: each row says what became of it, removed ones stand at the end.

    Only for a working copy in which `refused_changes` finds nothing.
    """
    document: JsonObject = dict(working)
    for section in kind.sections:
        if not section.many or CHANGE_MARK not in section.fields:
            continue
        pairs = RowPairs(section, approved, working)
        kept = {after for _, after in pairs.kept}
        changed = {after for _, after, _ in pairs.changes()}
        rows: list[Any] = [
            _with_mark(section, row, ADDED if n not in kept else CHANGED if n in changed else UNTOUCHED)
            for n, row in enumerate(pairs.new)
            if not is_gone(row)
        ]
        rows += [_with_mark(section, pairs.old[n], REMOVED) for n in pairs.removed]
        if rows or section.name in working:
            document[section.name] = rows
    return document


def without_removed(kind: Kind, document: Mapping[str, Any]) -> JsonObject:
    """An uploaded version as it is valid once approved: rows sent to be deleted are gone, no row is marked."""
    valid: JsonObject = dict(document)
    for section in kind.sections:
        if section.many and CHANGE_MARK in section.fields and section.name in document:
            rows = document[section.name] or ()
            kept: list[Any] = [_with_mark(section, row, UNTOUCHED) for row in rows if not is_gone(row)]
            valid[section.name] = kept
    return valid


def _with_mark(section: Section, row: Mapping[str, Any], mark: str) -> JsonObject:
    named = {**row, CHANGE_MARK: mark}
    if CHANGE_MARK in row:
        return named
    return {name: named[name] for name in section.fields if name in named}


def _fixed(
    section: Section,
    number: int | None,
    specs: Sequence[FieldSpec],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    findings: Findings,
) -> None:
    for spec in specs:
        was, now = (shown(row.get(spec.name, "空")) for row in (old, new))
        allowed = _allowed(section)
        findings.problem(section.name, number, spec.name, "not_changeable", old=was, new=now, allowed=allowed)


def _allowed(section: Section) -> str:
    labels = "、".join(spec.label for spec in section.fields.values() if spec.changeable)
    allowed = f"{section.label}只能变更：{labels}" if labels else f"{section.label}在变更时不能修改"
    return f"{allowed}；也可删除该行，以新的序号新增" if section.rows_may_change else allowed


def _numbers_of_new_rows(section: Section, pairs: RowPairs, findings: Findings) -> None:
    approved = {_key(section, row): row for row in pairs.old if not is_gone(row)}
    for number in pairs.added:
        key = _key(section, pairs.new[number])
        if None not in key and key in approved:
            _reused(section, number, approved[key], findings)


def _fixed_rows(section: Section, pairs: RowPairs, findings: Findings) -> None:
    for number in pairs.added:
        findings.problem(section.name, number, None, "rows_fixed", what="增加")
    if pairs.removed:
        named = "、".join(_named(section, n, pairs.old[n]) for n in pairs.removed[:_MAX_NAMED])
        more = f"等{len(pairs.removed)}行" if len(pairs.removed) > _MAX_NAMED else ""
        findings.problem(section.name, None, None, "rows_fixed", what=f"删除行（缺少{named}{more}）")


def _named(section: Section, number: int, row: Mapping[str, Any]) -> str:
    key = row_key(section, row).items()
    return "".join(f"{section.fields[name].label}{shown(value)}" for name, value in key) or (
        section.row_label.format(number + 1)
    )


def _reused(section: Section, number: int | None, old: Mapping[str, Any], findings: Findings) -> None:
    name = section.row_key[-1]
    findings.problem(section.name, number, name, "number_reused", value=shown(old[name]))


def _key(section: Section, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in section.row_key)
