"""Documents that were declared outside: taken over by their numbers, or with the content of a full receipt."""

from __future__ import annotations

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
from contracts.documents import JsonObject, Kind, Profile, check
from contracts.documents.life import Purpose
from contracts.events.entry import DocumentAdopted, Fact
from contracts.permissions import DOCUMENT_RESOLVE
from contracts.problems import problem
from services.entry import commands, progress, store
from services.entry.commands import Saved, actor, reference
from services.entry.ownership import Owner, enterprise_of
from services.entry.store import Ordered
from services.entry.told import Told


class Adoption(BaseModel):
    """A document that the authority already has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    seq_no: str = Field(pattern=r"^[0-9A-Za-z]{18}$", title="预录入统一编号")
    customs_no: str | None = Field(default=None, max_length=64, pattern=r"^[0-9A-Z]+$", title="海关编号")
    internal_no: str | None = Field(default=None, max_length=64, title="企业内部编号")
    change_count: int | None = Field(default=None, ge=0, title="变更次数")
    document: JsonObject | None = Field(default=None, title="单证内容")
    reason: str = Field(min_length=2, max_length=500, title="接管原因")


async def adopt(
    connection: Connection, caller: Principal, kind: Kind, owner: Owner, given: Adoption
) -> Saved:
    """A document that goes on here. A customs number says that it was approved; receipts tell the rest.

    What does not fit the catalogue is left out and told as a warning: customs has taken it already.
    Raises InvalidRequest, EnterpriseUnclear, InternalNumberTaken, Forbidden.
    """
    content = dict(given.document or {})
    head: dict[str, Any] = {}
    if isinstance(content.get("head"), dict):
        head = dict(content["head"])  # type: ignore[arg-type]  # narrowed by isinstance on the line before
    if given.internal_no is not None:
        head["internal_no"] = given.internal_no
    enterprise = await enterprise_of(connection, owner, {"head": head})
    caller.require(
        DOCUMENT_RESOLVE,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
    )
    result = check(kind, {**content, "head": head}, Profile.SAVE, system_fields="keep")
    taken, told = _parted(kind, result.document)
    clean_head = taken.get("head")
    if not isinstance(clean_head, dict) or "internal_no" not in clean_head:
        raise InvalidRequest(
            problems=[problem("required", "/internal_no", field="「企业内部编号」", purpose="接管")]
        )
    row = replace(
        commands.new_draft(caller, kind, owner, enterprise, taken),
        attempt_no=1,
        seq_no=given.seq_no,
        origin="adopted",
        state="accepted",
    )
    await commands.insert(connection, caller, row)
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
    said = Told(
        key="adopted",
        outcome="approved" if given.customs_no else "acknowledged",
        attempt_no=1,
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
    row = await progress.take_up(connection, row, said, line)
    return Saved(row, (*result.problems, *result.warnings))


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
