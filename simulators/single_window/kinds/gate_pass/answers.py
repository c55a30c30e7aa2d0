"""What SAS200 and SAS221 to SAS224 say about a 核放单: order of real receipts of 2024 (221, 223: H; 222, 224: M)."""

from __future__ import annotations

from simulators.single_window.clock import spoken
from simulators.single_window.documents import Document
from simulators.single_window.elements import Row
from simulators.single_window.kinds import gate
from simulators.single_window.kinds.kind import ReceiptForm, packet_receipt
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

_BSC = listed("""
    passportNo chgTmsCnt passportTypecd sasPassportPreentNo dclTypecd ioTypecd bindTypecd masterCuscd rltTbTypecd rltNo
    areainEtpsno areainEtpsNm areainEtpsSccd vehicleNo vehicleIcNo containerNo vehicleWt vehicleFrameNo vehicleFrameWt
    containerType containerWt totalWt passCollectWt wtError totalGrossWt totalNetWt dclErConc dclTime passID secdPassId
    passTime secdPassTime stucd emapvMarkcd logisticsStucd ownerSystem rmk col1
""")
_DT = listed("""
    passportNo chgTmsCnt passportSeqno gdsMtno gdecd gdsNm grossWt netWt rltGdsSeqno dclUnitcd dclQty rmk
""")
_RLT = listed("passportNo rltTbTypecd rltNo")


def _head(document: Document, told: Telling, approving: bool) -> Row:
    granted = approving and told.result == "1"
    emapv = APPROVAL_MARKS.get(told.result, "1") if approving else "1"
    weighed = document.marks.get("passTime")
    total = document.head.get("TotalWt", "")
    return (
        lowered(document.head)
        | {
            "passportNo": document.customs_no,
            "chgTmsCnt": str(document.change_count),
            "sasPassportPreentNo": document.seq_no,
            "dclTypecd": document.declaration_type,
            "rltNo": document.head.get("RltNo") or "\\".join(document.links),
            "dclTime": document.head.get("DclTime") or spoken(told.at),
            # Without scales the error equals the total (real receipts of 2024).
            "passCollectWt": "0" if weighed else "",
            "wtError": total if weighed else "",
            "emapvMarkcd": emapv,
            "ownerSystem": owner_system(document.head.get("AreainOriactNo", "")),
        }
        | gate.stands(document, granted)
    )


def _approval(write: Writer, document: Document, told: Telling) -> str:
    body = result_block(write, document, told)
    if told.full and not told.rows_only:
        body += write.row("SasPassportBsc", _BSC, _head(document, told, approving=True))
    if told.full or told.rows_only:
        own = {"passportNo": document.customs_no, "chgTmsCnt": str(document.change_count)}
        for row in document.goods if told.goods is None else told.goods:
            line = {"passportSeqno": row.get("PassportSeqNo", "")}
            body += write.row("SasPassportDt", _DT, lowered(row) | own | line)
    if told.full and not told.rows_only:
        for number in document.links:
            leaves = {"rltTbTypecd": document.head.get("RltTbTypecd", ""), "rltNo": number}
            body += write.row("SasPassportRlt", _RLT, leaves | {"passportNo": document.customs_no})
    return body + check_info(write, told)


def _at_gate(write: Writer, document: Document, told: Telling) -> str:
    block = result_block(write, document, told, typecd="")
    return block + write.row("SasPassportBsc", _BSC, _head(document, told, approving=False))


RECEIPTS = (
    packet_receipt("SAS200", "9"),
    ReceiptForm("SAS221", _approval, ("1", "2", "3", "Y", "Z"), effect=gate.settled),
    ReceiptForm("SAS222", _at_gate, ("1",), variants={"amend": {"rmk": "海关修改"}}),
    ReceiptForm("SAS223", _at_gate, ("1", "2"), variants=gate.PASSAGES, effect=gate.passage),
    ReceiptForm("SAS224", _at_gate, ("3", "2")),
)
