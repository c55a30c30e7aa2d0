"""What can be wrong with an upload outside its document. Pointers are into the JSON of the message."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.problems import Problem, problem
from customs.codes import table
from customs.singlewindow.messages import Upload

_FLAGS = {"0": "0（暂存）", "1": "1（申报）"}
# Lengths: customs schema of 2017; Ic_Card: uploads of three senders (H).
_LIMITS = (
    ("message_id", 128),
    ("file_name", 128),
    ("business_id", 128),
    ("sender_id", 16),
    ("receiver_id", 16),
)
_CARD_DIGITS = 13
_CUSTOMS_CODE = 10


def check_envelope(upload: Upload) -> tuple[Problem, ...]:
    """Problems of flag, route facts and envelope, and every element no catalogue names."""
    return tuple(_problems(upload))


def _problems(upload: Upload) -> Iterator[Problem]:
    envelope = upload.envelope
    if envelope.message_type != upload.message_type:
        yield _must_be("/envelope/message_type", "message_type", upload.message_type, "与业务报文的类型一致")
    for name, limit in _LIMITS:
        value: str = getattr(envelope, name)
        if len(value) > limit:
            yield problem(
                "too_long", f"/envelope/{name}", field=f"信封「{name}」", length=len(value), limit=limit
            )
    card = envelope.card_no
    if card and not (card.isascii() and card.isdigit() and len(card) == _CARD_DIGITS):
        field = "信封「操作员卡号(Ic_Card)」"
        yield problem("wrong_length", "/envelope/card_no", field=field, length=_CARD_DIGITS, actual=len(card))
    if upload.declare_flag not in _FLAGS:
        yield _must_be("/declare_flag", "DelcareFlag", "或".join(_FLAGS.values()), "决定暂存还是申报")
    systems = table("systems")
    if upload.kind.tells_system and upload.sys_id not in systems.codes:
        values = {"value": upload.sys_id[:20], "table": systems.label}
        choices = "：" + "、".join(f"{row.code} {row.name}" for row in systems)
        yield problem("unknown_code", "/sys_id", field="「所属系统(SysId)」", choices=choices, **values)
    yield from _operator(upload)
    for number, unknown in enumerate(upload.unknown):
        yield problem("unknown_field", f"/unknown/{number}", field=f"元素{unknown.path}")


def _operator(upload: Upload) -> Iterator[Problem]:
    code, field = upload.operator_customs_code, "「操作卡海关编码(OperCusRegCode)」"
    if len(code) != _CUSTOMS_CODE:
        yield problem(
            "wrong_length", "/operator_customs_code", field=field, length=_CUSTOMS_CODE, actual=len(code)
        )
        return
    head = upload.document.get("head")
    declaring = head.get("declaring_code") if isinstance(head, dict) else None
    if upload.declare_flag == "1" and declaring and declaring != code:
        yield _must_be(
            "/operator_customs_code", "OperCusRegCode", str(declaring), "申报企业应为操作卡所属企业"
        )


def _must_be(pointer: str, name: str, expected: str, why: str) -> Problem:
    return problem("must_be", pointer, field=f"「{name}」", expected=expected, why=why)
