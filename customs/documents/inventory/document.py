"""The whole 保税核注清单: its sections in the authority's order, and the kind everything else reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.conditions import is_
from customs.documents.inventory.bills import EcommerceBillRow, StockBillRow
from customs.documents.inventory.booking import BOOKING
from customs.documents.inventory.declaration import DeclarationHead, DeclarationRow
from customs.documents.inventory.filling import fill
from customs.documents.inventory.goods import GoodsRow, MaterialRow
from customs.documents.inventory.head import InventoryHead
from customs.documents.inventory.leaning import LEANING
from customs.documents.inventory.life import LIFE, may_change
from customs.documents.inventory.making import GATHERING
from customs.documents.inventory.merging import merge
from customs.documents.inventory.rules import RULES
from customs.documents.kinds import Kind
from customs.documents.sections import section

MAX_ROWS = 10_000
MAX_DECLARATION_ROWS = 50


class Inventory(BaseModel):
    """保税核注清单 in normal form. Absent, null and "" are alike; decimals are strings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="保税核注清单")

    head: InventoryHead = Field(default_factory=InventoryHead, title="表头")
    goods: list[GoodsRow] = Field(default_factory=list, title="表体", max_length=MAX_ROWS)
    declaration_head: DeclarationHead | None = Field(default=None, title="报关单草稿表头")
    declaration_rows: list[DeclarationRow] = Field(
        default_factory=list, title="报关单草稿表体", max_length=MAX_DECLARATION_ROWS
    )
    second_goods: list[MaterialRow] = Field(default_factory=list, title="料件表体", max_length=MAX_ROWS)
    stock_bills: list[StockBillRow] = Field(default_factory=list, title="出入库单", max_length=MAX_ROWS)
    ecommerce_bills: list[EcommerceBillRow] = Field(
        default_factory=list, title="保税电商清单", max_length=MAX_ROWS
    )


# Order of the children of InvtMessage; which of them are lists: production messages and templates 2019–2024.
SECTIONS = (
    section("head", "表头", InventoryHead, up="InvtHeadType", down="BondInvtBsc", required=True),
    section(
        "goods",
        "表体",
        GoodsRow,
        up="InvtListType",
        down="BondInvtDt",
        row_label="表体第{}行",
        max_rows=MAX_ROWS,
    ),
    section("declaration_head", "报关单草稿表头", DeclarationHead, up="InvtDecHeadType", down=None),
    section(
        "declaration_rows",
        "报关单草稿表体",
        DeclarationRow,
        up="InvtDecListType",
        down=None,
        row_label="报关单草稿第{}行",
        max_rows=MAX_DECLARATION_ROWS,
    ),
    section(
        "second_goods",
        "料件表体",
        MaterialRow,
        up="InvtGoodsType",
        down="BondInvtDtSimple",
        row_label="料件表体第{}行",
        shown_if=is_("inventory_type", "4", "9"),
        max_rows=MAX_ROWS,
    ),
    section(
        "stock_bills",
        "出入库单",
        StockBillRow,
        up="InvtWarehouseType",
        down="SasCentDclStock",
        row_label="出入库单第{}行",
        shown_if=is_("inventory_type", "1"),
        row_key="stock_bill_no",
        max_rows=MAX_ROWS,
    ),
    section(
        "ecommerce_bills",
        "保税电商清单",
        EcommerceBillRow,
        up="InvtCbecBill",
        down=None,
        row_label="保税电商清单第{}行",
        shown_if=is_("inventory_type", "8"),
        row_key="ecommerce_bill_no",
        max_rows=MAX_ROWS,
    ),
)

INVENTORY = Kind(
    name="inventory",
    label="保税核注清单",
    url="inventories",
    upload_type="INV101",
    up_root="InvtMessage",
    catalogue_version=1,
    model=Inventory,
    sections=SECTIONS,
    rules=RULES,
    # Columns and conditions of the Single Window's query page (M) that are fields of the head.
    listed=(
        "operating_code",
        "operating_name",
        "inventory_type",
        "clearance_flag",
        "clearance_type",
        "book_no",
        "receiving_code",
        "receiving_name",
        "supervision_mode",
        "declaration_type",
        "direction",
        "material_mark",
        "transport_mode",
        "declaring_code",
        "declaring_name",
        "entry_no",
        "entry_type",
        "generate_entry",
        "border_customs",
        "supervising_customs",
        "shipment_country",
        "business_form_no",
        "input_date",
    ),
    conditions=("operating_code", "inventory_type", "direction", "book_no", "supervision_mode"),
    fill=fill,
    life=LIFE,
    principal="operating",
    made_from=(GATHERING,),
    merge=merge,
    leaning=LEANING,
    booking=BOOKING,
    may_change=may_change,
    web_entry_fields=(
        "InvtType",
        "PutrecNo",
        "BizopEtpsno",
        "RcvgdEtpsno",
        "DclTypecd",
        "MtpckEndprdMarkcd",
        "SupvModecd",
        "TrspModecd",
        "ImpexpPortcd",
        "DclPlcCuscd",
        "StshipTrsarvNatcd",
        "DclcusFlag",
    ),
)
