"""Print of the 保税核注清单 after a broker's copy of the official sheet; the related parties' last column is ours."""

from __future__ import annotations

from services.print.layouts.parts import Column, Layout, Numbers, Pairs, Table, Totals

_GOODS = (
    Column("line_no", 25, "center"),
    Column("entry_line_no", 31, "center"),
    Column("book_line_no", 25, "center"),
    Column("material_no", 58),
    Column("hs_code", 45, "center"),
    Column("name", 75),
    Column("specification", 93),
    Column("origin_country", 35, "center"),
    Column("destination_country", 35, "center"),
    Column("currency", 41, "center"),
    Column("unit_price", 42, "right"),
    Column("quantity", 42, "right"),
    Column("unit", 34, "center"),
    Column("total_price", 48, "right"),
    Column("statutory_quantity", 41, "right"),
    Column("statutory_unit", 34, "center"),
    Column("second_statutory_quantity", 38, "right"),
    Column("second_statutory_unit", 34, "center"),
    Column("levy_mode", 32, "center"),
    Column("consumption_version", 26, "center"),
)
_GOODS_TOTALS = Totals(sums=("gross_weight", "net_weight"), by_code=(("total_price", "currency"),))

INVENTORY = Layout(
    kind="inventory",
    title_code=("head", "direction"),
    identity=(("head", "seq_no"), ("head", "customs_no"), ("head", "internal_no")),
    blocks=(
        Pairs(
            "head",
            rows=(
                ("seq_no", "customs_no", "inventory_type", "book_no"),
                ("operating_code", "operating_uscc", "operating_name", "receiving_code"),
                ("receiving_uscc", "receiving_name", "declaring_code", "declaring_uscc"),
                ("declaring_name", "input_code", "input_uscc", "input_name"),
                ("input_date", "declared_at", "gate_status", "deduction_mark"),
                ("internal_no", "border_customs", "supervising_customs", "shipment_country"),
                ("material_mark", "supervision_mode", "transport_mode", "business_form_no"),
                ("transfer_type", "clearance_flag", "clearance_type", "entry_type"),
                ("related_inventory_no", "related_book_no", "related_entry_no", "entry_declared_at"),
                ("related_trader_code", "related_trader_uscc", "related_trader_name", "declaration_type"),
                ("related_user_code", "related_user_uscc", "related_user_name", "generate_entry"),
                (
                    "related_declaring_code",
                    "related_declaring_uscc",
                    "related_declaring_name",
                    "change_count",
                ),
            ),
            rows_when_filled=(
                (
                    "corresponding_declaring_code",
                    "corresponding_declaring_uscc",
                    "corresponding_declaring_name",
                    "entry_no",
                ),
                ("pre_deducted_at", "deducted_at", "entry_status", "gate_pass_status"),
                ("card_no", "levy_amount", "deduction_mode", "customs_status"),
            ),
            across=("remark",),
        ),
        Table("goods", _GOODS, totals=_GOODS_TOTALS, always=True),
        Pairs("declaration_head", titled=True),
        Table(
            "declaration_rows",
            (
                Column("line_no", 30, "center"),
                Column("hs_code", 48, "center"),
                Column("name", 110),
                Column("specification", 154),
                Column("origin_country", 36, "center"),
                Column("destination_country", 36, "center"),
                Column("currency", 34, "center"),
                Column("unit_price", 46, "right"),
                Column("quantity", 46, "right"),
                Column("unit", 30, "center"),
                Column("total_price", 52, "right"),
                Column("statutory_quantity", 46, "right"),
                Column("statutory_unit", 30, "center"),
                Column("second_statutory_quantity", 42, "right"),
                Column("second_statutory_unit", 30, "center"),
                Column("levy_mode", 34, "center"),
            ),
            rest=True,
        ),
        Table("second_goods", _GOODS, totals=_GOODS_TOTALS),
        Numbers("stock_bills", "stock_bill_no"),
        Numbers("ecommerce_bills", "ecommerce_bill_no"),
    ),
)
