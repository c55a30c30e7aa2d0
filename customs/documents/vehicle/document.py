"""The whole 车辆备案: one head and no rows, and the kind everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.filling import complete_party, head_of
from customs.documents.head_rules import plate_in_capitals
from customs.documents.kinds import Kind, Party
from customs.documents.normal_form import JsonObject
from customs.documents.sections import section
from customs.documents.spellings import spelt
from customs.documents.vehicle.head import VehicleHead
from customs.documents.vehicle.life import LIFE


class Vehicle(BaseModel):
    """车辆备案 in normal form. Absent, null and "" are alike; decimals are strings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="车辆")

    head: VehicleHead = Field(default_factory=VehicleHead, title="表头")


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with parties and 申报类型 completed; nothing that was typed is touched."""
    del today
    head = head_of(document, enterprise)
    complete_party(head, "owner", enterprise)
    return {**document, "head": head}


VEHICLE = Kind(
    name="vehicle",
    label="车辆",
    url="vehicles",
    upload_type="SAS131",
    up_root=spelt("SAS131", "VehicleMessage"),
    catalogue_version=1,
    model=Vehicle,
    sections=(
        section(
            "head",
            "表头",
            VehicleHead,
            up=spelt("SAS131", "VehicleHead"),
            down="SasVehicleBsc",
            required=True,
        ),
    ),
    # That a plate is registered once needs the other vehicles.
    rules=(plate_in_capitals(),),
    listed=(
        "vehicle_no",
        "vehicle_type",
        "vehicle_weight",
        "vehicle_ic_no",
        "owner_code",
        "owner_name",
        "declaration_type",
        "declared_at",
        "supervising_customs",
    ),
    conditions=("vehicle_no", "vehicle_type", "owner_code", "declaration_type"),
    fill=fill,
    handle="vehicle_no",
    life=LIFE,
    tells_system=False,
)
