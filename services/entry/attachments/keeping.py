"""随附单据: putting files on a document and taking them off, each within the caller's transaction.

The bytes are in the object store before the row is written, so a row never names a file that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from backbone import outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import NotFound, Refusal
from contracts.events.entry import Attachment, DocumentAttached, DocumentDetached
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from customs.documents import Kind
from customs.documents.life import Purpose
from services.entry.attachments import attachment_store
from services.entry.attachments.attachment_store import Kept
from services.entry.attachments.file_types import BY_SUFFIX, FILE_TYPES, FileType, suffix_of
from services.entry.document import store
from services.entry.document.opening import actor, load, reference
from services.entry.document.store import Document

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 50
MOST_BYTES_OF_DOCUMENT = 100 * 1024 * 1024
TYPES_TABLE = "attachment_types"
_ALLOWED = "、".join(each.label for each in FILE_TYPES)


class AttachmentTooLarge(Refusal):
    status = 413
    code = "attachment_too_large"
    title = "附件过大"
    hint = f"每个附件不超过{MOST_BYTES // 1_048_576} MB；请压缩，或拆分为多个文件"


class AttachmentEmpty(Refusal):
    status = 422
    code = "attachment_empty"
    title = "附件没有内容"
    hint = "请确认选对了文件，以请求体原样传送文件内容"


class AttachmentTypeUnknown(Refusal):
    status = 415
    code = "attachment_type_unknown"
    title = "不支持这种文件"
    hint = f"可以上传：{_ALLOWED}；含宏、加密或已损坏的文件不能上传"


class AttachmentTypeDiffers(Refusal):
    status = 422
    code = "attachment_type_differs"
    title = "文件名与文件内容不符"
    hint = "请按文件的真实类型更正文件名的后缀，或重新导出文件"


class AttachmentsFull(Refusal):
    status = 409
    code = "attachments_full"
    title = "单证的附件已满"
    hint = f"每份单证最多{MOST_FILES}个附件，合计不超过{MOST_BYTES_OF_DOCUMENT // 1_048_576} MB；请先移除不需要的附件"


class NotAttachable(Refusal):
    status = 409
    code = "not_attachable"
    title = "单证已办结，不能再添加附件"
    hint = "请查看单证的状态"


class NotDetachable(Refusal):
    status = 409
    code = "not_detachable"
    title = "附件现在不能移除"
    hint = "只有单证可以修改时，或变更申请编辑期间，才能移除附件；已申报的附件须保留"


UNFIT_FILES = (
    AttachmentTooLarge,
    AttachmentEmpty,
    AttachmentTypeUnknown,
    AttachmentTypeDiffers,
    AttachmentsFull,
    NotAttachable,
)
"""What stands against a file."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was received whole; `sha256` in hexadecimal digits."""

    attachment_type: str
    file_name: str
    media_type: str
    size: int
    sha256: str


def type_of(file_name: str, found: FileType | None) -> FileType:
    """What the file is, once its name says the same. Raises AttachmentTypeUnknown, AttachmentTypeDiffers."""
    if found is None:
        raise AttachmentTypeUnknown(f"按内容识别，{file_name[:80]} 不是可以上传的文件")
    named = BY_SUFFIX.get(suffix_of(file_name))
    if named is not found:
        suffix = suffix_of(file_name)[:20]
        said = named.label if named else f"{suffix} 文件" if suffix else "没有后缀"
        raise AttachmentTypeDiffers(f"按文件名为：{said}；按内容为：{found.label}")
    return found


