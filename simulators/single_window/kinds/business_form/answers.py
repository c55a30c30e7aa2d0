"""What SAS200 to SAS203 say about a 业务申报表. Order of elements from the schemas of 2017 (M); no real one is public."""

from __future__ import annotations

from simulators.single_window.clock import spoken
from simulators.single_window.documents import CHANGED, ENDED, Document, Status, settle
from simulators.single_window.elements import Row
from simulators.single_window.form import FILED
from simulators.single_window.kinds.business_form.customs import CLOSED, NORMAL, PAUSED
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

CONSUMPTION = "AppUcns"
ENDS_AS: dict[str, Status] = {ENDED: "closed"}
_GRANTED = frozenset({"1"})
_BSC = listed("""
    sasDclNo chgTmsCnt masterCuscd sasDclPreentNo dclTypecd businessTypecd directionTypecd areainOriactNo
    areaoutOriactNo areainEtpsno areainEtpsNm areainEtpsSccd areaoutEtpsno areaoutEtpsNm areaoutEtpsSccd dpstLevyBlNo
    validTime exhibitionPlace dclEr dclTime putrecEmapvTime chgEmapvTime clsCaseTime emapvMarkcd dclTbStucd rmk col1
    col2 col3 col4 ownerSystem emapvDescription
""")
_DT = listed("""
    sasDclNo sasDclSeqno chgTmsCnt mtpckEndprdTypecd oriactGdsSeqno gdecd gdsNm gdsSpcfModelDesc dclQty dclUnitcd
    dclUprcAmt dclTotalAmt dclCurrcd licenceNo licenceValidTime actlAreaoutQty actlAreainQty gdsMarkcd gdsRmk
    invtVdedtQty rcntVdedtTime modfMarkcd rmk col1 col2 col3 col4
""")
_UCNS = listed("""
    sasDclNo chgTmsCnt endprdSeqno mtpckSeqno netUseupQty lossRate modfMarkcd col1 col2 col3 col4
""")
_APPROVED_AT = {FILED: "putrecEmapvTime", CHANGED: "chgEmapvTime", ENDED: "clsCaseTime"}


def _head(document: Document, told: Telling, approving: bool) -> Row:
    granted = approving and told.result == "1"
    return (
        lowered(document.head)
        | {
            "sasDclNo": document.customs_no,
            "chgTmsCnt": str(document.change_count),
            "sasDclPreentNo": document.seq_no,
            "dclTypecd": document.declaration_type,
            "emapvMarkcd": APPROVAL_MARKS.get(told.result, "1"),
            "dclTbStucd": NORMAL,
            "dclTime": spoken(told.at),
            "ownerSystem": owner_system(document.head.get("AreainOriactNo", "")),
            "emapvDescription": "；".join(told.reasons),
        }
        | document.marks
        | ({_APPROVED_AT[document.declaration_type]: spoken(told.at)} if granted else {})
        | ({"dclTbStucd": CLOSED} if granted and document.declaration_type == ENDED else {})
    )


def _body(write: Writer, document: Document, told: Telling, approving: bool = False) -> str:
    body = "" if told.rows_only else write.row("SasDclBsc", _BSC, _head(document, told, approving))
    own = {"sasDclNo": document.customs_no, "chgTmsCnt": str(document.change_count)}
    for row in document.goods if told.goods is None else told.goods:
        body += write.row("SasDclDt", _DT, lowered(row) | own)
    return body


def _consumption(write: Writer, document: Document, told: Telling) -> str:
    own = {"sasDclNo": document.customs_no, "chgTmsCnt": str(document.change_count)}
    rows = () if told.rows_only else document.others.get(CONSUMPTION, ())
    return "".join(write.row("SasDclUcnsDt", _UCNS, lowered(row) | own) for row in rows)


def _approval(write: Writer, document: Document, told: Telling) -> str:
    block = result_block(write, document, told) + check_info(write, told)
    if not (told.full or told.rows_only):
        return block
    return block + _body(write, document, told, approving=True) + _consumption(write, document, told)


def _pausing(write: Writer, document: Document, told: Telling) -> str:
    return result_block(write, document, told) + _body(write, document, told)


def _synchronising(write: Writer, document: Document, told: Telling) -> str:
    return _body(write, document, told) + _consumption(write, document, told)


def _settled(document: Document, answer: Answer) -> None:
    settle(document, answer.result, _GRANTED, ENDS_AS)
    if answer.result == "1":
        document.marks[_APPROVED_AT[document.declaration_type]] = spoken(answer.at)
        if document.status == "closed":
            document.marks["dclTbStucd"] = CLOSED


RECEIPTS = (
    packet_receipt("SAS200", "7"),
    ReceiptForm("SAS201", _approval, ("1", "2", "3", "Y", "Z"), effect=_settled),
    ReceiptForm(
        "SAS202",
        _pausing,
        ("1",),
        variants={"pause": {"dclTbStucd": PAUSED}, "resume": {"dclTbStucd": NORMAL}},
    ),
    ReceiptForm("SAS203", _synchronising),
)
