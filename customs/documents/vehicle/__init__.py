"""车辆: a truck registered with customs, so that 核放单 may name it."""

from __future__ import annotations

from customs.documents.vehicle.document import VEHICLE

__all__ = ["VEHICLE"]
