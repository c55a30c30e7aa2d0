"""The whole 核放单: its sections in the authority's order, and the kind everything else reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.conditions import is_, not_
from customs.documents.gate_pass.filling import fill
from customs.documents.gate_pass.head import GatePassHead
from customs.documents.gate_pass.leaning import LEANING
from customs.documents.gate_pass.life import LIFE
from customs.documents.gate_pass.making import FROM_BILL, FROM_INVENTORY
from customs.documents.gate_pass.rows import LinkedDocumentRow, LoadedGoodsRow
from customs.documents.gate_pass.rules import RULES
from customs.documents.kinds import Kind
from customs.documents.sections import section

MAX_LINKED = 500
MAX_ROWS = 10_000


class GatePass(BaseModel):
    """核放单 in normal form. Absent, null and "" are alike; decimals are strings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="核放单")

    head: GatePassHead = Field(default_factory=GatePassHead, title="表头")
    linked_documents: list[LinkedDocumentRow] = Field(
        default_factory=list, title="关联单证", max_length=MAX_LINKED
    )
    goods: list[LoadedGoodsRow] = Field(default_factory=list, title="表体", max_length=MAX_ROWS)


GATE_PASS = Kind(
    name="gate_pass",
    label="核放单",
    url="gate-passes",
    upload_type="SAS121",
    up_root="PassPortMessage",
    catalogue_version=1,
    model=GatePass,
    sections=(
        section("head", "表头", GatePassHead, up="PassportHead", down="SasPassportBsc", required=True),
        section(
            "linked_documents",
            "关联单证",
            LinkedDocumentRow,
            up="PassportAcmp",
            down="SasPassportRlt",
            row_label="关联单证第{}行",
            shown_if=not_(is_("gate_pass_type", "5", "6")),
            row_key="bill_no",
            max_rows=MAX_LINKED,
        ),
        section(
            "goods",
            "表体",
            LoadedGoodsRow,
            up="PassportList",
            down="SasPassportDt",
            row_label="表体第{}行",
            shown_if=not_(is_("gate_pass_type", "6")),
            max_rows=MAX_ROWS,
        ),
    ),
    rules=RULES,
    # Columns and conditions of the Single Window's query page (M), then the vehicle and its weights.
    listed=(
        "gate_pass_type",
        "direction",
        "area_code",
        "area_name",
        "bind_type",
        "linked_type",
        "linked_nos",
        "declared_at",
        "declaration_type",
        "passage_status",
        "vehicle_no",
        "total_weight",
        "gross_weight",
        "passed_at",
        "supervising_customs",
        "declaring_code",
        "declaring_name",
    ),
    conditions=(
        "bind_type",
        "gate_pass_type",
        "linked_type",
        "linked_nos",
        "area_code",
        "vehicle_no",
        "direction",
    ),
    fill=fill,
    life=LIFE,
    is_waited_for=True,
    principal="area",
    made_from=(FROM_BILL, FROM_INVENTORY),
    leaning=LEANING,
    tells_system=False,
)
