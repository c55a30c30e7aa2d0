"""Asking for one file of many parts: documents by id or by a list, and what is attached to them.

Everything is read while the caller waits, with the caller's own token: none is ever kept, and a crash later loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from backbone.auth import Principal
from backbone.refusals import Forbidden, InvalidRequest, NotFound, Refusal
from contracts.problems import problem
from customs.documents import KINDS, Kind
from services.print.files import Files
from services.print.orders import MOST_BUNDLED, MOST_ROWS, BundleOrder, PrintOrder
from services.print.reading import Read, Upstreams, read
from services.print.render.words import Words
from services.print.subject import AttachmentPart, DocumentPart, Part, SkippedPart

MOST_ATTACHED_BYTES = 200 * 1024 * 1024
_AT_ONCE = 4
"""Documents that are read at the same time; each may be several megabytes."""
_TOO_MUCH = "本次打印的随附单据合计超过200 MB，此份未打印"
_NOT_THERE = "附件的内容无法取得或与登记的SHA-256不符，此份未打印"
_TOLD = {"type_label", "file_name", "media_type", "size", "sha256"}
"""Of an attachment what is printed."""


class TooMuchToPrint(Refusal):
    """More than one job takes."""

    status = 422
    code = "too_much_to_print"
    title = "一次打印的内容过多"
    hint = f"一次最多{MOST_BUNDLED}份单证、合计{MOST_ROWS}行，请缩小范围后分次打印"


class NothingToPrint(Refusal):
    """No document of those asked for can be printed."""

    status = 422
    code = "nothing_to_print"
    title = "没有可以打印的单证"
    hint = "请核对所选单证或查询条件"


@dataclass(slots=True)
class Gathering:
    """Reads what a job is made of, and counts it."""

    upstreams: Upstreams
    caller: Principal
    authorization: str
    folder: Path
    """Where the attachments go, named by the number of their part."""
    documents: int = 0
    rows: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list)
    latest: Read | None = None
    """The document whose part came last."""
    _parts: int = 0
    _bytes: int = 0

    async def wanted(self, order: BundleOrder) -> list[tuple[Kind, UUID]]:
        """The documents in order, each once. Raises TooMuchToPrint, InvalidRequest, and what query refuses."""
        kinds = {each.kind for each in order.documents} if order.query is None else {order.query.kind}
        _require_known(order.left_out, [KINDS[name] for name in sorted(kinds)])
        if order.query is None:
            return list(dict.fromkeys((KINDS[each.kind], each.id) for each in order.documents))
        kind = KINDS[order.query.kind]
        try:
            found = await self.upstreams.query.listed(
                kind.url, order.query.parameters(), self.authorization, most=MOST_BUNDLED
            )
        except InvalidRequest as wrong:
            told = [each.model_copy(update={"pointer": asked_at(each.pointer)}) for each in wrong.problems]
            raise InvalidRequest(wrong.detail, problems=told) from None
        if len(found) > MOST_BUNDLED:
            raise TooMuchToPrint(f"该列表超过{MOST_BUNDLED}份单证")
        if not found:
            raise NothingToPrint("该列表中没有单证")
        return [(kind, document_id) for document_id in found]

    async def parts(
        self, wanted: Sequence[tuple[Kind, UUID]], order: BundleOrder | PrintOrder
    ) -> AsyncGenerator[tuple[int, Part], None]:
        """The parts with their numbers. Raises Unavailable, TooMuchToPrint; what refuses one document skips it."""
        ahead: deque[asyncio.Task[Read]] = deque()
        one = order if isinstance(order, PrintOrder) else None
        try:
            for number, (kind, document_id) in enumerate(wanted):
                while len(ahead) < _AT_ONCE and number + len(ahead) < len(wanted):
                    next_kind, next_id = wanted[number + len(ahead)]
                    ahead.append(
                        asyncio.create_task(self._read(next_kind, next_id, one or _of(order, next_kind)))
                    )
                try:
                    found = await ahead.popleft()
                except (NotFound, Forbidden) as refusal:
                    if one is not None:
                        raise
                    yield self._numbered(self._skip(kind, document_id, refusal))
                    continue
                self._count(found)
                yield self._numbered(part_of(kind, found))
                if order.attachments and found.view.attachments:
                    async for attached in self._attached(kind, document_id):
                        yield attached
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _read(self, kind: Kind, document_id: UUID, order: PrintOrder) -> Read:
        return await read(self.upstreams, self.caller, kind, document_id, order, self.authorization)

    def _count(self, found: Read) -> None:
        self.latest = found
        self.documents += 1
        self.rows += found.rows
        if self.rows > MOST_ROWS:
            raise TooMuchToPrint(f"所选单证合计超过{MOST_ROWS}行")

    def _skip(self, kind: Kind, document_id: UUID, refusal: Refusal) -> SkippedPart:
        reason = refusal.detail or refusal.title
        self.skipped.append({"kind": kind.name, "document_id": str(document_id), "reason": reason})
        return SkippedPart(kind=kind.name, document_id=document_id, reason=reason)

    async def _attached(self, kind: Kind, document_id: UUID) -> AsyncGenerator[tuple[int, Part], None]:
        entry = self.upstreams.entry
        for view in await entry.attachments(kind.url, document_id, self.authorization):
            reason = _TOO_MUCH if self._bytes + view.size > MOST_ATTACHED_BYTES else ""
            if not reason:
                self._bytes += view.size
                path = source_path(self.folder, self._parts)
                if not await entry.attachment(kind.url, document_id, view, path, self.authorization):
                    reason = _NOT_THERE
            told = view.model_dump(include=_TOLD)
            yield self._numbered(AttachmentPart(**told, reason=reason))

    def _numbered(self, part: Part) -> tuple[int, Part]:
        number, self._parts = self._parts, self._parts + 1
        return number, part


def asked_at(pointer: str) -> str:
    """Where in the order stands what query refuses under this pointer: a condition, or one of the saved view."""
    return ("/query" if pointer.startswith("/view/") else "/query/conditions") + pointer


def _require_known(left_out: Sequence[str], kinds: Iterable[Kind]) -> None:
    """Raises InvalidRequest for a section that none of the kinds has."""
    names = dict.fromkeys(
        section.name for kind in kinds for section in kind.sections if section.name != "head"
    )
    wrong = [
        problem(
            "not_one_of",
            f"/left_out/{number}",
            field=f"「{Words.LEFT_OUT_FIELD}」",
            expected="、".join(names) or "—",
        )
        for number, name in enumerate(left_out)
        if name not in names
    ]
    if wrong:
        raise InvalidRequest(problems=wrong)


def gathering(
    upstreams: Upstreams, caller: Principal, authorization: str, files: Files, job: UUID
) -> Gathering:
    """For a job of this id."""
    return Gathering(upstreams, caller, authorization, files.parts(job))


def source_path(folder: Path, part_no: int) -> Path:
    """Where an attachment lies as it came from entry."""
    return folder / f"{part_no:05d}.source"


def part_of(kind: Kind, found: Read) -> DocumentPart:
    """The document as a part."""
    head = found.subject.document["head"]
    return DocumentPart(
        kind=kind.name,
        document_id=found.view.id,
        state=found.view.state,
        sheet=found.sheet,
        number=number_of(head),
        file_name=file_name(kind, found),
        subject=found.subject,
    )


def _of(order: BundleOrder | PrintOrder, kind: Kind) -> PrintOrder:
    """The order for one document: sections that this kind has not are not missed."""
    names = {section.name for section in kind.sections}
    left_out = tuple(name for name in order.left_out if name in names)
    return PrintOrder(sheet=order.sheet, left_out=left_out, attachments=order.attachments)


def number_of(head: dict[str, object]) -> str:
    """The best number known."""
    return next((str(head[name]) for name in ("customs_no", "seq_no", "internal_no") if head.get(name)), "")


def file_name(kind: Kind, found: Read) -> str:
    """Chinese file name with the best number known."""
    label = Words.RECEIPTS.format(label=kind.label) if found.sheet == "receipts" else kind.label
    number = number_of(found.subject.document["head"])
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in number)
    return "_".join(part for part in (label, safe, f"v{found.view.version}") if part) + ".pdf"
