"""INV201, INV202 and INV211: what their codes mean and where their numbers stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.events.receipts import Outcome
from customs.singlewindow.receipt_forms import (
    BOOK_ROWS,
    ExtraRow,
    ReceiptForm,
    Texts,
    attached,
    hde_receipt,
)

# Two generators and two receipt parsers agree; 4 and 1 seen in production (H).
APPROVAL: Mapping[str, Outcome] = MappingProxyType(
    {
        "1": "deducted",
        "2": "manual_review",
        "3": "returned",
        "4": "pre_deducted",
        "5": "approved",
        "Y": "stored",
        "Z": "store_failed",
    }
)
DECLARATION: Mapping[str, Outcome] = MappingProxyType(
    {"1": "declaration_generated", "2": "declaration_failed"}
)
# vrfdedMarkcd: 未核扣, 预核扣, 已核扣, 已核销 (H).
POSTING: Mapping[str, Outcome] = MappingProxyType(
    {"0": "approved", "1": "pre_deducted", "2": "deducted", "3": "written_off"}
)
_GRANTED = frozenset({"1", "4", "5"})
_DELETION = _DELETED = "3"

# BwsDt, the row of a logistics book (production 2024 and schema, H).
BOOK_ROW = MappingProxyType(
    {
        "bwsNo": "book_no",
        "chgTmsCnt": "change_count",
        "gdsSeqno": "line_no",
        "inDate": "in_date",
        "gdsMtno": "material_no",
        "gdecd": "hs_code",
        "gdsNm": "name",
        "gdsSpcfModelDesc": "specification",
        "natcd": "origin_country",
        "dclUnitcd": "unit",
        "lawfUnitcd": "statutory_unit",
        "secdLawfUnitcd": "second_statutory_unit",
        "dclUprcAmt": "unit_price",
        "dclCurrcd": "currency",
        "avgPrice": "average_price",
        "totalAmt": "total_amount",
        "inQty": "in_quantity",
        "inLawfQty": "in_statutory_quantity",
        "inSecdLawfQty": "in_second_statutory_quantity",
        "actlIncQty": "increased_quantity",
        "actlRedcQty": "reduced_quantity",
        "prevdIncQty": "pre_increased_quantity",
        "prevdRedcQty": "pre_reduced_quantity",
        "outDate": "out_date",
        "limitDate": "limit_date",
        "inType": "in_type",
        "invtNo": "customs_no",
        "invtGNo": "inventory_line_no",
        "cusmExeMarkcd": "customs_execution_mark",
        "rmk": "remark",
        "modfMarkcd": "change_mark",
    }
)
# EmsPutrecDt, the row of a processing book (schema of 2017, M). It has no running figures: what is left on such a line no
# receipt tells. Two of its elements were spelt as in BwsDt here before; they are still read.
PROCESSING_ROW = MappingProxyType(
    {
        "emsNo": "book_no",
        "chgTmsCnt": "change_count",
        "gdsSeqno": "line_no",
        "mtpckEndprdTypecd": "material_mark",
        "gdsMtno": "material_no",
        "gdecd": "hs_code",
        "gdsNm": "name",
        "endprdGdsSpcfModelDesc": "specification",
        "dclUnitcd": "unit",
        "lawfUnitcd": "statutory_unit",
        "secdLawfUnitcd": "second_statutory_unit",
        "dclUprcAmt": "unit_price",
        "dclCurrcd": "currency",
        "dclQty": "declared_quantity",
        "lvyrlfModecd": "levy_mode",
        "qtyCntrMarkcd": "quantity_control_mark",
        "adjmtrMarkcd": "auxiliary_mark",
        "modfMarkcd": "change_mark",
        "etpsExeMarkcd": "enterprise_execution_mark",
        "cusmExeMarkcd": "customs_execution_mark",
        "apprMaxSurpQty": "approved_surplus_quantity",
        "vclrPridInitQty": "period_initial_quantity",
        "ucnsTqsnFlag": "consumption_questioned",
        "csttnFlag": "consultation",
        "rmk": "remark",
        "invtNo": "customs_no",
        "invtGNo": "inventory_line_no",
    }
)
_EARLIER = MappingProxyType({"mtpckEndprdMarkcd": "material_mark", "gdsSpcfModelDesc": "specification"})
# 随附单证 of the 清单 (schema of 2017, M).
_ATTACHED = MappingProxyType(
    {
        "BondInvtAcmpFormDt": attached(
            MappingProxyType(
                {
                    "bondInvtNo": "customs_no",
                    "chgTmsCnt": "change_count",
                    "acmpFormSeqno": "line_no",
                    "invtGdsSeqno": "goods_line_no",
                    "formTypecd": "form_type",
                    "formNo": "form_no",
                    "fixdNo": "fixed_no",
                    "acmpFormFileNm": "file_name",
                    "rmk": "remark",
                }
            )
        )
    }
)


def approval(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """INV201. A granted deletion is told by the status in the head, or by the kind of declaration in the short form."""
    code = result.get("result", "")
    deleted = head.get("customs_status") == _DELETED or result.get("declaration_type") == _DELETION
    if code in _GRANTED and deleted:
        return code, "deleted"
    return code, APPROVAL.get(code, "other")


def posting(_: Texts, head: Texts) -> tuple[str, Outcome]:
    """INV211 has no result part: 核扣标记 of the head decides."""
    code = head.get("deduction_mark", "")
    return code, "deleted" if head.get("customs_status") == _DELETED else POSTING.get(code, "other")


def declaration(result: Texts, _: Texts) -> tuple[str, Outcome]:
    """INV202: whether the 报关单 was generated."""
    code = result.get("result", "")
    return code, DECLARATION.get(code, "other")


FORMS: tuple[ReceiptForm, ...] = (
    hde_receipt("INV201", "核注清单审核回执", approval, extra_rows=_ATTACHED),
    ReceiptForm(
        "INV202",
        "核注清单生成报关单回执",
        declaration,
        "InvApprResult",
        MappingProxyType(
            {
                "invPreentNo": "seq_no",
                "businessId": "customs_no",
                "entrySeqNo": "entry_seq_no",
                "manageResult": "result",
                "createDate": "time",
                "reason": "reason",
            }
        ),
        reason_fields=("reason",),
    ),
    ReceiptForm(
        "INV211",
        "核注清单记账回执",
        posting,
        extra_rows=MappingProxyType(
            {
                "BwsDt": ExtraRow(BOOK_ROW, BOOK_ROWS),
                "EmsPutrecDt": ExtraRow(PROCESSING_ROW, BOOK_ROWS, _EARLIER),
                **_ATTACHED,
            }
        ),
        head_time=("deducted_at", "pre_deducted_at"),
    ),
)
