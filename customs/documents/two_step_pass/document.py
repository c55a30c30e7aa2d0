"""The whole 两步申报核放单: head and 报关单, its life and its one rule, and the kind everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from customs.documents.filling import complete_party, head_of
from customs.documents.findings import Findings
from customs.documents.gate_pass.life import HAPPENINGS, STATES, TELLS
from customs.documents.head_rules import container_check_digit, containers_once, plate_in_capitals
from customs.documents.kinds import Kind, Party, Rule
from customs.documents.life import APPROVED, Life, Step, course
from customs.documents.normal_form import JsonObject
from customs.documents.row_rules import DECLARE, listed_once, rows_required
from customs.documents.sections import section
from customs.documents.states import states
from customs.documents.two_step_pass.head import TwoStepEntryRow, TwoStepPassHead

MAX_ENTRIES = 500


class TwoStepPass(BaseModel):
    """两步申报核放单 in normal form. Absent, null and "" are alike."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="两步申报核放单")

    head: TwoStepPassHead = Field(default_factory=TwoStepPassHead, title="表头")
    entries: list[TwoStepEntryRow] = Field(default_factory=list, title="报关单", max_length=MAX_ENTRIES)


def entries_are_there(document: Mapping[str, Any], findings: Findings) -> None:
    rows_required(document, findings, "entries", "两步申报核放单须关联报关单")


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with parties and 申报类型 completed; nothing that was typed is touched."""
    del today
    head = head_of(document, enterprise)
    complete_party(head, "area", enterprise)
    return {**document, "head": head}


TWO_STEP_PASS = Kind(
    name="two_step_pass",
    label="两步申报核放单",
    url="two-step-passes",
    upload_type="ICP101",
    up_root="Sas2sPassPortMessage",
    catalogue_version=1,
    model=TwoStepPass,
    sections=(
        section(
            "head",
            "表头",
            TwoStepPassHead,
            up="Sas2sPassportHead",
            down="Sas2stepPassportBsc",
            required=True,
        ),
        section(
            "entries",
            "报关单",
            TwoStepEntryRow,
            up="Sas2sPassportRlt",
            down="Sas2stepPassportRlt",
            row_label="报关单第{}行",
            row_key="entry_no",
            max_rows=MAX_ENTRIES,
        ),
    ),
    rules=(
        Rule(
            "entries",
            "At least one 报关单",
            "One production system of 2024 (M)",
            DECLARE,
            entries_are_there,
        ),
        listed_once("entries", "entry_no", what="报关单编号"),
        plate_in_capitals(),
        containers_once(),
        container_check_digit(),
    ),
    listed=(
        "area_code",
        "area_name",
        "vehicle_no",
        "container_no",
        "declaration_type",
        "declared_at",
        "passage_status",
        "passed_at",
        "supervising_customs",
        "declaring_code",
        "declaring_name",
    ),
    conditions=("area_code", "vehicle_no", "declaration_type"),
    fill=fill,
    # Only a 备案 is taken today (M), so there is no later round.
    life=Life(
        states=states(*STATES),
        course=course(approved=Step(APPROVED, "approved")),
        happenings={**HAPPENINGS, "deleted": Step(6, "deleted")},
        tells=TELLS,
    ),
    principal="area",
    variant_of="gate_pass",
    is_waited_for=True,
)
