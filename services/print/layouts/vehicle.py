"""Print of the registration of a 车辆. No official sheet is known: the fields in the order of the form."""

from __future__ import annotations

from services.print.layouts.parts import Layout, Pairs

VEHICLE = Layout(
    kind="vehicle",
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no"), ("head", "vehicle_no")),
    blocks=(
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "internal_no", "vehicle_no"),
                ("vehicle_type", "vehicle_ic_no", "vehicle_weight", "supervising_customs"),
                ("owner_code", "owner_uscc", "owner_name", "declaration_type"),
                ("declaring_code", "declaring_uscc", "declaring_name", "applicant"),
                ("input_code", "input_uscc", "input_name", "declared_at"),
                ("filed_at", "changed_at", "vehicle_status", "change_count"),
            ),
            rows_when_filled=(
                ("approval_mark", "owner_system"),
                ("reserve1", "reserve2", "reserve3", "reserve4"),
            ),
            across=("remark",),
        ),
    ),
)
