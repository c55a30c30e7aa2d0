"""reference-events: facts of the master data that other services decide by."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Event, Part


class AuthorisationChanged(Event):
    """The whole current record of one 委托; sent at every change, newest `version` wins. Both days are included."""

    type: ClassVar[str] = "authorisation.changed.v1"

    tenant_id: UUID
    authorisation_id: UUID
    version: int = Field(ge=1)
    client_id: UUID
    enterprise_id: UUID | None = Field(
        default=None, description="The broker's enterprise; absent: any of the tenant"
    )
    kinds: tuple[str, ...] | None = Field(
        default=None, description="Code names of document kinds; absent: all"
    )
    valid_from: date
    valid_until: date
    withdrawn_on: date | None = Field(default=None, description="From this day on it holds no more")
    recorded_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.authorisation_id)


class PlacedCode(Part):
    """A code as it stands with an edition; `valid_until`: its last day, for one that the edition no longer has."""

    code: str
    name: str
    alpha: str | None = None
    full_name: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class PlacedGoodsCode(Part):
    """A goods code with its statutory units."""

    code: str
    unit: str
    second_unit: str | None = None


class GoodsCodesPlaced(Event):
    """An edition of the goods codes lies over that of the release from now on, for every tenant; all codes that hold with it."""

    type: ClassVar[str] = "goods_codes.placed.v1"

    tenant_id: UUID = Field(description="Nil: it is the platform's")
    edition: str
    valid_from: date
    revision: int = Field(ge=1, description="Grows with every placing; the highest counts")
    codes: list[PlacedGoodsCode]
    placed_at: AwareDatetime

    @property
    def key(self) -> str:
        return "hs_codes"


class CodesPlaced(Event):
    """An edition of a published code table lies over that of the release from now on, for every tenant; the whole table."""

    type: ClassVar[str] = "codes.placed.v1"

    tenant_id: UUID = Field(description="Nil: it is the platform's")
    table: str = Field(description="Name of the table in customs/codes")
    edition: str
    valid_from: date
    revision: int = Field(ge=1, description="Grows with every placing; the highest counts")
    codes: list[PlacedCode]
    placed_at: AwareDatetime

    @property
    def key(self) -> str:
        return self.table
