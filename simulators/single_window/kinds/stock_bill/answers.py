"""What SAS200 and SAS211 to SAS213 say about a 出入库单. Order of elements from the schemas of 2017 (M)."""

from __future__ import annotations

from simulators.single_window.clock import spoken
from simulators.single_window.documents import ENDED, Document, Status, settle
from simulators.single_window.elements import Row
from simulators.single_window.kinds.kind import Answer, ReceiptForm, packet_receipt
from simulators.single_window.receipts import (
    APPROVAL_MARKS,
    Telling,
    Writer,
    check_info,
    listed,
    lowered,
    owner_system,
    result_block,
)

ENDS_AS: dict[str, Status] = {ENDED: "voided"}
APPLIED, APPROVED, VOIDED = "0", "1", "2"
"""stucd (M)."""
_GRANTED = frozenset({"1"})
_BSC = listed("""
    sasStockNo sasStockPreentNo dclTypecd sasDclNo masterCuscd stockTypecd rltBondInvtNo businessTypecd
    centralizedDclTypecd rltSasStockNo dclEr dclTime packageQty grossWt netWt packType levyBlAmt passTypecd
    passportUsedTypecd stucd emapvMarkcd rmk col1 col2 col3 col4 chgTmsCnt ownerSystem emapvDescription
""")
_DT = listed("""
    sasStockNo sasStockSeqno sasDclSeqno oriactGdsSeqno gdsMtno gdecd gdsNm gdsSpcfModelDesc dclUnitcd lawfUnitcd
    secdLawfUnitcd natcd dclUprcAmt dclTotalAmt usdStatTotalAmt dclCurrcd lawfQty secdLawfQty wtSfVal fstSfVal
    secdSfVal dclQty grossWt netWt useCd lvyrlfModecd ucnsVerno clyMarkcd actlPassQty passportUsedQty replaceQty
    rltStockSeqno rmk col1 col2 col3 col4 chgTmsCnt
""")


def _head(document: Document, told: Telling, approving: bool) -> Row:
    return (
        lowered(document.head)
        | {
            "sasStockNo": document.customs_no,
            "sasStockPreentNo": document.seq_no,
            "chgTmsCnt": str(document.change_count),
            "dclTypecd": document.declaration_type,
            "centralizedDclTypecd": "1",
            "passTypecd": "1",
            "passportUsedTypecd": "1",
            "levyBlAmt": "0",
            "stucd": APPROVED if document.valid else APPLIED,
            "emapvMarkcd": APPROVAL_MARKS.get(told.result, "1"),
            "dclTime": spoken(told.at),
            "ownerSystem": owner_system(document.head.get("AreainOriactNo", "")),
            "emapvDescription": "；".join(told.reasons),
        }
        | document.marks
        | (
            {"stucd": VOIDED if document.declaration_type == ENDED else APPROVED}
            if approving and told.result == "1"
            else {}
        )
    )


def _body(write: Writer, document: Document, told: Telling, approving: bool = False) -> str:
    body = "" if told.rows_only else write.row("SasStockBsc", _BSC, _head(document, told, approving))
    for row in document.goods if told.goods is None else told.goods:
        own = {
            "sasStockNo": document.customs_no,
            "chgTmsCnt": str(document.change_count),
            "rltStockSeqno": row.get("RltGdsSeqno", ""),
        }
        body += write.row("SasStockDt", _DT, lowered(row) | own)
    return body


def _approval(write: Writer, document: Document, told: Telling) -> str:
    body = _body(write, document, told, approving=True) if told.full or told.rows_only else ""
    return result_block(write, document, told) + body + check_info(write, told)


def _amending(write: Writer, document: Document, told: Telling) -> str:
    return result_block(write, document, told) + _body(write, document, told)


def _synchronising(write: Writer, document: Document, told: Telling) -> str:
    return _body(write, document, told)


def _settled(document: Document, answer: Answer) -> None:
    settle(document, answer.result, _GRANTED, ENDS_AS)


def _amended(document: Document, answer: Answer) -> None:
    if answer.variant == "void":
        document.status = "voided"


RECEIPTS = (
    packet_receipt("SAS200", "8"),
    ReceiptForm("SAS211", _approval, ("1", "2", "3", "Y", "Z"), effect=_settled),
    ReceiptForm(
        "SAS212",
        _amending,
        ("1",),
        variants={"amend": {"rmk": "海关修改"}, "void": {"stucd": VOIDED}},
        effect=_amended,
    ),
    ReceiptForm("SAS213", _synchronising),
)
