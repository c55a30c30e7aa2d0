"""What the door of the Single Window checks in an INV101 beyond the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulators.single_window.form import Upload, continuous
from simulators.single_window.kinds.inventory.sections import (
    DECLARATION_ROWS,
    ECOMMERCE,
    GATHERED,
    SECOND_GOODS,
)

MAX_DECLARATION_ROWS = 50
_ONE_REVIEW_MODES = ("1200", "5000", "5100", "5300", "1371", "1300")

_RELATED = (
    ("RltEntryBizopEtpsno", "关联报关单境内收发货人编号"),
    ("RltEntryBizopEtpsNm", "关联报关单境内收发货人名称"),
    ("RltEntryRcvgdEtpsno", "关联报关单生产销售(消费使用)单位编号"),
    ("RltEntryRcvgdEtpsNm", "关联报关单生产销售(消费使用)单位名称"),
    ("RltEntryDclEtpsno", "关联报关单申报单位编号"),
    ("RltEntryDclEtpsNm", "关联报关单申报单位名称"),
)
_CORRESPONDING = (
    ("CorrEntryDclEtpsNo", "对应报关单申报单位编号"),
    ("CorrEntryDclEtpsNm", "对应报关单申报单位名称"),
)


def door(upload: Upload, declaring: bool) -> Iterator[str]:
    """Reasons, in Chinese."""
    yield from _head(upload, declaring)
    yield from _goods(upload, declaring)
    yield from _draft_declaration(upload, declaring)


def _head(upload: Upload, declaring: bool) -> Iterator[str]:
    head = upload.head
    kind, flag, entry = head.get("InvtType", ""), head.get("DclcusFlag", ""), head.get("DclcusTypecd", "")
    generate = head.get("GenDecFlag", "")
    if not head.get("PutrecNo") and kind != "4":
        yield "表头缺少备案编号"
    if flag == "2" and generate == "1":
        yield "非报关时是否生成报关单应为2"
    if flag == "2" and entry:
        yield "非报关时报关类型应为空"
    if kind == "8" and flag == "1":
        yield "保税电商清单的报关标志应为2"
    if kind == "9":
        if not head.get("ApplyNo"):
            yield "一纳成品内销清单缺少申报表编号"
        if (flag, generate, entry, head.get("ListType", "")) != ("1", "1", "2", "Y"):
            yield "一纳成品内销清单应为报关、生成报关单、对应报关、流转类型Y"
    if not declaring:
        return
    if flag == "1" and not entry:
        yield "报关时缺少报关类型"
    if flag == "1" and generate == "1" and not head.get("DecType"):
        yield "生成报关单时缺少报关单类型"
    parties = {"1": _RELATED, "2": _CORRESPONDING}.get(entry, ())
    for name, label in parties:
        if not head.get(name):
            yield f"表头缺少{label}"
    if flag == "1" and head.get("DecType") in ("X", "Y"):
        name, label = ("RltEntryNo", "关联报关单编号") if entry == "1" else ("EntryNo", "对应报关单编号")
        if not head.get(name):
            yield f"两步申报时缺少{label}"
    yield from _one_review(head)


def _one_review(head: Mapping[str, str]) -> Iterator[str]:
    """两单一审, by the authority's own entry page (H)."""
    related = head.get("RltPutrecNo", "")
    terms = ("DclcusFlag", "GenDecFlag", "DclcusTypecd", "TrspModecd", "StshipTrsarvNatcd")
    if (
        tuple(head.get(name) for name in terms) != ("1", "1", "2", "9", "142")
        or head.get("SupvModecd") not in _ONE_REVIEW_MODES
        or head.get("PutrecNo", "")[:1] not in ("H", "T", "L")
    ):
        return
    if not related:
        yield "两单一审时缺少关联备案编号"
    old = related[:1] in ("B", "C", "D", "E") and related[7:8].isdigit()
    if (old or related[:4].upper() == "NULL") and head.get("DecType") not in ("5", "6"):
        yield "两单一审时报关单类型应为5或6"


def _goods(upload: Upload, declaring: bool) -> Iterator[str]:
    kind = upload.head.get("InvtType")
    if declaring and kind == "4" and not upload.sections[SECOND_GOODS]:
        yield "简单加工清单缺少料件表体"
    if upload.sections[GATHERED] and kind != "1":
        yield "只有集报清单可以归并出入库单"
    for section, name, label in (
        (GATHERED, "SasStockNo", "出入库单编号"),
        (ECOMMERCE, "CbecBillNo", "电商清单编号"),
    ):
        numbers = [row.get(name, "") for row in upload.sections[section]]
        if len(set(numbers)) != len(numbers):
            yield f"{label}重复"
    for title, rows in (("表体", upload.goods), ("料件表体", upload.sections[SECOND_GOODS])):
        for number, row in enumerate(rows, 1):
            where = f"{title}第{number}条"
            if declaring and row.get("SecdLawfUnitcd") and not row.get("SecdLawfQty"):
                yield f"{where}缺少法定第二数量"
            if row.get("SeqNo") and row["SeqNo"] != upload.seq_no:
                yield f"{where}的中心统一编号与表头不一致"


def _draft_declaration(upload: Upload, declaring: bool) -> Iterator[str]:
    rows = upload.sections[DECLARATION_ROWS]
    if len(rows) > MAX_DECLARATION_ROWS:
        yield f"报关单草稿表体超过{MAX_DECLARATION_ROWS}条"
    if declaring and rows and not continuous(rows, "EntryGdsSeqno"):
        yield "报关单草稿表体序号应从1起连续"
