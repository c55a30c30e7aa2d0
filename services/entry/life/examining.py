"""Everything that decides whether a document may be declared now: asked by the declaration, and by the preview of it.

A declaration locks what it leans on and remembers it; a preview neither locks nor writes, and says what it cannot know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest, Refusal
from contracts.permissions import DOCUMENT_WRITE
from contracts.problems import Problem, problem
from customs.documents import JsonObject, Kind, Profile
from customs.documents.changing import marked, refused_changes, without_removed
from customs.documents.comparing import compare
from customs.documents.findings import Findings
from customs.documents.life import FILED, Purpose
from services.entry.document import checking
from services.entry.document.beginning import new_draft
from services.entry.document.opening import handle_of
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import (
    AlreadyUnderWay,
    EnterpriseSuspended,
    EnterpriseUnclear,
    NotStageable,
    ReviewRequired,
    RoundNotPossible,
)
from services.entry.document.store import Document, Enterprise
from services.entry.document.versions import approved_document
from services.entry.ledger import agreeing
from services.entry.ledger import checking as balances
from services.entry.life import authorising, reviews
from services.entry.relations import leaning, used


@dataclass(slots=True)
class Examined:
    """What was found. `refusals` end a declaration whatever its content; the first is the one it answers."""

    enterprise: Enterprise
    snapshot: JsonObject = field(default_factory=dict)
    """What would be sent."""
    refusals: list[Refusal] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, found: Findings) -> None:
        self.problems += found.problems()
        self.warnings += found.warnings()

    def require(self) -> None:
        """Raises what stands against declaring."""
        for refusal in self.refusals:
            raise refusal
        if self.problems:
            raise InvalidRequest(
                f"共有{len(self.problems)}处需要改正",
                problems=self.problems,
                extra={"warnings": [each.model_dump() for each in self.warnings]},
            )


async def examine(
    connection: Connection, caller: Principal, row: Document, *, declares: bool, looks_only: bool = False
) -> Examined:
    """All that stands against ordering an attempt of the open round. `declares` False: it is 暂存 only.

    Without `looks_only` the row is locked and nothing but what its lines have left is still to be asked, under their lock.
    """
    kind = row.of_kind
    found = Examined(await enterprise_of(connection, Owner(row.enterprise_id), {}))
    standing = (why_not_declared if declares else why_not_staged)(row)
    found.refusals += [] if standing is None else [standing]
    at_rest = not found.refusals
    if found.enterprise.status != "active":
        found.refusals.append(EnterpriseSuspended(found.enterprise.name))
    if declares and (needed := await reviews.still_needed(connection, row)) is not None:
        found.refusals.append(needed)
    if found.refusals and not looks_only:
        return found
    purpose = Purpose(row.round_purpose or Purpose.FILING)
    filing = purpose is Purpose.FILING
    if filing:
        await _filed(found, kind, row, declares=declares)
        if row.attempt_no == 0:
            row = replace(row, handle=handle_of(kind, found.snapshot))
    else:
        await _later(found, connection, kind, row, purpose)
    if not isinstance(found.snapshot.get("head"), Mapping):
        return found
    missing, refuses = await authorising.missing(connection, kind, found.enterprise, found.snapshot)
    if missing is not None:
        (found.problems if refuses else found.warnings).append(missing)
    if not (declares and at_rest):
        return found
    if filing or kind.life.rounds[purpose].edits:
        valid_then = found.snapshot
        if not filing:
            valid_then = await beside_loop(len(row.content), without_removed, kind, found.snapshot)
        await _leaned(found, connection, kind, row, valid_then, looks_only=looks_only)
        booked = Findings(kind)
        await agreeing.check(connection, kind, row.tenant_id, valid_then, len(row.content), booked)
        found.add(booked)
    if looks_only or found.problems:
        found.add(await balances.look(connection, caller, row, found.snapshot))
    return found


async def preview(
    connection: Connection, caller: Principal, kind: Kind, owner: Owner, body: bytes
) -> tuple[list[Problem], list[Problem]]:
    """Problems and warnings of declaring what is not saved."""
    why = None
    try:
        enterprise = await enterprise_of(connection, owner, _given(body))
    except EnterpriseUnclear as unclear:
        why = unclear.detail
    else:
        scope = {"team_id": owner.team_id, "client_id": owner.client_id}
        if not caller.may(DOCUMENT_WRITE, enterprise_id=enterprise.enterprise_id, **scope):
            why = f"没有为「{enterprise.name}」做单的权限"
    if why is not None:
        result = await checking.checked(kind, body, Profile.DECLARE, len(body))
        what = "申报企业、委托、关联单证、账册和复核"
        return [*result.problems], [*result.warnings, problem("not_checked", "", what=what, why=why)]
    unnamed: JsonObject = {"head": {"internal_no": ""}}
    row = replace(new_draft(caller, kind, owner, enterprise, unnamed), content=body)
    return told(await examine(connection, caller, row, declares=True, looks_only=True), saved=False)


def _given(body: bytes) -> Mapping[str, object]:
    """What was sent, as far as it is a document; the check words what is wrong with it."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def told(found: Examined, *, saved: bool = True) -> tuple[list[Problem], list[Problem]]:
    """Problems and warnings, the refusals of the whole among them. What is not saved can be reviewed only afterwards."""
    whole = [(each, _as_problem(each)) for each in found.refusals]
    later = [] if saved else [p for refusal, p in whole if isinstance(refusal, ReviewRequired)]
    now = [each for _, each in whole if each not in later]
    errors = [*now, *found.problems]
    said = {(each.pointer, each.code) for each in errors}
    return errors, [*later, *(each for each in found.warnings if (each.pointer, each.code) not in said)]


