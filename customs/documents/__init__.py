"""The documents: one field catalogue per kind, and the check that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.problems import Problem
from customs.documents.business_form import BUSINESS_FORM
from customs.documents.check import Checked, check
from customs.documents.copies import copied
from customs.documents.fields import FieldSpec
from customs.documents.gate_pass import GATE_PASS
from customs.documents.inventory import INVENTORY
from customs.documents.kinds import Kind, Party, Profile
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.documents.stock_bill import STOCK_BILL
from customs.documents.two_step_pass import TWO_STEP_PASS
from customs.documents.vehicle import VEHICLE

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
