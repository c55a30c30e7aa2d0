"""The documents: one field catalogue per kind, and the check that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.documents.business_form import BUSINESS_FORM
from contracts.documents.check import Checked, check
from contracts.documents.copies import copied
from contracts.documents.fields import FieldSpec
from contracts.documents.gate_pass import GATE_PASS
from contracts.documents.inventory import INVENTORY
from contracts.documents.kinds import JsonObject, Kind, Party, Profile, Section
from contracts.documents.stock_bill import STOCK_BILL
from contracts.documents.two_step_pass import TWO_STEP_PASS
from contracts.documents.vehicle import VEHICLE
from contracts.problems import Problem

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            INVENTORY,
            BUSINESS_FORM,
            STOCK_BILL,
            GATE_PASS,
            VEHICLE,
            TWO_STEP_PASS,
        )
    }
)
"""Every document kind by code name."""

__all__ = [
    "KINDS",
    "Checked",
    "FieldSpec",
    "JsonObject",
    "Kind",
    "Party",
    "Problem",
    "Profile",
    "Section",
    "check",
    "copied",
]
