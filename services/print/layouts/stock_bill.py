"""Print of the 出入库单. No official sheet is known: the frame of the 核注清单, fields in the order of the form."""

from __future__ import annotations

from services.print.layouts.parts import Column, Layout, Pairs, Table, Totals

STOCK_BILL = Layout(
    kind="stock_bill",
    title_code=("head", "direction"),
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no")),
    blocks=(
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "internal_no", "business_form_no"),
                ("business_type", "direction", "area_book_no", "area_code"),
                ("area_uscc", "area_name", "declaring_code", "declaring_uscc"),
                ("declaring_name", "input_code", "input_uscc", "input_name"),
                ("input_date", "supervising_customs", "material_mark", "related_inventory_no"),
                ("related_bill_no", "package_count", "package_type", "gross_weight"),
                ("net_weight", "applicant", "gathered_mark", "pass_mark"),
                ("gate_pass_status", "declared_at", "declaration_type", "change_count"),
            ),
            rows_when_filled=(
                ("bill_status", "approval_mark", "owner_system", "levy_amount"),
                ("reserve1", "reserve2", "reserve3", "reserve4"),
            ),
            across=("remark",),
            across_when_filled=("approval_note",),
        ),
        Table(
            "goods",
            (
                Column("line_no", 26, "center"),
                Column("form_line_no", 26, "center"),
                Column("book_line_no", 26, "center"),
                Column("material_no", 54),
                Column("hs_code", 45, "center"),
                Column("name", 68),
                Column("specification", 80),
                Column("unit", 32, "center"),
                Column("currency", 38, "center"),
                Column("quantity", 40, "right"),
                Column("unit_price", 40, "right"),
                Column("total_price", 46, "right"),
                Column("statutory_unit", 34, "center"),
                Column("statutory_quantity", 40, "right"),
                Column("second_statutory_unit", 34, "center"),
                Column("second_statutory_quantity", 36, "right"),
                Column("consumption_version", 26, "center"),
                Column("gross_weight", 36, "right"),
                Column("net_weight", 36, "right"),
                Column("change_mark", 28, "center"),
                Column("origin_country", 34, "center"),
                Column("destination_country", 34, "center"),
                Column("levy_mode", 31, "center"),
            ),
            totals=Totals(sums=("gross_weight", "net_weight"), by_code=(("total_price", "currency"),)),
            rest=True,
            left_out=("seq_no", "customs_no", "change_count"),
            always=True,
        ),
    ),
)
