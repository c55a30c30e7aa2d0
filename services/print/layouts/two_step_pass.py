"""Print of the 两步申报核放单, as that of the 核放单; its message tells no weights."""

from __future__ import annotations

from services.print.layouts.parts import Layout, Numbers, Pairs, Scannable

TWO_STEP_PASS = Layout(
    kind="two_step_pass",
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no"), ("head", "vehicle_no")),
    blocks=(
        Pairs("head", heading="车辆", rows=(("vehicle_no", "vehicle_ic_no", "container_no"),)),
        Scannable("head", "customs_no"),
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "internal_no", "supervising_customs"),
                ("area_code", "area_uscc", "area_name", "declaration_type"),
                ("declaring_code", "declaring_uscc", "declaring_name", "applicant_contact"),
                ("input_code", "input_uscc", "input_name", "declared_at"),
                ("passed_at", "second_passed_at", "passage_status", "change_count"),
            ),
            rows_when_filled=(
                ("gate_id", "second_gate_id", "inspection_status", "approval_mark"),
                ("owner_system", "reserve1", "reserve2", "reserve3"),
                ("reserve4",),
            ),
            across=("remark",),
        ),
        Numbers("entries", "entry_no"),
    ),
)
