"""What an answer is and what its file is called; pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from backbone.backoff import Backoff
from customs.documents import KINDS
from customs.singlewindow import ACKNOWLEDGEMENT, Receipt

STATES: Mapping[str, str] = MappingProxyType(
    {
        "stored": "待识别",
        "matched": "已匹配",
        "repeated": "重复回执",
        "unmatched": "未匹配",
        "unreadable": "无法识别",
        "waiting": "等待其余分包",
        "incomplete": "分包不完整",
    }
)
"""States of a kept file with what a clerk reads."""

TOLD = frozenset({"matched", "repeated"})
MAX_KEY_LENGTH = 200
_SHORTEST_CUSTOMS_NO = 6
UNMATCHED = Backoff((10, 30, 120, 600, 3600, 6 * 3600))
"""A file whose document is not known yet. Nothing is broken; what it waits for may be told at any time, and then it is tried."""

# Successed_/Failed_ + stem + _ + 21 to 23 digits of time (three implementers, H); shorter stamps are taken too.
_ACKNOWLEDGEMENT_NAME = re.compile(
    r"\A(?:Successed|Failed)_(.+)_\d{14,23}\.[A-Za-z]+\Z", re.DOTALL | re.ASCII
)
_SEQ_NO = re.compile(r"[0-9A-Za-z]{18}", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}|\A\d{14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Keys:
    """By what a receipt finds its document. Texts too long to be any number of ours are left out."""

    kind: str | None
    """None for an acknowledgement, which does not tell, and for a type that several kinds share."""
    stem: str | None
    seq_no: str | None
    customs_no: str | None
    internal_no: str | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a document's own answer teaches: the authority's numbers, as far as they can be any."""

    seq_no: str | None = None
    customs_no: str | None = None


def kinds_meant(kind: str | None) -> list[str] | None:
    """The kinds of documents a receipt of this kind can be for: a variant's packets are stored under its kind's name."""
    if kind is None:
        return None
    return [kind, *(each.name for each in KINDS.values() if each.variant_of == kind)]


def stem_of(file_name: str) -> str | None:
    """The stem of the upload that an acknowledgement's file name carries."""
    found = _ACKNOWLEDGEMENT_NAME.match(file_name)
    return found[1] if found else None


def keys_of(receipt: Receipt, file_name: str) -> Keys:
    """Acknowledgements by stem, else internal number; customs receipts by 统一编号, else by the customs number, else
    (full forms) by internal number.

    Where the 统一编号 should stand a message of 2019 has the sender's own number: one that is none is tried as that too.
    """
    acknowledgement = receipt.message_type == ACKNOWLEDGEMENT
    seq_no = receipt.seq_no
    own = receipt.internal_no or (None if acknowledgement or is_seq_no(seq_no) else seq_no)
    return Keys(
        kind=receipt.kind,
        stem=_bounded(stem_of(file_name)) if acknowledgement else None,
        # The number in an acknowledgement is news to us: it is learned, not matched by.
        seq_no=None if acknowledgement else _bounded(seq_no),
        customs_no=None if acknowledgement else _customs_no(receipt.customs_no),
        internal_no=_bounded(own),
    )


def taught_by(receipt: Receipt) -> Numbers:
    """The numbers to remember once the receipt has its document."""
    seq_no = receipt.seq_no if is_seq_no(receipt.seq_no) else None
    return Numbers(_bounded(seq_no), _customs_no(receipt.customs_no))


def _customs_no(text: str | None) -> str | None:
    """Such a number names one document; a filler like 0 must never do."""
    return _bounded(text) if text and len(text) >= _SHORTEST_CUSTOMS_NO and text.strip("0") else None


def is_seq_no(text: str | None) -> bool:
    """Whether it has the form of a 统一编号."""
    return text is not None and _SEQ_NO.fullmatch(text) is not None


def _bounded(text: str | None) -> str | None:
    return text if text and len(text) <= MAX_KEY_LENGTH else None


def answer_key(receipt: Receipt, file_name: str) -> str:
    """Equal for the same answer, in whatever envelope or packets it came.

    An answer that does not tell its time to the second could be given again for a later attempt in the same words: then
    the message id counts too. An acknowledgement tells no time at all, there the upload's stem takes its place.
    """
    about: object = None
    if receipt.message_type == ACKNOWLEDGEMENT:
        about = stem_of(file_name) or file_name
    elif not _tells_time(receipt):
        about = receipt.message_id or file_name
    content = [
        receipt.message_type,
        receipt.code,
        receipt.outcome,
        receipt.seq_no,
        receipt.customs_no,
        receipt.entry_seq_no,
        receipt.change_count,
        receipt.internal_no,
        receipt.declaration_type,
        receipt.existing_seq_no,
        receipt.reasons,
        receipt.body,
        about,
    ]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _tells_time(receipt: Receipt) -> bool:
    time = receipt.authority_time
    if time is None or receipt.authority_at is None or time == receipt.envelope.send_time:
        return False
    return _TIME_OF_DAY.search(time) is not None


def packet_group(mailbox: str, receipt: Receipt) -> str:
    """One name for all packets of a split receipt."""
    assert receipt.packet is not None
    group = [mailbox, receipt.message_type, receipt.packet.pocket_id, receipt.packet.total]
    return hashlib.sha256(orjson.dumps(group)).hexdigest()


def retry_after(tries: int) -> float:
    """Seconds until an unmatched receipt is looked at again, whatever happens in between."""
    return UNMATCHED.after(max(tries, 1))


def why_unmatched(keys: Keys) -> str:
    """Chinese sentence: what was looked for in vain."""
    looked = [
        f"{label}[{value}]"
        for label, value in (
            ("报文文件名", keys.stem),
            ("预录入统一编号", keys.seq_no),
            ("海关编号", keys.customs_no),
            ("企业内部编号", keys.internal_no),
        )
        if value
    ]
    if not looked:
        return "回执没有写明可供匹配的编号，请人工核对"
    return f"没有找到{'、'.join(looked)}对应的单证，系统会继续尝试"


def why_waiting(present: int, total: int) -> str:
    return f"分包回执已到{present}包，共{total}包，等待其余分包"


def why_incomplete(missing: list[int], total: int, minutes: int) -> str:
    shown = "、".join(str(number) for number in missing[:20])
    return f"分包回执超过{minutes}分钟仍不完整，缺少第{shown}包（共{total}包）；补到后会自动合并"
