"""The whole 业务申报表: its sections in the authority's order, and the kind everything else reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.booking import Citing
from customs.documents.business_form.filling import fill
from customs.documents.business_form.goods import ConsumptionRow, FormGoodsRow
from customs.documents.business_form.head import BusinessFormHead
from customs.documents.business_form.life import LIFE
from customs.documents.business_form.rules import RULES
from customs.documents.kinds import Kind
from customs.documents.sections import section

MAX_ROWS = 10_000


class BusinessForm(BaseModel):
    """业务申报表 in normal form. Absent, null and "" are alike; decimals are strings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="业务申报表")

    head: BusinessFormHead = Field(default_factory=BusinessFormHead, title="表头")
    goods: list[FormGoodsRow] = Field(default_factory=list, title="表体", max_length=MAX_ROWS)
    consumptions: list[ConsumptionRow] = Field(default_factory=list, title="单耗", max_length=MAX_ROWS)


BUSINESS_FORM = Kind(
    name="business_form",
    label="业务申报表",
    url="business-forms",
    upload_type="SAS101",
    up_root="AppMessage",
    catalogue_version=1,
    model=BusinessForm,
    # Order and counts of the children of AppMessage: import schema (H). 随附单证 travel in a message of their own.
    sections=(
        section("head", "表头", BusinessFormHead, up="AppHead", down="SasDclBsc", required=True),
        section(
            "goods",
            "表体",
            FormGoodsRow,
            up="AppGoods",
            down="SasDclDt",
            row_label="表体第{}行",
            max_rows=MAX_ROWS,
            row_key=("material_mark", "line_no"),
            rows_may_change=True,
        ),
        section(
            "consumptions",
            "单耗",
            ConsumptionRow,
            up="AppUcns",
            down="SasDclUcnsDt",
            row_label="单耗第{}行",
            max_rows=MAX_ROWS,
            row_key=("product_line_no", "material_line_no"),
            rows_may_change=True,
        ),
    ),
    rules=RULES,
    valid_until="valid_until",
    # Columns and conditions of the Single Window's query page (M) that are fields of the head, then a few useful ones.
    listed=(
        "business_type",
        "declaration_type",
        "area_code",
        "area_name",
        "direction",
        "area_book_no",
        "outside_code",
        "outside_name",
        "valid_until",
        "applicant",
        "supervising_customs",
        "declaring_code",
        "declaring_name",
    ),
    conditions=("area_code", "business_type", "direction", "area_book_no"),
    fill=fill,
    life=LIFE,
    principal="area",
    cites=Citing("area_book_no", "material_mark", "goods", "book_line_no"),
    tells_system=False,
)
