"""Rendering a job of several parts: each to a file of its own, then all to one. What is finished survives a crash."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

import orjson

from backbone.postgres import Pool
from contracts.answers.printing import FileFormat
from customs.documents import KINDS
from services.print import parts
from services.print.bundling import source_path
from services.print.files import Files
from services.print.render.words import Words
from services.print.renderer import Order, OtherOrder, Renderer, RenderFailed
from services.print.subject import Assembly, AttachmentPart, DocumentPart, Entry, Part, SkippedPart

_ATTACHMENT_SECONDS = 60.0
_PARTS_SHARE = 90
"""Of the progress; the rest is putting them together."""
_NOT_RENDERED = "文件无法转为页面"
_LOST = "附件的内容已不在打印服务中，请重新打印"
_SHORT_HASH = 12

Advance = Callable[[int, int], Awaitable[None]]
"""Hears percentage and documents done; may raise to stop the job."""


@dataclass(slots=True)
class Bundle:
    """One job while it is rendered."""

    pool: Pool
    files: Files
    renderer: Renderer
    print_job_id: UUID
    printed_on: date
    advance: Advance
    format: FileFormat
    cover: bool
    _folder: Path = field(init=False)
    _names: dict[int, str] = field(init=False, default_factory=dict)
    """Names inside a ZIP by the position of the entry."""

    async def render(self) -> int:
        """Write the file; answers how many pages there are. Raises RenderFailed, and what `advance` raises."""
        self._folder = self.files.parts(self.print_job_id)
        count = max(1, await parts.count(self.pool, self.print_job_id))
        entries: list[Entry] = []
        documents = 0
        async for number, part in parts.each(self.pool, self.print_job_id):
            if isinstance(part, DocumentPart):
                self._names[len(entries)] = part.file_name

            async def hear(percent: int, done: int = len(entries), so_far: int = documents) -> None:
                await self.advance((done * 100 + percent) * _PARTS_SHARE // (count * 100), so_far)

            entries.append(await self._entry(number, part, hear))
            documents += isinstance(part, DocumentPart)
            await self.advance(len(entries) * _PARTS_SHARE // count, documents)
        if not entries:
            raise RenderFailed("no_parts")

        async def putting(percent: int) -> None:
            await self.advance(_PARTS_SHARE + percent * (99 - _PARTS_SHARE) // 100, documents)

        if self.format == "zip":
            return await self._zip(entries, putting)
        whole = Assembly(title=Words.COVER, entries=tuple(entries), cover=self.cover)
        return await self._assemble(whole, self.files.unfinished(self.print_job_id), putting)

    async def _entry(self, number: int, part: Part, hear: Callable[[int], Awaitable[None]]) -> Entry:
        if isinstance(part, SkippedPart):
            remark = Words.NOT_PRINTED.format(reason=part.reason)
            return Entry(title="", label=KINDS[part.kind].label, number=str(part.document_id), remark=remark)
        found = next(self._folder.glob(f"{number:05d}-*.pdf"), None)
        if found is None:
            found = await self._part(number, part, hear)
        pages = int(found.stem.partition("-")[2])
        if isinstance(part, DocumentPart):
            kind = KINDS[part.kind]
            label = Words.RECEIPTS.format(label=kind.label) if part.sheet == "receipts" else kind.label
            shown = kind.life.states.get(part.state)
            return Entry(
                title=f"{label} {part.number}".strip(),
                label=label,
                number=part.number,
                state=shown.label if shown else part.state,
                path=str(found),
                pages=pages,
            )
        return Entry(
            title=f"{part.type_label} {part.file_name} [{part.sha256[:_SHORT_HASH]}]",
            label=part.type_label,
            number=part.file_name,
            path=str(found),
            pages=pages,
            level=1,
            remark=f"SHA-256 {part.sha256[:_SHORT_HASH]}",
        )

    async def _part(
        self, number: int, part: DocumentPart | AttachmentPart, hear: Callable[[int], Awaitable[None]]
    ) -> Path:
        unfinished = self._folder / f"{number:05d}.part"
        if isinstance(part, DocumentPart):
            subject = orjson.dumps(part.subject.model_dump(mode="json"))
            order = Order(part.kind, part.state, self.printed_on, subject, unfinished, part.sheet)
            pages = await self.renderer.render(order, hear)
        else:
            pages = await self._attachment(number, part, unfinished, hear)
        return unfinished.replace(self._folder / f"{number:05d}-{pages}.pdf")

    async def _attachment(
        self, number: int, part: AttachmentPart, path: Path, hear: Callable[[int], Awaitable[None]]
    ) -> int:
        source = source_path(self._folder, number)
        if not part.reason and not source.is_file():
            part = part.model_copy(update={"reason": _LOST})
        try:
            order = OtherOrder("attachment", part.model_dump_json().encode(), path, source=source)
            return await self.renderer.render(order, hear, _ATTACHMENT_SECONDS)
        except RenderFailed:
            if part.reason:
                raise
            # Whatever the file did to the process that read it, the sheet that tells of it needs none of its bytes.
            told = part.model_copy(update={"reason": _NOT_RENDERED})
            order = OtherOrder("attachment", told.model_dump_json().encode(), path)
            return await self.renderer.render(order, hear)

    async def _assemble(self, assembly: Assembly, path: Path, hear: Callable[[int], Awaitable[None]]) -> int:
        content = assembly.model_dump_json().encode()
        order = OtherOrder("assembly", content, path, printed_on=self.printed_on.isoformat())
        return await self.renderer.render(order, hear)

    async def _zip(self, entries: Sequence[Entry], hear: Callable[[int], Awaitable[None]]) -> int:
        inside: list[tuple[str, Path]] = []
        pages = 0
        if self.cover:
            listed = Assembly(title=Words.COVER, entries=tuple(entries), contents=False)
            path = self._folder / "cover.pdf"
            pages += await self._assemble(listed, path, hear)
            inside.append((f"000_{Words.COVER}.pdf", path))
        for number, (at, name) in enumerate(self._names.items(), start=1):
            own = [entries[at]]
            for entry in entries[at + 1 :]:
                if entry.level == 0:
                    break
                own.append(entry)
            path = Path(str(own[0].path))
            if len(own) > 1:
                path = self._folder / f"{at:05d}.whole"
                whole = Assembly(title=own[0].title, entries=tuple(own), cover=False)
                await self._assemble(whole, path, hear)
            pages += sum(entry.pages for entry in own)
            inside.append((f"{number:03d}_{name}", path))
        await asyncio.to_thread(_pack, inside, self.files.unfinished(self.print_job_id))
        return pages


def _pack(inside: Sequence[tuple[str, Path]], path: Path) -> None:
    """PDFs are compressed already."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, source in inside:
            archive.write(source, name)