async def admit(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, given: Given
) -> tuple[Document, Kept | None]:
    """The locked row, and the attachment where the same bytes are on the document already.

    Raises NotFound, Forbidden, StaleVersion, NotAttachable, AttachmentsFull.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    present = await attachment_store.on_document(connection, document_id)
    same = next((each for each in present if each.sha256 == given.sha256), None)
    if same is not None:
        return document, same
    if (refusal := why_not_attached(document)) is not None:
        raise refusal
    held = sum(each.size for each in present)
    if len(present) >= MOST_FILES or held + given.size > MOST_BYTES_OF_DOCUMENT:
        raise AttachmentsFull(f"已有{len(present)}个附件，共{held / 1_048_576:.1f} MB")
    return document, None


async def attach(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, given: Given
) -> tuple[Document, Kept, bool]:
    """The row, the attachment, and whether it is new; the same bytes again change nothing. Raises as `admit`."""
    document, same = await admit(connection, caller, kind, document_id, version, given)
    if same is not None:
        return document, same, False
    now = datetime.now(UTC)
    kept = Kept(
        attachment_id=new_id(),
        tenant_id=document.tenant_id,
        document_id=document_id,
        attachment_type=given.attachment_type,
        file_name=given.file_name,
        media_type=given.media_type,
        size=given.size,
        sha256=given.sha256,
        attached_by=actor(caller).model_dump(),
        attached_at=now,
    )
    await attachment_store.insert(connection, kept)
    row = await _counted(connection, document, document.attachments + 1, now)
    event = DocumentAttached(
        **reference(row), attachment=_told(kept), attached_by=actor(caller), occurred_at=now
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    return row, kept, True


async def detach(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    attachment_id: UUID,
) -> Document:
    """Take it off; its bytes are kept. Raises NotFound, Forbidden, StaleVersion, NotDetachable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    kept = await attachment_store.find(connection, document_id, attachment_id)
    if kept is None or kept.detached_at is not None:
        raise NotFound("单证没有这个附件")
    if (refusal := why_not_detached(document)) is not None:
        raise refusal
    now = datetime.now(UTC)
    await attachment_store.detach(connection, attachment_id, actor(caller), now)
    row = await _counted(connection, document, document.attachments - 1, now)
    event = DocumentDetached(
        **reference(row), attachment=_told(kept), detached_by=actor(caller), occurred_at=now
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    return row


async def listed(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID
) -> tuple[Document, list[Kept]]:
    """Raises NotFound, Forbidden."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_READ)
    return document, list(await attachment_store.on_document(connection, document_id))


async def found(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, attachment_id: UUID
) -> Kept:
    """Also one that was taken off: an earlier declaration may have had it. Raises NotFound, Forbidden."""
    await load(connection, caller, kind, document_id, DOCUMENT_READ)
    kept = await attachment_store.find(connection, document_id, attachment_id)
    if kept is None:
        raise NotFound("单证没有这个附件")
    return kept


def why_not_attached(document: Document) -> Refusal | None:
    """Why nothing can be added now; None: it can."""
    state = document.of_kind.life.states[document.state]
    ended = state.terminal and document.round_purpose is None
    return NotAttachable(f"当前状态为{state.label}") if ended else None


def why_not_detached(document: Document) -> Refusal | None:
    """Why nothing can be taken off now."""
    if document.round_purpose not in (None, Purpose.CHANGE):
        return NotDetachable("单证有未完结的申请")
    state = document.of_kind.life.states[document.round_state or document.state]
    if state.editable:
        return None
    return NotDetachable(
        f"{'变更申请' if document.round_purpose else '单证'}{state.label}，{state.description}"
    )


async def _counted(connection: Connection, document: Document, count: int, now: datetime) -> Document:
    waits = document.of_kind.life.states[document.round_state or document.state].editable
    row = replace(
        document,
        version=document.version + 1,
        attachments=count,
        # Whoever looked at what is to be declared has not seen it with these files.
        review=None if waits else document.review,
        updated_at=now,
    )
    await store.update(connection, row)
    return row


def _told(kept: Kept) -> Attachment:
    return Attachment(
        attachment_id=kept.attachment_id,
        attachment_type=kept.attachment_type,
        file_name=kept.file_name,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
    )
