"""What the Single Window refuses at its door, with the simulator's own rules. All reasons are found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from simulators.single_window import codes, elements
from simulators.single_window.elements import Element
from simulators.single_window.reader import (
    DECLARATION_HEAD,
    DECLARATION_ROWS,
    ECOMMERCE_BILLS,
    SECOND_GOODS,
    Row,
    Upload,
)

_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
_WORD = re.compile(r"[0-9A-Z_]+", re.ASCII)
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_MESSAGE_LIMITS = {"version": 11, "business_id": 128, "message_id": 128, "file_name": 128, "message_type": 16}
# Goes into the name of the receipt file too, so nothing but letters and digits may stand in it.
_ADDRESS = re.compile(r"[0-9A-Z]{4,16}", re.ASCII)
MAX_DECLARATION_ROWS = 50

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


def reasons_to_refuse(upload: Upload) -> list[str]:
    """Every reason, in Chinese; empty when the door opens. Nothing here depends on earlier uploads."""
    declaring = upload.declare_flag == "1"
    return [
        *upload.oddities,
        *_envelope(upload),
        *_head(upload, declaring),
        *_goods(upload, declaring),
        *_draft_declaration(upload),
    ]


def in_one_sentence(reasons: list[str] | tuple[str, ...], limit: int = 400) -> str:
    """The reasons joined by ；, cut at a whole reason so that a long list stays within `limit` characters."""
    said = ""
    for index, reason in enumerate(reasons):
        if index and len(said) + len(reason) > limit:
            return f"{said}；等共{len(reasons)}处"
        said += ("；" if index else "") + reason
    return said


def _envelope(upload: Upload) -> Iterator[str]:
    if upload.declare_flag not in ("0", "1"):
        yield f"DelcareFlag取值[{upload.declare_flag[:8]}]不正确"
    for name, limit in _MESSAGE_LIMITS.items():
        if len(upload.envelope.get(name, "")) > limit:
            yield f"EnvelopInfo的{name}超过{limit}位"
    for name in ("sender_id", "receiver_id"):
        address = upload.envelope.get(name, "")
        if address and not _ADDRESS.fullmatch(address):
            yield f"EnvelopInfo的{name}应为4至16位数字和大写字母"
    card = upload.envelope.get("Ic_Card", "")
    if card and not (len(card) == 13 and card.isascii() and card.isdigit()):
        yield "EnvelopInfo的Ic_Card应为13位数字"
    if len(upload.oper_customs_code) != 10:
        yield "OperCusRegCode应为10位海关编码"
    if upload.sys_id not in codes.SYSTEMS:
        yield f"SysId取值[{upload.sys_id[:8]}]不正确"


def _head(upload: Upload, declaring: bool) -> Iterator[str]:
    head = upload.head
    yield from _row("表头", head, elements.HEAD, declaring)
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
    if upload.oper_customs_code != head.get("DclEtpsno", ""):
        yield "申报企业编号与操作卡的海关编码不一致"
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


def _goods(upload: Upload, declaring: bool) -> Iterator[str]:
    if declaring and not upload.goods:
        yield "表体至少需要一条商品"
    if declaring and upload.head.get("InvtType") == "4" and not upload.sections[SECOND_GOODS]:
        yield "简单加工清单缺少料件表体"
    for title, rows in (("表体", upload.goods), ("料件表体", upload.sections[SECOND_GOODS])):
        for number, row in enumerate(rows, 1):
            where = f"{title}第{number}条"
            yield from _row(where, row, elements.GOODS, declaring)
            if declaring and row.get("SecdLawfUnitcd") and not row.get("SecdLawfQty"):
                yield f"{where}缺少法定第二数量"
            if row.get("SeqNo") and row["SeqNo"] != upload.head.get("SeqNo"):
                yield f"{where}的中心统一编号与表头不一致"
        if declaring and not _continuous(rows, "GdsSeqno"):
            yield f"{title}商品序号应从1起连续"


def _draft_declaration(upload: Upload) -> Iterator[str]:
    rows = upload.sections[DECLARATION_ROWS]
    for row in upload.sections[DECLARATION_HEAD]:
        yield from _unknown("报关单草稿表头", row, elements.DECLARATION_HEAD)
    for number, row in enumerate(rows, 1):
        yield from _unknown(f"报关单草稿表体第{number}条", row, elements.DECLARATION_ROW)
    for number, row in enumerate(upload.sections[ECOMMERCE_BILLS], 1):
        yield from _unknown(f"电商单第{number}条", row, elements.ECOMMERCE_BILL)
    if len(rows) > MAX_DECLARATION_ROWS:
        yield f"报关单草稿表体超过{MAX_DECLARATION_ROWS}条"
    if rows and not _continuous(rows, "EntryGdsSeqno"):
        yield "报关单草稿表体序号应从1起连续"


def _continuous(rows: list[Row], name: str) -> bool:
    return sorted(row.get(name, "") for row in rows) == sorted(str(n) for n in range(1, len(rows) + 1))


def _unknown(where: str, row: Row, known: frozenset[str]) -> Iterator[str]:
    for name in row:
        if name not in known:
            yield f"{where}有未知节点{name[:80]}"


def _row(where: str, row: Row, table: Mapping[str, Element], declaring: bool) -> Iterator[str]:
    for name, value in row.items():
        element = table.get(name)
        if element is None:
            yield f"{where}有未知节点{name[:80]}"
        elif value and (wrong := _value(element, value)):
            yield f"{where}的{element.label}{wrong}"
    for element in _REQUIRED[id(table)][declaring]:
        if not row.get(element.name):
            yield f"{where}缺少{element.label}"


def _value(element: Element, value: str) -> str:
    if element.among:
        return "" if value in element.among else f"取值[{value[:20]}]不正确"
    if element.digits is not None:
        return _number(element, value)
    if element.exact:
        return _fixed(element, value)
    width = len(value) if value.isascii() else sum(1 if c.isascii() else 2 for c in value)
    return "" if width <= element.length else f"超过{element.length}位"


def _fixed(element: Element, value: str) -> str:
    if len(value) != element.exact:
        return f"应为{element.exact}位"
    if element.name.endswith(("Sccd", "CreditCode")) and not _CREDIT_CODE.fullmatch(value):
        return "不是有效的社会信用代码"
    if element.numeric and not (value.isascii() and value.isdigit()):
        return "应为数字"
    return "" if _WORD.fullmatch(value) else "只能包含数字和大写字母"


def _number(element: Element, value: str) -> str:
    match = _NUMBER.fullmatch(value)
    if match is None or element.digits is None:
        return f"[{value[:20]}]不是数字"
    total, decimals = element.digits
    whole, fraction = match[1].lstrip("0"), match[2] or ""
    if len(fraction) > decimals:
        return f"小数超过{decimals}位"
    if len(whole) + len(fraction) > total:
        return f"超过{total}位数字"
    if element.positive and (value[0] == "-" or not (whole or fraction.strip("0"))):
        return "应大于0"
    return ""


def _required(table: Mapping[str, Element]) -> dict[bool, tuple[Element, ...]]:
    return {
        declaring: tuple(e for e in table.values() if e.need == "save" or (declaring and e.need == "declare"))
        for declaring in (False, True)
    }


_REQUIRED = {id(table): _required(table) for table in (elements.HEAD, elements.GOODS)}
