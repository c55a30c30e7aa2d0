"""The layouts. A new document kind is a file here and a line in LAYOUTS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.print.layouts.business_form import BUSINESS_FORM
from services.print.layouts.checking import checked
from services.print.layouts.gate_pass import GATE_PASS
from services.print.layouts.inventory import INVENTORY
from services.print.layouts.parts import Layout
from services.print.layouts.stock_bill import STOCK_BILL
from services.print.layouts.two_step_pass import TWO_STEP_PASS
from services.print.layouts.vehicle import VEHICLE

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        layout.kind: checked(layout)
        for layout in (
            INVENTORY,
            BUSINESS_FORM,
            STOCK_BILL,
            GATE_PASS,
            VEHICLE,
            TWO_STEP_PASS,
        )
    }
)
"""Every layout by the code name of its kind."""
