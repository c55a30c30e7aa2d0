"""From a kept file's bytes to a receipt, or to the reason why it is none. Pure; slow for large files, so in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backbone import log
from customs.singlewindow import (
    Receipt,
    UnreadableError,
    is_zip,
    join_packets,
    read_receipt,
    readable,
    unpack,
)

MAX_PACKETS = 10_000
MAX_JOINED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Understood:
    """A receipt with its text as it stands in the file."""

    receipt: Receipt
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """`code` is stable, `text` a Chinese sentence; `message_type` where the file names one."""

    code: str
    text: str
    message_type: str | None = None


TOO_LARGE_TOGETHER = Unreadable("too_large", f"各分包合计超过{MAX_JOINED_BYTES // 1_048_576}MB，不予合并")


def understand(data: bytes) -> Understood | Unreadable:
    """Never raises: whatever is in the file, it is kept and shown."""
    try:
        xml = unpack(data).xml if is_zip(data) else data
        receipt = read_receipt(xml)
    except UnreadableError as error:
        return Unreadable(error.code, error.text, (error.message_type or None) and error.message_type[:80])
    except Exception as error:  # noqa: BLE001 - a file that trips the reader must not stop its mailbox
        log.get().error("receipt_reader_failed", exc_info=error)
        return Unreadable("reader_failed", "系统读取该文件时出错，文件已保留，请联系技术支持")
    packet = receipt.packet
    if packet is not None and receipt.is_split and not 1 <= packet.number <= packet.total <= MAX_PACKETS:
        text = f"分包信息不正确：第{str(packet.number)[:12]}包，共{str(packet.total)[:12]}包"
        return Unreadable("packets_differ", text, receipt.message_type)
    return Understood(receipt, readable(xml))


def understand_joined(contents: Sequence[bytes]) -> Understood | Unreadable:
    """The whole receipt out of the files of its packets, in the order of packets."""
    parts: list[Understood] = []
    for data in contents:
        part = understand(data)
        if isinstance(part, Unreadable):
            return part
        parts.append(part)
    try:
        whole = join_packets([part.receipt for part in parts])
    except UnreadableError as error:
        return Unreadable(error.code, error.text, parts[0].receipt.message_type)
    return Understood(whole, "\n".join(part.text for part in parts))
