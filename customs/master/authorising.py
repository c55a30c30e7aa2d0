"""委托: for which client firm a broker may act, from when until when, and for which kinds of documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.answers.master import Verdict
from customs.documents import KINDS


class Authorisation(BaseModel):
    """One 委托 in force or past. Both days are included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    client_id: UUID
    enterprise_id: UUID | None = Field(None, description="The broker's enterprise; null: any of the tenant")
    kinds: tuple[str, ...] | None = Field(None, description="Kinds of documents; null: all")
    valid_from: date
    valid_until: date
    withdrawn_on: date | None = Field(None, description="From this day on it holds no more")


def may_act(
    authorisations: Iterable[Authorisation],
    *,
    client_ids: Collection[UUID],
    enterprise_id: UUID | None,
    kind: str,
    on: date,
) -> Verdict:
    """Whether one of them covers a document of this kind for this client firm on this day in Shanghai.

    The firm may be registered more than once, with another customs code each. Of those that do not, the reason of the one that came nearest is told: scope before dates.
    """
    nearest = (0, "该客户没有登记委托")
    for each in authorisations:
        if each.client_id not in client_ids:
            continue
        fault = _fault(each, enterprise_id, kind, on)
        if fault is None:
            return Verdict(allowed=True, authorisation_id=each.id)
        nearest = max(nearest, fault)
    return Verdict(allowed=False, reason=nearest[1])


def _fault(each: Authorisation, enterprise_id: UUID | None, kind: str, on: date) -> tuple[int, str] | None:
    if each.enterprise_id is not None and each.enterprise_id != enterprise_id:
        return 1, "委托的受托企业不是本次申报的企业"
    if each.kinds is not None and kind not in each.kinds:
        return 2, f"委托范围不含{KINDS[kind].label}"
    if each.withdrawn_on is not None and on >= each.withdrawn_on:
        return 3, f"委托已于{each.withdrawn_on.isoformat()}撤销"
    if on < each.valid_from:
        return 4, f"委托自{each.valid_from.isoformat()}起有效"
    if on > each.valid_until:
        return 4, f"委托已于{each.valid_until.isoformat()}到期"
    return None
