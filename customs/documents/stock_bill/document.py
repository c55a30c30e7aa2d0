"""The whole 出入库单: its sections in the authority's order, and the kind everything else reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.booking import Citing
from customs.documents.kinds import Kind
from customs.documents.sections import section
from customs.documents.stock_bill.against_form import LEANING
from customs.documents.stock_bill.filling import fill
from customs.documents.stock_bill.goods import BillGoodsRow
from customs.documents.stock_bill.head import StockBillHead
from customs.documents.stock_bill.life import LIFE
from customs.documents.stock_bill.making import FROM_FORM
from customs.documents.stock_bill.rules import RULES

MAX_ROWS = 10_000


class StockBill(BaseModel):
    """出入库单 in normal form. Absent, null and "" are alike; decimals are strings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="出入库单")

    head: StockBillHead = Field(default_factory=StockBillHead, title="表头")
    goods: list[BillGoodsRow] = Field(default_factory=list, title="表体", max_length=MAX_ROWS)


STOCK_BILL = Kind(
    name="stock_bill",
    label="出入库单",
    url="stock-bills",
    upload_type="SAS111",
    up_root="StockMessage",
    catalogue_version=1,
    model=StockBill,
    sections=(
        section("head", "表头", StockBillHead, up="StockHead", down="SasStockBsc", required=True),
        section(
            "goods",
            "表体",
            BillGoodsRow,
            up="StockGoods",
            down="SasStockDt",
            row_label="表体第{}行",
            max_rows=MAX_ROWS,
            rows_may_change=True,
        ),
    ),
    rules=RULES,
    # Columns and conditions of the Single Window's query page (M) that are fields of the head, then a few useful ones.
    listed=(
        "business_type",
        "direction",
        "area_code",
        "area_name",
        "declaration_type",
        "business_form_no",
        "area_book_no",
        "related_bill_no",
        "package_count",
        "gross_weight",
        "net_weight",
        "applicant",
        "supervising_customs",
        "declaring_code",
        "declaring_name",
        "input_date",
    ),
    conditions=("declaration_type", "direction", "business_form_no", "area_code", "business_type"),
    fill=fill,
    life=LIFE,
    principal="area",
    made_from=(FROM_FORM,),
    leaning=LEANING,
    cites=Citing("area_book_no", "material_mark", "goods", "book_line_no"),
    tells_system=False,
)
