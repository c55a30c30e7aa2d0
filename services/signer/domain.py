"""What the signer decides: names of a message, and why an attempt cannot become one. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.events.entry import AttemptStarted
from customs import singlewindow
from customs.documents import KINDS, Kind
from customs.documents.life import Purpose
from customs.documents.upcasting import upcast
from customs.singlewindow import Algorithm
from services.signer.gateway import SigningKey

UNSIGNED = "none"
ALGORITHMS: Mapping[str, tuple[Algorithm, ...]] = MappingProxyType(
    {
        UNSIGNED: (),
        "xmldsig": ("rsa-sha1", "rsa-sha256", "sm2-sm3"),
        "xmldsig-rsa-sha1": ("rsa-sha1",),
        "xmldsig-rsa-sha256": ("rsa-sha256",),
        "xmldsig-sm2-sm3": ("sm2-sm3",),
    }
)
"""Signing of a route → what its signature may be made with. `none` leaves the skeleton empty, `xmldsig` follows the certificate."""

# Everything XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SigningRefused(Exception):
    """The attempt cannot become a message, now or later; `reason` is a Chinese sentence for the clerk."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


def message_id_of(message_type: str, attempt_id: UUID) -> str:
    """`message_id` of an attempt: message type and the attempt's id, 38 characters of the 128 allowed.

    Derived and not counted, so that it is unique over all senders and would come out the same if it were made again.
    """
    return f"{message_type}{attempt_id.hex.upper()}"


def file_name_of(message_id: str) -> str:
    """`file_name` of the envelope. The delivered file carries a try number beside this."""
    return f"{message_id}.zip"


def kind_of(attempt: AttemptStarted) -> Kind:
    """Raises SigningRefused."""
    kind = KINDS.get(attempt.kind)
    if kind is None:
        raise SigningRefused(
            "unknown_kind", f"本系统尚不支持单证种类「{attempt.kind}」的报文，请联系技术支持"
        )
    return kind


def algorithms_of(signing: str) -> tuple[Algorithm, ...]:
    """Empty for a route without a signature of ours. Raises SigningRefused."""
    if signing not in ALGORITHMS:
        raise SigningRefused(
            "unknown_signing",
            f"企业通道的签名方式「{signing}」不受支持，请管理员修改企业的通道设置后重新申报",
        )
    return ALGORITHMS[signing]


def algorithm_for(signing: str, key: SigningKey) -> Algorithm:
    """The first that the key can do of what the route allows. Raises SigningRefused."""
    allowed = algorithms_of(signing)
    for algorithm in key.algorithms:
        if algorithm in allowed:
            return algorithm
    raise SigningRefused(
        "algorithm_missing",
        f"企业通道的签名方式「{signing}」与操作员卡 {key.key_id} 的证书不符，请管理员修改企业的通道设置后重新申报",
    )


def is_urgent(attempt: AttemptStarted) -> bool:
    """Whether people wait for it where they stand, as a driver at the gate does. Unknown kinds are refused later."""
    kind = KINDS.get(attempt.kind)
    return kind is not None and kind.is_waited_for


def message_type_of(attempt: AttemptStarted) -> str:
    """Raises SigningRefused."""
    return singlewindow.RESEND_REQUEST if attempt.upload == "resend" else kind_of(attempt).upload_type


def composed(attempt: AttemptStarted, *, message_id: str, send_time: datetime) -> bytes:
    """The unsigned message. Raises SigningRefused."""
    kind = kind_of(attempt)
    numbers = attempt.numbers
    if attempt.upload == "resend":
        if numbers.seq_no is None:
            raise SigningRefused("no_seq_no", "单证尚无预录入统一编号，不能请求补发回执")
        return singlewindow.compose_resend(
            seq_no=numbers.seq_no,
            customs_no=numbers.customs_no,
            route=attempt.route,
            message_id=message_id,
            send_time=send_time,
            file_name=file_name_of(message_id),
        )
    # ChgTmsCnt of a 变更 is the number of that change.
    change_count = numbers.change_count + (Purpose(attempt.purpose) is Purpose.CHANGE)
    document = upcast(kind, attempt.document, attempt.catalogue_version)
    try:
        return singlewindow.compose(
            kind,
            document,
            route=attempt.route,
            declare_flag=attempt.declare_flag,
            message_id=message_id,
            send_time=send_time,
            file_name=file_name_of(message_id),
            seq_no=numbers.seq_no,
            customs_no=numbers.customs_no,
            change_count=change_count or None,
        )
    except singlewindow.UncomposableError as error:
        places = "、".join(_unwritable(kind, document))
        if places:
            raise SigningRefused(
                "unwritable_character", f"{places}含有报文不能表示的字符（多为不可见字符），请删除后重新申报"
            ) from error
        raise SigningRefused("uncomposable", "单证内容无法生成报文，请联系技术支持") from error


def _unwritable(kind: Kind, document: Mapping[str, Any]) -> Iterator[str]:
    """At most three places a clerk can find, such as 表体第3行「商品名称」."""
    left = 3
    for section in kind.sections:
        given = document.get(section.name)
        rows = given if isinstance(given, list) else [given]
        for number, row in enumerate(rows, start=1):
            for name, value in row.items() if isinstance(row, dict) else ():
                if not left:
                    return
                if isinstance(value, str) and _UNWRITABLE.search(value):
                    label = section.fields[name].label if name in section.fields else name
                    place = section.row_label.format(number) if section.many else section.label
                    left -= 1
                    yield f"{place}「{label}」"
