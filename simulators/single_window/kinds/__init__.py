"""The kinds of documents the simulator knows. A new kind is a folder here and a line below."""

from __future__ import annotations

from simulators.single_window.kinds.business_form import BUSINESS_FORM
from simulators.single_window.kinds.gate_pass import GATE_PASS
from simulators.single_window.kinds.inventory import INVENTORY
from simulators.single_window.kinds.kind import Kind
from simulators.single_window.kinds.stock_bill import STOCK_BILL
from simulators.single_window.kinds.two_step_pass import TWO_STEP_PASS
from simulators.single_window.kinds.vehicle import VEHICLE

KINDS: tuple[Kind, ...] = (INVENTORY, BUSINESS_FORM, STOCK_BILL, GATE_PASS, VEHICLE, TWO_STEP_PASS)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
_BY_TYPE = {kind.form.message_type: kind for kind in KINDS}


def kind_of(message_type: str) -> Kind | None:
    """The kind an upload of that message type belongs to; None for a request that is no document."""
    return _BY_TYPE.get(message_type)
