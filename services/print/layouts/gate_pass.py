"""Print of the 核放单. No official sheet is known: what the gate looks at comes first, then the fields of the form."""

from __future__ import annotations

from services.print.layouts.parts import Column, Layout, Numbers, Pairs, Scannable, Table, Totals

GATE_PASS = Layout(
    kind="gate_pass",
    title_code=("head", "direction"),
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no"), ("head", "vehicle_no")),
    blocks=(
        Pairs(
            "head",
            heading="车辆与重量（千克）",
            rows=(
                ("vehicle_no", "vehicle_ic_no", "frame_no", "container_no"),
                ("vehicle_weight", "frame_weight", "container_type", "container_weight"),
                ("gross_weight", "net_weight", "total_weight", "collected_weight"),
            ),
        ),
        Scannable("head", "customs_no"),
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "internal_no", "gate_pass_type"),
                ("direction", "bind_type", "linked_type", "supervising_customs"),
                ("area_book_no", "area_code", "area_uscc", "area_name"),
                ("declaring_code", "declaring_uscc", "declaring_name", "declaration_type"),
                ("input_code", "input_uscc", "input_name", "applicant_contact"),
                ("declared_at", "passed_at", "second_passed_at", "passage_status"),
            ),
            rows_when_filled=(
                ("weight_error", "gate_id", "second_gate_id", "inspection_status"),
                ("arrival_mark", "approval_mark", "owner_system", "change_count"),
                ("reserve2", "reserve3", "reserve4"),
            ),
            across=("remark",),
            across_when_filled=("linked_nos",),
        ),
        Numbers("linked_documents", "bill_no"),
        Table(
            "goods",
            (
                Column("line_no", 30, "center"),
                Column("related_line_no", 40, "center"),
                Column("material_no", 110),
                Column("hs_code", 70, "center"),
                Column("name", 240),
                Column("gross_weight", 70, "right"),
                Column("net_weight", 70, "right"),
                Column("quantity", 70, "right"),
                Column("unit", 60, "center"),
            ),
            totals=Totals(sums=("gross_weight", "net_weight")),
            rest=True,
            left_out=("seq_no", "customs_no", "change_count"),
        ),
    ),
)