def _as_problem(refusal: Refusal) -> Problem:
    message = f"{refusal.title}：{refusal.detail}" if refusal.detail else refusal.title
    return Problem.model_construct(pointer="", code=refusal.code, message=message, hint=refusal.hint)


def why_not_declared(document: Document) -> Refusal | None:
    """Why it cannot be declared now, in the round that is open, its review aside; None: it can."""
    state = document.of_kind.life.states[document.round_state or document.state]
    if not state.editable:
        return AlreadyUnderWay(f"单证{state.label}，{state.description}")
    return _outlived(document)


def why_not_staged(document: Document) -> Refusal | None:
    """Why it cannot be kept at the Single Window now."""
    if (refusal := why_not_declared(document)) is not None:
        return refusal
    state = document.of_kind.life.states[document.round_state or document.state]
    if document.round_purpose is None and state.code in ("draft", "stored", "failed"):
        return None
    return NotStageable(f"{state.label}的单证应修改后直接申报")


def _outlived(document: Document) -> Refusal | None:
    """The open round may have come to nothing, e.g. the document was deducted meanwhile."""
    if document.round_purpose is None:
        return None
    spec = document.of_kind.life.rounds[Purpose(document.round_purpose)]
    if document.state in spec.from_states:
        return None
    state = document.of_kind.life.states[document.state]
    return RoundNotPossible(f"单证{state.label}，不能再申请{spec.label}，请撤回该申请")


async def _filed(found: Examined, kind: Kind, document: Document, *, declares: bool) -> None:
    profile = Profile.DECLARE if declares else Profile.SAVE
    result, problems = await checking.found(
        kind,
        document.content,
        profile,
        len(document.content),
        of_card=found.enterprise,
        more=_not_a_filing,
        codes_hold=declares,
    )
    found.problems += problems
    found.warnings += result.warnings
    found.snapshot = _typed(result.document, FILED)


async def _leaned(
    found: Examined,
    connection: Connection,
    kind: Kind,
    document: Document,
    snapshot: JsonObject,
    *,
    looks_only: bool,
) -> None:
    leant = await leaning.findings_of(connection, kind, document, snapshot, looks_only=looks_only)
    problems = leant.problems()
    if document.round_purpose is not None:
        # What a document leans on may have ended since it was filed; a change asks of it quantities alone.
        problems = tuple(each for each in problems if not each.pointer.startswith("/head/"))
    found.problems += problems
    found.warnings += leant.warnings()


def _not_a_filing(given: JsonObject) -> list[Problem]:
    """DclTypecd follows from the round; another one in a draft is a misunderstanding to be cleared up."""
    head = given.get("head")
    typed = head.get("declaration_type") if isinstance(head, dict) else None
    if typed in (None, FILED):
        return []
    why = "变更、删除、作废、结案请对已通过的单证提出相应的申请"
    return [
        problem(
            "must_be", "/head/declaration_type", field="「申报类型」", expected=f"{FILED}（备案）", why=why
        )
    ]


async def _later(
    found: Examined, connection: Connection, kind: Kind, document: Document, purpose: Purpose
) -> None:
    """What is sent in a round after the filing."""
    spec = kind.life.rounds[purpose]
    approved = await approved_document(connection, document)
    adopted = document.origin == "adopted" and document.approved_attempt_no == 1
    size = len(document.content)
    if not spec.edits:
        found.snapshot = _typed(approved, spec.declaration_type)
        if adopted:
            # What was taken over by its numbers alone cannot be sent.
            whole = await checking.checked(kind, found.snapshot, Profile.DECLARE, size)
            found.problems += whole.problems
        return
    typed = _typed(document.document, spec.declaration_type)
    result, problems = await checking.found(
        kind,
        typed,
        Profile.DECLARE,
        size,
        of_card=found.enterprise,
        more=lambda working: refused_changes(kind, approved, working, from_receipt=adopted),
    )
    found.problems += problems
    found.problems += await used.too_low(connection, kind, document, approved, result.document)
    found.warnings += result.warnings
    if await beside_loop(size, lambda: compare(kind, approved, result.document).same):
        found.problems.append(problem("nothing_changed", "", round=spec.label))
    found.snapshot = await beside_loop(size, marked, kind, approved, result.document)


def _typed(document: JsonObject, declaration_type: str) -> JsonObject:
    head = document.get("head")
    return {
        **document,
        "head": {**(head if isinstance(head, dict) else {}), "declaration_type": declaration_type},
    }
