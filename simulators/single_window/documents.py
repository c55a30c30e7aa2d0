"""What the Single Window knows about one document, and which uploads its status admits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from simulators.single_window.elements import Row
from simulators.single_window.form import FILED, Upload

Status = Literal[
    "stored",
    "declared",
    "returned",
    "store_failed",
    "approved",
    "posted",
    "passed",
    "deleted",
    "closed",
    "voided",
]
CHANGED, ENDED = "2", "3"
EDITABLE: tuple[Status, ...] = ("stored", "returned", "store_failed")
LABELS: dict[Status, str] = {
    "stored": "暂存",
    "declared": "申报成功",
    "returned": "退单",
    "store_failed": "入库失败",
    "approved": "通过",
    "posted": "已核扣",
    "passed": "已过卡",
    "deleted": "删除",
    "closed": "已结案",
    "voided": "已作废",
}
VALID: tuple[Status, ...] = ("approved", "posted", "passed")
"""Approved and not ended: what others may refer to. Within a later round that is still so."""

LINES_GIVEN = "linesGiven"
"""A mark customs keeps to itself: rows came without a line of the book and were given one, so their approval tells them."""


@dataclass
class Document:
    """One document by its SeqNo. `declaration_type` is that of the open or last round (DclTypecd).

    `marks` are values only customs fills, by element name of the receipt. `quantities` are DclQty summed over the rows
    that share a value, by element and that value. `links` are customs numbers of documents this one refers to, `others` rows that are no goods, by section.
    `former` is the version a change would replace.
    """

    seq_no: str
    owner: str
    internal_no: str
    mailbox: str
    status: Status
    kind: str = "inventory"
    customs_no: str = ""
    entry_seq_no: str = ""
    change_count: int = 0
    declaration_type: str = FILED
    receiver: str = ""
    uploads: int = 0
    prior_status: Status = "stored"
    head: Row = field(default_factory=dict)
    goods: list[Row] = field(default_factory=list)
    goods_count: int = 0
    marks: Row = field(default_factory=dict)
    quantities: dict[str, dict[str, str]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    others: dict[str, list[Row]] = field(default_factory=dict)
    former: dict[str, Any] | None = None

    def to_json(self) -> str:
        """As the ledger keeps it."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Document:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))

    @property
    def valid(self) -> bool:
        """Whether others may refer to it: approved and not ended, also while a later round is open."""
        return self.status in VALID or (self.status == "declared" and self.prior_status in VALID)

    @property
    def counts(self) -> bool:
        """Whether what it takes from others is taken: declared or valid."""
        return self.status == "declared" or self.status in VALID

    def copied(self) -> Document:
        """A copy that may move on by itself. Rows are never changed in place, so they are shared."""
        return replace(self, marks=dict(self.marks))

    def quantity(self, element: str, value: str) -> Decimal:
        """Sum of DclQty over the rows in which `element` has that value."""
        return Decimal(self.quantities.get(element, {}).get(value, "0"))


def take(
    document: Document,
    upload: Upload,
    row_keys: tuple[str, ...],
    links: list[str],
    kept_goods: int,
    kept_others: tuple[str, ...] = (),
) -> None:
    """Put an admitted upload in place of the version before it."""
    if document.status in VALID and document.former is None:
        document.former = {name: getattr(document, name) for name in _VERSION}
    document.uploads += 1
    document.internal_no = upload.internal_no
    document.head = {name: value for name, value in upload.head.items() if value}
    rows = _staying(upload.goods)
    if upload.goods or document.former is None:
        document.goods = rows[:kept_goods]
        document.goods_count = len(rows)
        document.quantities = {key: _summed(rows, key) for key in row_keys}
        document.others = {name: _staying(upload.sections[name]) for name in kept_others}
    document.links = links
    if upload.declare_flag == "1":
        document.declaration_type = upload.declaration_type
        document.prior_status = document.status
        document.status = "declared"
        document.change_count += document.declaration_type == CHANGED


_VERSION = ("head", "goods", "goods_count", "quantities", "links", "others")


def _staying(rows: list[Row]) -> list[Row]:
    """A row marked as deleted (2) has gone once the change is approved."""
    return [row for row in rows if row.get("ModfMarkcd") != "2"]


def _summed(rows: list[Row], key: str) -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.get(key) and row.get("DclQty"):
            found[row[key]] = found.get(row[key], Decimal(0)) + Decimal(row["DclQty"])
    return {value: str(quantity) for value, quantity in found.items()}


def settle(document: Document, result: str, granted: frozenset[str], ends_as: Mapping[str, Status]) -> None:
    """Customs has answered the open round: move the document on."""
    filing, open_ = document.declaration_type == FILED, document.status == "declared"
    if result in ("3", "Z") and open_:
        # A returned change leaves the former version valid.
        document.status = (
            ("store_failed" if result == "Z" else "returned") if filing else document.prior_status
        )
        document.change_count -= document.declaration_type == CHANGED
        for name, value in (document.former or {}).items():
            setattr(document, name, value)
        document.former = None
    elif result in granted and filing:
        if document.status not in (*VALID, *ends_as.values()):
            document.status = "approved"
    elif result in granted and open_:
        document.status = ends_as.get(document.declaration_type, document.prior_status)
        document.former = None


@dataclass(frozen=True)
class Terms:
    """How a kind speaks in refusals: its rounds after the filing, its number, its owner, and when rounds are open."""

    rounds: Mapping[str, str]
    number: str
    number_element: str
    owner: str
    open_in: tuple[Status, ...]

    @property
    def later(self) -> str:
        """变更、删除."""
        return "、".join(self.rounds.values())


def objection(
    terms: Terms, upload: Upload, known: Document | None, by_internal_no: Document | None
) -> str | None:
    """Why this upload may not come in now, or None. `known` is the document of the SeqNo the upload carries."""
    carried, round_ = upload.seq_no, upload.declaration_type
    if round_ != FILED and round_ not in terms.rounds:
        return f"申报类型取值[{round_}]不正确"
    if not carried:
        if by_internal_no is not None:
            return already_there(upload.internal_no, upload.owner, by_internal_no.seq_no)
        if round_ != FILED:
            return f"{terms.later}必须填写预录入统一编号和{terms.number}"
        return None
    if known is None:
        return f"预录入统一编号[{carried}]不存在"
    if known.owner != upload.owner:
        return f"预录入统一编号[{carried}]不属于{terms.owner}[{upload.owner}]"
    if by_internal_no is not None and by_internal_no.seq_no != carried:
        return already_there(upload.internal_no, upload.owner, by_internal_no.seq_no)
    if round_ == FILED:
        if known.status not in EDITABLE:
            return f"预录入统一编号【{carried}】的单证状态为[{LABELS[known.status]}]，不允许重复导入"
        return None
    if known.status not in terms.open_in:
        later = terms.later.replace("、", "或")
        return f"预录入统一编号[{carried}]的单证状态为[{LABELS[known.status]}]，不允许{later}"
    if upload.head.get(terms.number_element, "") != known.customs_no:
        return f"{terms.number}与预录入统一编号[{carried}]不一致"
    return None


def already_there(internal_no: str, owner: str, seq_no: str) -> str:
    """The refusal of a repeated upload. A real one names the known SeqNo in 【】 (2024, H); the wording is ours."""
    return (
        f"企业内部编号[{internal_no}]、区内企业编码[{owner}]的数据已存在，"
        f"预录入统一编号为【{seq_no}】，不允许重复导入"
    )
