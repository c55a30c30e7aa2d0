"""What INV200, INV201, INV202 and INV211 say.

BondInvtBsc in the order of one production system (H). Values customs fills that no source explains (核算代码, 核扣方式 …)
are the simulator's own (L).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from simulators.single_window.account_books import GIVEN
from simulators.single_window.book import Line, figure
from simulators.single_window.clock import iso, spoken
from simulators.single_window.documents import ENDED, Document, Status, settle
from simulators.single_window.elements import Row
from simulators.single_window.form import FILED
from simulators.single_window.kinds.inventory import booking
from simulators.single_window.kinds.kind import Answer, ReceiptForm, packet_receipt
from simulators.single_window.receipts import (
    XMLDSIG,
    Telling,
    Writer,
    check_info,
    listed,
    logistics_book,
    lowered,
    result_block,
)

KEPT_GOODS = 50
"""Rows kept for INV211; more would only fill the ledger."""
GRANTED = frozenset({"1", "4", "5"})
ENDS_AS: dict[str, Status] = {ENDED: "deleted"}


_BSC = listed("""
    bondInvtNo chgTmsCnt invtPreentNo putrecNo etpsInnerInvtNo bizopEtpsSccd bizopEtpsno bizopEtpsNm rvsngdEtpsSccd
    rcvgdEtpsno rcvgdEtpsNm dclEtpsSccd dclEtpsno dclEtpsNm invtDclTime entryDclTime entryNo rltInvtNo rltPutrecNo
    rltEntryNo rltEntryBizopEtpsSccd rltEntryBizopEtpsno rltEntryBizopEtpsNm impexpPortcd dclPlcCuscd impexpMarkcd
    mtpckEndprdMarkcd supvModecd trspModecd stshipTrsarvNatcd applyNo dclcusFlag dclcusTypecd prevdTime
    formalVrfdedTime invtIochkptStucd vrfdedMarkcd invtStucd vrfdedModecd duCode rmk bondInvtTypecd entryStucd
    passportUsedTypecd param1 param2 param3 param4 needEntryModified levyBlAmt dclTypecd
""")
_DT = listed("""
    gdsSeqno putrecSeqno gdsMtno gdecd gdsNm gdsSpcfModelDesc dclUnitcd lawfUnitcd secdLawfUnitcd natcd dclUprcAmt
    dclTotalAmt usdStatTotalAmt dclCurrcd lawfQty secdLawfQty wtSfVal fstSfVal secdSfVal dclQty grossWt netWt useCd
    lvyrlfModecd ucnsVerno entryGdsSeqno applyTbSeqno clyMarkcd destinationNatcd modfMarkcd rmk
""")
_BWS = listed("""
    bwsNo chgTmsCnt gdsSeqno inDate gdsMtno gdecd gdsNm gdsSpcfModelDesc natcd dclUnitcd lawfUnitcd secdLawfUnitcd
    dclUprcAmt dclCurrcd avgPrice totalAmt inQty inLawfQty inSecdLawfQty actlIncQty actlRedcQty prevdIncQty
    prevdRedcQty outDate limitDate inType invtNo invtGNo cusmExeMarkcd rmk modfMarkcd
""")

# Schema of 2017 (M): the row of a processing book tells what is filed of the line, and no running figures.
_EMS = listed("""
    emsNo chgTmsCnt gdsSeqno mtpckEndprdTypecd gdsMtno gdecd gdsNm endprdGdsSpcfModelDesc dclUnitcd lawfUnitcd
    secdLawfUnitcd dclUprcAmt dclCurrcd dclQty lvyrlfModecd qtyCntrMarkcd adjmtrMarkcd modfMarkcd etpsExeMarkcd
    cusmExeMarkcd apprMaxSurpQty vclrPridInitQty ucnsTqsnFlag csttnFlag rmk invtNo invtGNo
