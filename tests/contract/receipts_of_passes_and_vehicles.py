"""What the hand-made SAS200, SAS22x, SAS231 and SAS25x messages of contracts/examples/messages mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

PASS_SEQ_NO, PASS_NO = "202600000000000401", "Z3105I260116000000000001"
VEHICLE_SEQ_NO, PLATE = "202600000000000501", "浙B12345"
TWO_STEP_SEQ_NO, TWO_STEP_NO = "202600000000000601", "Z3105I260116T00000000001"
_PASS = {"kind": "gate_pass", "seq_no": PASS_SEQ_NO, "customs_no": PASS_NO, "unknown": ()}
_VEHICLE = {"kind": "vehicle", "seq_no": VEHICLE_SEQ_NO, "unknown": ()}
_TWO_STEP = {"kind": "two_step_pass", "seq_no": TWO_STEP_SEQ_NO, "customs_no": TWO_STEP_NO, "unknown": ()}
_INSPECTED = datetime(2026, 1, 20, 1, tzinfo=UTC)

# message type, code, outcome, further facts
RECEIPTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "SAS200-gate-pass-stored": ("SAS200", "1", "stored", {**_PASS, "customs_no": None, "reasons": ()}),
    "SAS200-vehicle-failed": (
        "SAS200",
        "2",
        "store_failed",
        {**_VEHICLE, "reasons": ("报文格式不符合要求",)},
    ),
    # A packet of a 物流账册, which is no document here.
    "SAS200-of-a-book": ("SAS200", "1", "stored", {"kind": None, "seq_no": "202600000000000999"}),
    "SAS221-approved": (
        "SAS221",
        "1",
        "approved",
        {
            **_PASS,
            "change_count": 0,
            "declaration_type": "1",
            "internal_no": None,
            "authority_at": datetime(2026, 1, 16, 2, 6, 10, tzinfo=UTC),
            "reasons": (),
        },
    ),
    "SAS221-stored": ("SAS221", "Y", "stored", {**_PASS, "customs_no": None}),
    "SAS221-manual-review": ("SAS221", "2", "manual_review", _PASS),
    "SAS221-returned": (
        "SAS221",
        "3",
        "returned",
        {**_PASS, "reasons": ("关联单证已被其他核放单使用", "车辆未备案")},
    ),
    "SAS221-voided": ("SAS221", "1", "voided", {**_PASS, "declaration_type": "3"}),
    "SAS222-changed": ("SAS222", "1", "changed", _PASS),
    "SAS222-voided": ("SAS222", "1", "voided", _PASS),
    "SAS222-deleted": ("SAS222", "1", "deleted", _PASS),
    "SAS223-passed": (
        "SAS223",
        "1",
        "gate_passed",
        {**_PASS, "declaration_type": "1", "authority_at": datetime(2026, 1, 17, 0, 30, 15, tzinfo=UTC)},
    ),
    "SAS223-passed-first": ("SAS223", "1", "gate_passed_first", _PASS),
    "SAS223-passed-second": ("SAS223", "1", "gate_passed_second", _PASS),
    "SAS223-not-passed": (
        "SAS223",
        "2",
        "gate_not_passed",
        {**_PASS, "reasons": ("地磅重量误差超过允许范围",)},
    ),
    "SAS224-refused": (
        "SAS224",
        "2",
        "gate_refused",
        {**_PASS, "reasons": ("查验不符",), "authority_at": _INSPECTED},
    ),
    "SAS224-released": ("SAS224", "3", "gate_released", {**_PASS, "authority_at": _INSPECTED}),
    "SAS224-unclear": ("SAS224", "7", "other", _PASS),
    "SAS231-approved": ("SAS231", "1", "approved", {**_VEHICLE, "customs_no": PLATE}),
    "SAS231-returned": ("SAS231", "3", "returned", {**_VEHICLE, "reasons": ("车辆自重与行驶证不符",)}),
    "SAS251-approved": ("SAS251", "1", "approved", _TWO_STEP),
    "SAS251-returned": ("SAS251", "3", "returned", {**_TWO_STEP, "reasons": ("报关单不是两步申报报关单",)}),
    "SAS253-passed": ("SAS253", "1", "gate_passed", _TWO_STEP),
    "SAS253-not-passed": ("SAS253", "2", "gate_not_passed", _TWO_STEP),
}
