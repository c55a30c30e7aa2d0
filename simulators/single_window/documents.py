"""What the Single Window knows about one document, and which uploads its status admits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from simulators.single_window.reader import Row, Upload

Status = Literal["stored", "declared", "returned", "store_failed", "approved", "posted", "deleted"]

FILED, CHANGED, DELETED = "1", "2", "3"
EDITABLE: tuple[Status, ...] = ("stored", "returned", "store_failed")
APPROVED: tuple[Status, ...] = ("approved", "posted")
LABELS: dict[Status, str] = {
    "stored": "暂存",
    "declared": "申报成功",
    "returned": "退单",
    "store_failed": "入库失败",
    "approved": "通过",
    "posted": "已核扣",
    "deleted": "删除",
}

# Goods kept with the document for the posting receipt; more would only fill the ledger.
KEPT_GOODS = 50


@dataclass
class Document:
    """One 核注清单 by its SeqNo. `declaration_type` is that of the open or last round (DclTypecd)."""

    seq_no: str
    owner: str
    internal_no: str
    mailbox: str
    status: Status
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

    def to_json(self) -> str:
        """As the ledger keeps it."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Document:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))

    def take(self, upload: Upload) -> None:
        """Put an admitted upload in place of the version before it."""
        self.uploads += 1
        self.internal_no = upload.internal_no
        self.head = {name: value for name, value in upload.head.items() if value}
        self.goods = upload.goods[:KEPT_GOODS]
        self.goods_count = len(upload.goods)
        if upload.declare_flag == "1":
            self.declaration_type = upload.head.get("DclTypecd", FILED)
            self.prior_status = self.status
            self.status = "declared"
            self.change_count += self.declaration_type == CHANGED

    def needs_declaration(self) -> bool:
        """Whether customs generates a 报关单 (报关 and 生成)."""
        return self.head.get("DclcusFlag") == "1" and self.head.get("GenDecFlag") == "1"


def objection(upload: Upload, known: Document | None, by_internal_no: Document | None) -> str | None:
    """Why this upload may not come in now, or None. `known` is the document of the SeqNo the upload carries."""
    head = upload.head
    carried = head.get("SeqNo", "")
    if not carried:
        if by_internal_no is not None:
            return already_there(upload.internal_no, upload.owner, by_internal_no.seq_no)
        if head.get("DclTypecd", FILED) != FILED:
            return "变更、删除必须填写预录入统一编号和清单编号"
        return None
    if known is None:
        return f"预录入统一编号[{carried}]不存在"
    if known.owner != upload.owner:
        return f"预录入统一编号[{carried}]不属于经营企业[{upload.owner}]"
    if by_internal_no is not None and by_internal_no.seq_no != carried:
        return already_there(upload.internal_no, upload.owner, by_internal_no.seq_no)
    if head.get("DclTypecd", FILED) == FILED:
        if known.status not in EDITABLE:
            return f"预录入统一编号【{carried}】的单证状态为[{LABELS[known.status]}]，不允许重复导入"
        return None
    if known.status not in APPROVED:
        return f"预录入统一编号[{carried}]的单证状态为[{LABELS[known.status]}]，不允许变更或删除"
    if head.get("BondInvtNo", "") != known.customs_no:
        return f"清单编号与预录入统一编号[{carried}]不一致"
    return None


def already_there(internal_no: str, owner: str, seq_no: str) -> str:
    """The refusal of a repeated upload. A real one names the known SeqNo in 【】 (2024, H); the wording is ours."""
    return (
        f"企业内部编号[{internal_no}]、区内企业编码[{owner}]的数据已存在，"
        f"预录入统一编号为【{seq_no}】，不允许重复导入"
    )


def answered(document: Document, receipt: str, result: str) -> None:
    """Move the document on once that answer has gone out."""
    if receipt == "INV211":
        document.status = "posted"
    if receipt != "INV201":
        return
    first = document.declaration_type == FILED
    if result == "Z":
        document.status = "store_failed"
    elif result == "3":
        # A returned change leaves the former version valid.
        document.status = "returned" if first else document.prior_status
        document.change_count -= document.declaration_type == CHANGED
    elif result in ("1", "4", "5"):
        if document.declaration_type == DELETED:
            document.status = "deleted"
        elif document.declaration_type == CHANGED:
            document.status = document.prior_status
        elif document.status != "posted":
            document.status = "posted" if result == "1" else "approved"
