"""What a person may ask of a kept file: another try, or that it is for this document."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from backbone.refusals import InvalidRequest, NotFound, Refusal
from contracts.permissions import RECEIPT_OPERATE
from contracts.problems import problem
from customs.documents import KINDS
from services.receipts import candidates, domain, store
from services.receipts.store import RawFile


class ReceiptAlreadyTold(Refusal):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "receipt_already_told"
    title: ClassVar[str] = "该回执已匹配到单证"
    hint: ClassVar[str] = "请在对应单证的时间线中查看"


class ReceiptNotMatchable(Refusal):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "receipt_not_matchable"
    title: ClassVar[str] = "该文件目前不能人工匹配"
    hint: ClassVar[str] = "可以下载原文核对，或重新识别"


class Match(BaseModel):
    """For which document a receipt is, and why a person thinks so."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=40, title="单证种类")
    document_id: UUID = Field(title="单证")
    reason: str = Field(min_length=2, max_length=500, pattern=r"^[^\x00]*$", title="匹配原因")


_WHY_NOT = {
    "stored": "系统正在识别该文件，请稍候",
    "unreadable": "该文件无法识别，没有可以告知单证的内容；可以下载原文核对，或在更正后重新识别",
    "waiting": "该回执分多包发送，其余分包尚未到齐",
    "incomplete": "该回执的分包不完整，缺少的分包补到后才能匹配",
}


async def retry(connection: Connection, caller: Principal, raw: RawFile) -> UUID:
    """Have a file understood again, and note who asked. Raises ReceiptAlreadyTold."""
    if raw.state in domain.TOLD:
        raise ReceiptAlreadyTold()
    retry_id = new_id()
    await connection.execute(
        "INSERT INTO retries (retry_id, raw_id, tenant_id, asked_by, asked_by_name) VALUES ($1, $2, $3, $4, $5)",
        retry_id,
        raw.raw_id,
        raw.tenant_id,
        caller.id,
        caller.name,
    )
    await store.enqueue(connection, raw, f"asked/{retry_id}")
    return retry_id


async def match(connection: Connection, caller: Principal, row: Record, given: Match) -> UUID:
    """Have the file told for this document, and note who said so and why.

    `row` is the file's. Raises ReceiptAlreadyTold, ReceiptNotMatchable, InvalidRequest, NotFound.
    """
    raw = store.raw_file(row)
    if raw.state in domain.TOLD:
        raise ReceiptAlreadyTold()
    if raw.state in _WHY_NOT:
        raise ReceiptNotMatchable(_WHY_NOT[raw.state])
    if given.kind not in KINDS:
        expected = "、".join(KINDS)
        raise InvalidRequest(
            problems=[problem("not_one_of", "/kind", field="「单证种类」", expected=expected)]
        )
    meant = domain.kinds_meant(row["kind"])
    if meant is not None and given.kind not in meant:
        label = KINDS[row["kind"]].label
        wrong = problem(
            "must_be", "/kind", field="「单证种类」", expected="或".join(meant), why=f"这是{label}的回执"
        )
        raise InvalidRequest(problems=[wrong])
    if not await candidates.is_within(connection, caller, RECEIPT_OPERATE, given.kind, given.document_id):
        unknown = problem("unknown_reference", "/document_id", field="「单证」", value=given.document_id)
        raise NotFound("没有这份单证", problems=[unknown])
    match_id = new_id()
    await connection.execute(
        "INSERT INTO matches (match_id, raw_id, tenant_id, document_id, kind, reason, matched_by, matched_by_name) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        match_id,
        raw.raw_id,
        raw.tenant_id,
        given.document_id,
        given.kind,
        given.reason,
        caller.id,
        caller.name,
    )
    await store.enqueue(connection, raw, f"by-hand/{match_id}")
    return match_id
