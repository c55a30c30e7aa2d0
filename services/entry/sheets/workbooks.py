"""Workbooks as entry sees them: each is read or written by a process of its own, a few at a time, and never in the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import orjson

from backbone import child, log
from backbone.refusals import Refusal
from customs.codes import placing
from customs.codes.loader import changes
from customs.documents import Kind
from customs.sheets.headings import ColumnMap
from customs.sheets.taking import Taken
from customs.sheets.telling import heard
from services.entry.sheets.sheet_process import UNREADABLE

_SECONDS = 150
_at_once = asyncio.Semaphore(2)
_templates: dict[tuple[str, tuple[str, ...], int], bytes] = {}


class UnreadableWorkbook(Refusal):
    status = 422
    code = "unreadable_workbook"
    title = "无法读取该工作簿"
    hint = "请用Excel打开文件，另存为不加密的xlsx后重新上传"


class WorkbookFailed(Refusal):
    """The process died or took too long: the file is beyond what one import may cost, or the fault is ours."""

    status = 422
    code = "workbook_failed"
    title = "处理工作簿超出了允许的内存或时间"
    hint = "请删除多余的工作表、列和空行，或拆分为多个文件后重试"


async def read(kind: Kind, data: bytes, maps: Mapping[str, ColumnMap], section: str | None) -> Taken:
    """What the book says. Raises UnreadableWorkbook, WorkbookFailed."""
    chosen = {name: {"columns": dict(each.columns), "sheet": each.sheet} for name, each in maps.items()}
    said = await _run({"do": "take", "kind": kind.name, "maps": chosen, "section": section}, data)
    return heard(kind, said)


async def document_book(kind: Kind, content: bytes) -> bytes:
    """The .xlsx of a document, given as JSON. Raises WorkbookFailed."""
    return await _run({"do": "document", "kind": kind.name}, content)


async def template_book(kind: Kind, sections: tuple[str, ...]) -> bytes:
    """The empty .xlsx of these sections, or of all; made once, and anew with every edition of a code table."""
    key = kind.name, sections, changes()
    if key not in _templates:
        order = {"do": "template", "kind": kind.name, "sections": list(sections) or None}
        _templates[key] = await _run(order, b"")
    return _templates[key]


async def openings(book_no: str, data: bytes) -> bytes:
    """What a workbook says of a book's openings, as `sheets/opening_sheets.py` tells it. Raises as `read`."""
    return await _run({"do": "openings", "book_no": book_no}, data)


async def list_book(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """The .xlsx of any list, as texts. Raises WorkbookFailed."""
    told = {"headings": [list(headings)], "rows": rows}
    return await _run({"do": "list", "title": title}, await asyncio.to_thread(orjson.dumps, told))


async def _run(order: Mapping[str, object], data: bytes) -> bytes:
    told = await asyncio.to_thread(lambda: orjson.dumps({**order, "editions": placing.laid_over()}))
    async with _at_once:
        try:
            async with child.running("services.entry.sheets.sheet_process", seconds=_SECONDS) as process:
                said, _ = await process.communicate(told + b"\n" + data)
        except TimeoutError:
            raise WorkbookFailed() from None
    if process.returncode == UNREADABLE:
        raise UnreadableWorkbook(said.decode())
    if process.returncode != 0:
        log.get().warning(
            "sheet_process_failed",
            kind=str(order.get("kind", order["do"])),
            reason_code=str(process.returncode),
        )
        raise WorkbookFailed()
    return said
