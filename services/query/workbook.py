"""A workbook written by a process of its own as its rows are read, so that nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence

import orjson
from fastapi import Response

from backbone import child
from backbone.http import attachment
from backbone.operations import Media
from backbone.refusals import Refusal, Unavailable

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
MEDIA = Media(XLSX)
_AT_A_TIME = 200
"""Rows between two looks at what else there is to do."""
_SECONDS = 150.0


class ListTooLong(Refusal):
    status = 422
    code = "list_too_long"
    title = "符合条件的单证过多，不能一次导出"
    hint = "请增加查询条件（例如录入日期），分几次导出"

    def __init__(self) -> None:
        super().__init__(f"超过{MOST_ROWS}行")


at_once = asyncio.Semaphore(2)
"""Held by whoever has a workbook written, from before the first row is read."""


async def written(title: str, headings: Sequence[str], rows: AsyncIterable[Sequence[str | None]]) -> bytes:
    """The bytes of the workbook. Raises Unavailable, and what `rows` raises."""
    try:
        async with child.running("services.query.list_process", seconds=_SECONDS) as process:
            # Nothing is written to us before the last row is read, so the pipes cannot wait for each other.
            await _tell(process, title, headings, rows)
            assert process.stdout is not None
            book = await process.stdout.read()
            code = await process.wait()
    except (ConnectionError, TimeoutError):
        raise Unavailable("导出未能完成") from None
    if code != 0:
        raise Unavailable("导出未能完成")
    return book


def response(book: bytes, label: str, name: str) -> Response:
    """As a file to keep."""
    headers = {
        "content-disposition": attachment(f"{label}.xlsx", f"{name}.xlsx"),
        "x-content-type-options": "nosniff",
    }
    return Response(book, headers=headers, media_type=XLSX)


async def _tell(
    process: asyncio.subprocess.Process,
    title: str,
    headings: Sequence[str],
    rows: AsyncIterable[Sequence[str | None]],
) -> None:
    pipe = process.stdin
    assert pipe is not None
    pipe.write(orjson.dumps({"title": title, "headings": [*headings]}) + b"\n")
    count = 0
    async for row in rows:
        pipe.write(orjson.dumps([*row]) + b"\n")
        count += 1
        if count % _AT_A_TIME == 0:
            await pipe.drain()
            await asyncio.sleep(0)
    pipe.write(b"null\n")
    await pipe.drain()
    pipe.close()
