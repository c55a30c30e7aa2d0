"""What the Single Window refuses at its door, with the simulator's own rules. All reasons are found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from simulators.single_window import codes
from simulators.single_window.elements import Element, Row, Table
from simulators.single_window.form import Section, Upload, continuous
from simulators.single_window.kinds import kind_of

_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
_WORD = re.compile(r"[0-9A-Z_]+", re.ASCII)
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_MESSAGE_LIMITS = {"version": 11, "business_id": 128, "message_id": 128, "file_name": 128, "message_type": 16}
# Goes into the name of the receipt file too, so nothing but letters and digits may stand in it.
_ADDRESS = re.compile(r"[0-9A-Z]{4,16}", re.ASCII)


def reasons_to_refuse(upload: Upload) -> list[str]:
    """Every reason, in Chinese; empty when the door opens. Nothing here depends on earlier uploads."""
    declaring = upload.declare_flag == "1"
    head, *others = upload.form.sections
    kind = kind_of(upload.form.message_type)
    return [
        *upload.oddities,
        *_envelope(upload),
        *_section(upload, head, declaring),
        *_applicant(upload, declaring),
        *(kind.door(upload, declaring) if kind else ()),
        *(reason for section in others for reason in _section(upload, section, declaring)),
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
    if upload.declare_flag not in ("0", "1") and kind_of(upload.form.message_type):
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
    optional = kind_of(upload.form.message_type) is None and not upload.sys_id
    if upload.form.has_sys_id and upload.sys_id not in codes.SYSTEMS and not optional:
        yield f"SysId取值[{upload.sys_id[:8]}]不正确"


def _applicant(upload: Upload, declaring: bool) -> Iterator[str]:
    applicant = upload.form.applicant
    if declaring and applicant and upload.oper_customs_code != upload.head.get(applicant, ""):
        yield "申报企业编号与操作卡的海关编码不一致"


def _section(upload: Upload, section: Section, declaring: bool) -> Iterator[str]:
    if upload.declaration_type in section.unchecked_in:
        return
    rows = upload.sections[section.element]
    if declaring and len(rows) < section.least:
        yield f"{section.title}至少需要一条{'商品' if section.element == upload.form.goods else '记录'}"
    for number, row in enumerate(rows, 1):
        where = section.title if section.single else f"{section.title}第{number}条"
        yield from _row(
            where, row, section.table, _required(upload.form.message_type, section.element, declaring)
        )
    if declaring and section.numbered and not continuous(rows, section.numbered):
        yield f"{section.title}序号应从1起连续"


@cache
def _required(message_type: str, element: str, declaring: bool) -> tuple[Element, ...]:
    kind = kind_of(message_type)
    return tuple(
        e
        for section in (kind.form.sections if kind else ())
        if section.element == element
        for e in section.table.values()
        if e.need == "save" or (declaring and e.need == "declare")
    )


def _row(where: str, row: Row, table: Table, required: tuple[Element, ...]) -> Iterator[str]:
    for name, value in row.items():
        element = table.get(name)
        if element is None:
            yield f"{where}有未知节点{name[:80]}"
        elif value and (wrong := _value(element, value)):
            yield f"{where}的{element.label}{wrong}"
    for element in required:
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
