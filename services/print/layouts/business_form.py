"""Print of the 业务申报表. No official sheet is known: the frame of the 核注清单, fields in the order of the form."""

from __future__ import annotations

from services.print.layouts.parts import Column, Layout, Pairs, Table, Totals

_OF_THE_HEAD = ("seq_no", "customs_no", "change_count")

BUSINESS_FORM = Layout(
    kind="business_form",
    title_code=("head", "direction"),
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no")),
    blocks=(
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "area_book_no", "internal_no"),
                ("business_type", "direction", "owner_system", "declaration_type"),
                ("area_code", "area_uscc", "area_name", "outside_code"),
                ("outside_uscc", "outside_name", "outside_book_no", "deposit_no"),
                ("valid_until", "declared_at", "applicant", "supervising_customs"),
                ("exhibition_place", "material_mark", "form_status", "change_count"),
                ("declaring_code", "declaring_uscc", "declaring_name", "scrap_mark"),
                ("input_code", "input_uscc", "input_name", "domestic_sale_mark"),
            ),
            rows_when_filled=(
                ("filing_approved_at", "change_approved_at", "concluded_at", "approval_mark"),
                ("guarantee_ratio", "reserve2", "reserve3", "reserve4"),
            ),
            across=("remark",),
            across_when_filled=("approval_note",),
        ),
        Table(
            "goods",
            (
                Column("line_no", 23, "center"),
                Column("material_mark", 36, "center"),
                Column("book_line_no", 28, "center"),
                Column("material_no", 58),
                Column("hs_code", 45, "center"),
                Column("name", 84),
                Column("specification", 110),
                Column("quantity", 45, "right"),
                Column("unit", 34, "center"),
                Column("currency", 41, "center"),
                Column("unit_price", 42, "right"),
                Column("total_price", 50, "right"),
                Column("statutory_unit", 34, "center"),
                Column("second_statutory_unit", 34, "center"),
                Column("licence_no", 48),
                Column("licence_valid_until", 42, "center"),
                Column("goods_mark", 26, "center"),
                Column("change_mark", 34, "center"),
            ),
            totals=Totals(by_code=(("total_price", "currency"),)),
            rest=True,
            left_out=_OF_THE_HEAD,
            always=True,
        ),
        Table(
            "consumptions",
            (
                Column("product_line_no", 60, "center"),
                Column("material_line_no", 60, "center"),
                Column("net_consumption", 90, "right"),
                Column("loss_rate", 90, "right"),
                Column("change_mark", 60, "center"),
            ),
            rest=True,
            left_out=_OF_THE_HEAD,
        ),
    ),
)