""")


def approval(write: Writer, document: Document, told: Telling) -> str:
    """INV201: HdeApprResult, CheckInfo*, then the head when full and the rows given, and the gathered 出入库单."""
    body = result_block(write, document, told) + check_info(write, told)
    if told.full and not told.rows_only:
        mark = {"1": "2", "4": "1"}.get(told.result, "0") if told.result in GRANTED else ""
        body += write.row("BondInvtBsc", _BSC, head_as_customs_sees_it(document, told.at, mark))
    for row in told.goods or ():
        body += write.row("BondInvtDt", [*_DT, "actlPassQty", "passportUsedQty"], lowered(row))
    if told.full and not told.rows_only:
        for stock_no in document.links:
            leaves = {"bondInvtNo": document.customs_no, "sasStockNo": stock_no}
            body += write.row("SasCentDclStock", leaves, leaves)
    return body


def posting(write: Writer, document: Document, told: Telling) -> str:
    """INV211: the head with vrfdedMarkcd 2, and how the book's lines stand with it, for a document of few rows.

    The limit on rows is the simulator's (KEPT_GOODS): what a real posting of many rows looks like is not
    public.
    """
    body = write.row("BondInvtBsc", _BSC, head_as_customs_sees_it(document, told.at, "2"))
    if document.goods_count > len(document.goods):
        return body
    logistics = logistics_book(document.head.get("PutrecNo", ""))
    for row in document.goods:
        line = booking.line_of(document, row)
        if line is None:
            continue
        leaves = _book_row(document, row, told.at)
        if logistics:
            body += write.row("BwsDt", _BWS, leaves | _figures(line, new=GIVEN in row))
        else:
            own = {
                "emsNo": line.book_no,
                "mtpckEndprdTypecd": line.mark,
                "endprdGdsSpcfModelDesc": leaves.get("gdsSpcfModelDesc", ""),
            }
            body += write.row("EmsPutrecDt", _EMS, leaves | own)
    return body


def _figures(line: Line, *, new: bool) -> Row:
    """Of the whole line, with this document: known when customs counts it.

    Of a line that the document made customs tells only what came in (two receipts of production, H).
    """
    figures = {
        "actlIncQty": figure(line, "real_in", new=new),
        "actlRedcQty": figure(line, "real_out", new=new),
        "prevdIncQty": figure(line, "pre_in", new=new),
        "prevdRedcQty": figure(line, "pre_out", new=new),
    }
    return figures | ({"inQty": figure(line, "real_in"), "modfMarkcd": "3"} if new else {})


def declaration(write: Writer, document: Document, told: Telling) -> str:
    """INV202: InvApprResult."""
    return write.node(
        "InvApprResult",
        write.leaf("invPreentNo", document.seq_no),
        write.leaf("businessId", document.customs_no),
        write.leaf("entrySeqNo", document.entry_seq_no if told.result == "1" else ""),
        write.leaf("manageResult", told.result),
        write.leaf("createDate", spoken(told.at)),
        write.leaf("reason", "；".join(told.reasons)),
    )


def needs_declaration(document: Document) -> bool:
    """Whether customs generates a 报关单 (报关 and 生成)."""
    return document.head.get("DclcusFlag") == "1" and document.head.get("GenDecFlag") == "1"


def head_as_customs_sees_it(document: Document, at: datetime, vrfded_mark: str) -> Row:
    """BondInvtBsc by element name; `vrfded_mark` 0 未核扣, 1 预核扣, 2 已核扣."""
    head = lowered(document.head)
    posted = vrfded_mark == "2"
    return head | {
        "bondInvtNo": document.customs_no,
        "chgTmsCnt": str(document.change_count),
        "invtPreentNo": document.seq_no,
        "prevdTime": iso(at) if vrfded_mark == "1" else "",
        "formalVrfdedTime": iso(at) if posted else "",
        "invtIochkptStucd": "3" if posted else document.marks.get("invtIochkptStucd", "1"),
        "vrfdedMarkcd": vrfded_mark,
        "invtStucd": "3" if document.declaration_type == ENDED else "0",
        "vrfdedModecd": "D",
        "bondInvtTypecd": document.head.get("InvtType", ""),
        "entryStucd": ("1" if posted else "0") if needs_declaration(document) else "",
        "passportUsedTypecd": "3" if posted else document.marks.get("passportUsedTypecd", "1"),
        "levyBlAmt": "0",
        "dclTypecd": document.declaration_type,
    }


def _book_row(document: Document, row: Row, at: datetime) -> Row:
    incoming = document.head.get("ImpexpMarkcd") == "I"
    quantity = row.get("DclQty", "")
    return lowered(row) | {
        "bwsNo": document.head.get("PutrecNo", ""),
        "chgTmsCnt": "0",
        "gdsSeqno": row.get(booking.LINE, ""),
        "inDate": iso(at) if incoming else "",
        "totalAmt": row.get("DclTotalAmt", ""),
        "inQty": quantity if incoming else "0",
        "inLawfQty": row.get("LawfQty", "") if incoming else "0",
        "inSecdLawfQty": row.get("SecdLawfQty", "") if incoming else "",
        "invtNo": document.customs_no,
        "invtGNo": row.get("GdsSeqno", ""),
        "cusmExeMarkcd": "1",
    }


def _settled(document: Document, answer: Answer) -> None:
    settle(document, answer.result, GRANTED, ENDS_AS)
    if answer.result == "1" and document.declaration_type == FILED and document.status == "approved":
        document.status = "posted"


def _posted(document: Document, _: Answer) -> None:
    if document.status not in ENDS_AS.values():
        document.status = "posted"


_receipt = partial(ReceiptForm, extension=".INV", namespace=XMLDSIG)
RECEIPTS = (
    packet_receipt("INV200", "4", ".INV", XMLDSIG),
    _receipt("INV201", approval, ("4", "1", "2", "3", "5", "Y", "Z"), effect=_settled),
    ReceiptForm(
        "INV202",
        declaration,
        ("1", "2"),
        reasons={"2": ("生成报关单失败：境外收发货人信息不完整",)},
        extension=".INVT",
        namespace=XMLDSIG,
        from_data_centre=True,
    ),
    _receipt(
        "INV211",
        posting,
        variants={"declared": {booking.MORE_COUNTED: ""}, "differs": {booking.MORE_COUNTED: "1"}},
        effect=_posted,
        figures=True,
    ),
)
