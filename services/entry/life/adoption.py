"""Documents that were declared outside: taken over by their numbers, or with the content of a full receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from backbone import outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.entry import DocumentAdopted, Fact
from contracts.permissions import DOCUMENT_READ, DOCUMENT_RESOLVE
from contracts.problems import problem
from customs.documents import JsonObject, Kind, Profile
from customs.documents.life import Life, Purpose
from services.entry.document import beginning, store
from services.entry.document.checking import checked
from services.entry.document.free_text import FreeText
from services.entry.document.opening import Saved, actor, reference
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import AlreadyHere
from services.entry.document.store import Ordered
from services.entry.fold.told import ADOPTED, Told
from services.entry.life import absorbing


class Adoption(BaseModel):
    """A document that the authority already has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    seq_no: str = Field(pattern=r"^[0-9A-Za-z]{18}$", title="预录入统一编号")
    customs_no: str | None = Field(default=None, max_length=64, pattern=r"^[0-9A-Z]+$", title="海关编号")
    internal_no: str | None = Field(default=None, max_length=64, title="企业内部编号")
    change_count: int | None = Field(default=None, ge=0, le=9_999, title="变更次数")
    document: dict[str, Any] | None = Field(default=None, title="单证内容")
    reason: FreeText = Field(min_length=2, max_length=500, title="接管原因")


async def adopt(
    connection: Connection, caller: Principal, kind: Kind, owner: Owner, given: Adoption, size: int
) -> Saved:
    """A document that goes on here; what was given had `size` bytes. Receipts tell how it goes on.

    A customs number says that it was approved, the marks of a full receipt how far it is.

    What does not fit the catalogue is left out and told as a warning: customs has taken it already.
    Raises InvalidRequest, EnterpriseUnclear, AlreadyHere, InternalNumberTaken, Forbidden.
    """
    content = dict(given.document or {})
    head: dict[str, Any] = {}
    if isinstance(content.get("head"), dict):
        head = dict(content["head"])
    if given.internal_no is not None:
        head["internal_no"] = given.internal_no
    enterprise = await enterprise_of(connection, owner, {"head": head})
    caller.require(
        DOCUMENT_RESOLVE,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
    )
    await _not_here(connection, caller, kind, given.seq_no)
    full = {**content, "head": head}
    result = await checked(kind, full, Profile.SAVE, size, system_fields="told")
    taken, told = _parted(kind, result.document)
    clean_head = taken.get("head")
    if not isinstance(clean_head, dict) or "internal_no" not in clean_head:
        raise InvalidRequest(
            problems=[problem("required", "/internal_no", field="「企业内部编号」", purpose="接管")]
        )
    row = replace(
        beginning.new_draft(caller, kind, owner, enterprise, taken),
        attempt_no=1,
        seq_no=given.seq_no,
        origin="adopted",
        state="accepted",
    )
    await beginning.insert(connection, caller, row)
    by, now = actor(caller), datetime.now(UTC)
    await store.add_attempt(
        connection,
        row,
        Ordered(new_id(), Purpose.FILING, "adopted", "1", orjson.dumps(taken), now, by),
    )
    event = DocumentAdopted(
        **reference(row),
        catalogue_version=kind.catalogue_version,
        document=taken,
        adopted_by=by,
        reason=given.reason,
        created_at=now,
        occurred_at=now,
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    outcome = _as_marked(kind.life, told) or ("approved" if given.customs_no else "acknowledged")
    said = Told(
        key=ADOPTED,
        outcome=outcome,
        # What happens outside rounds belongs to no attempt.
        attempt_no=1 if outcome in kind.life.course else None,
        occurred_at=now,
        seq_no=given.seq_no,
        customs_no=given.customs_no,
        change_count=given.change_count,
        reasons=(given.reason,),
        authority=told,
    )
    line = Fact(
        fact_id=said.key,
        type="resolved",
        attempt_no=1,
        occurred_at=now,
        text=f"{caller.name}接管在官方页面申报的单证，统一编号{given.seq_no}",
        reasons=[given.reason],
    )
    row = await absorbing.take_up(connection, row, said, line)
    return Saved(row, (*result.problems, *result.warnings))


async def _not_here(connection: Connection, caller: Principal, kind: Kind, seq_no: str) -> None:
    """Raises AlreadyHere. Two who take over the same document at once wait for each other."""
    lock = f"{caller.tenant_id}/{kind.name}/{seq_no}"
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", lock)
    found = await store.find_by_seq_no(connection, kind.name, seq_no)
    if found is None:
        return
    scope = {"enterprise_id": found.enterprise_id, "team_id": found.team_id, "client_id": found.client_id}
    seen = caller.may(DOCUMENT_READ, **scope)
    where = f"，企业内部编号{found.internal_no}" if seen else ""
    raise AlreadyHere(
        f"统一编号{seq_no}{where}", extra={"document_id": str(found.document_id)} if seen else {}
    )


def _as_marked(life: Life, told: Mapping[str, Any]) -> str | None:
    """The answer that leads to the state which these marks of the head go with; None where they tell of none."""
    for state, marks in life.tells.items():
        if marks and all(told.get(name) == value for name, value in marks.items()):
            for steps in (life.course, life.happenings):
                for outcome, step in steps.items():
                    if step.state == state:
                        return outcome
    return None


def _parted(kind: Kind, document: JsonObject) -> tuple[JsonObject, dict[str, Any]]:
    """What a clerk could have typed, and what of the head only the authority sets."""
    typed: JsonObject = {}
    told: dict[str, Any] = {}
    for section in kind.sections:
        part = document.get(section.name)
        system = {name for name, spec in section.fields.items() if spec.need == "system"}
        if isinstance(part, dict):
            typed[section.name] = {name: value for name, value in part.items() if name not in system}
            if section.name == "head":
                told = {name: value for name, value in part.items() if name in system}
        elif isinstance(part, list):
            typed[section.name] = [
                {name: value for name, value in row.items() if name not in system}
                for row in part
                if isinstance(row, dict)
            ]
    return typed, told
