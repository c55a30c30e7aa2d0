"""The business the demo plays: goods come in and go out of one 账册.

进口核注清单 预核扣 → 核放单 过卡 → 已核扣; 业务申报表 通过 → two 出入库单 made from it → one 核放单 made from both, 已过卡 → the 集报核注清单
made from both, 已核扣. Meanwhile the form is changed, at last concluded.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Task
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from customs.documents import KINDS
from customs.documents.amounts import plain
from local.demo.account_book import AccountBook, Share
from local.demo.broker_desk import BrokerDesk, DemoFailed, Document, Json, sample
from local.demo.parts import PARTS, Part, Track, is_stuck, why

_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_BATCHES = {"bill_1": {1: "200", 2: "1200"}, "bill_2": {1: "300", 2: "1800"}}
"""What each 出入库单 takes of the rows of the form."""
_MORE = Decimal("1.1")
"""What the 变更 makes of the first row of the form."""
_IN_PROPORTION = ("gross_weight", "net_weight", "statutory_quantity", "second_statutory_quantity")


class Business:
    """Plays the parts side by side where they do not depend on each other."""

    def __init__(
        self, desk: BrokerDesk, book: AccountBook, folder: Path, parts: Sequence[Part] = PARTS
    ) -> None:
        self._desk = desk
        self.book = book
        self._run = f"{datetime.now().astimezone():%Y%m%d%H%M%S}-{uuid4().hex[:4].upper()}"
        self.folder = folder / self._run
        """Where the PDFs of this run go."""
        self.tracks = {part.name: Track(part) for part in parts}

    async def play(self) -> None:
        """Until every document is at its end; what fails stands in its track. Raises DemoFailed when there is no book."""
        await self.book.open()
        watching = asyncio.create_task(self.book.watch())
        try:
            await self._play()
            await self.book.look()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _play(self) -> None:
        async with asyncio.TaskGroup() as crew:
            declared = self._step(crew, "import", lambda track: self._file(track, until="pre_deducted"))
            vehicle = self._step(crew, "vehicle", self._register)
            came = self._step(crew, "import_pass", self._bring_in, declared, vehicle)
            imported = self._step(crew, "import", self._be_counted, came)
            form = self._step(crew, "form", lambda track: self._file(track, until="approved"))
            bills = [self._step(crew, name, self._release, form) for name in _BATCHES]
            went = self._step(crew, "pass", self._take_out, *bills, vehicle)
            gathered = self._step(crew, "gathered", self._gather, went)
            changed = self._step(crew, "form", self._change, form, *bills)
            concluded = self._step(crew, "form", self._conclude, changed, gathered)
            for last in (imported, vehicle, came, concluded, *bills, went, gathered):
                crew.create_task(self._print(last))

    def _step(
        self,
        crew: asyncio.TaskGroup,
        name: str,
        work: Callable[[Track], Awaitable[None]],
        *before: Task[Track],
    ) -> Task[Track]:
        """One stage of a document, when everything before it went well."""

        async def step() -> Track:
            track = self.tracks[name]
            for needed in [await each for each in before]:
                if needed.trouble is not None:
                    track.trouble = track.trouble or f"not played on: {needed.part.label} failed"
                    return track
            await _noting(track, work)
            return track

        return crew.create_task(step())

    async def _print(self, last: Task[Track]) -> None:
        track = await last
        if track.trouble is None:
            await _noting(track, self._write_pdf)

    async def _write_pdf(self, track: Track) -> None:
        assert track.document is not None
        track.pages = await self._desk.print(track.document, self.folder / f"{track.part.name}.pdf")

    def _internal_no(self, part: Part) -> str:
        return f"{part.prefix}-{self._run}-{part.name.upper()}"

    async def _file(self, track: Track, *, until: str | None = None, **head: str) -> None:
        """The sample as it stands, on the book of this run."""
        body = sample(track.part.kind, track.part.sample)
        body["head"] |= {
            name: self.book.number for name in ("book_no", "area_book_no") if name in body["head"]
        }
        body["head"] |= head
        track.document = await self._desk.save(track.part.kind, body, self._internal_no(track.part))
        await self._declare(track, until)

    async def _declare(self, track: Track, until: str | None = None) -> None:
        assert track.document is not None
        ordered = await self._desk.order(track.document, "declare")
        await self._reach(track, until or track.part.goal, ordered["version"])

    async def _register(self, track: Track) -> None:
        await self._file(track, vehicle_no=f"浙B{uuid4().hex[:5].upper()}")

    async def _make(self, track: Track, path: str, order: Json) -> Json:
        """A draft made from others under that path; answers its working copy."""
        order |= {"internal_no": self._internal_no(track.part)}
        track.document, working_copy = await self._desk.make(track.part.kind, path, order)
        return working_copy

    def _of(self, name: str) -> Document:
        document = self.tracks[name].document
        assert document is not None
        return document

    async def _release(self, track: Track) -> None:
        """A 出入库单 of a part of the form; what the form does not tell is typed as the sample has it."""
        rows = [{"line_no": line, "quantity": taken} for line, taken in _BATCHES[track.part.name].items()]
        made = await self._make(
            track, f"{self._of('form').path}/{KINDS[track.part.kind].url}", {"rows": rows}
        )
        typed = sample(track.part.kind, track.part.sample)
        by_material = {row["material_no"]: row for row in typed["goods"]}
        made["goods"] = [_completed(row, by_material[row["material_no"]]) for row in made["goods"]]
        weights = {
            name: plain(sum((Decimal(row[name]) for row in made["goods"]), Decimal(0)))
            for name in ("gross_weight", "net_weight")
        }
        made["head"] = {**typed["head"], **made["head"], **weights}
        await self._desk.rewrite(self._of(track.part.name), made)
        await self._declare(track)
        self.book.expect("out", made["goods"])

    def _truck(self) -> Json:
        vehicle = self.tracks["vehicle"].content["document"]["head"]
        contact = sample("gate_pass", "stock-bill")["head"]["applicant_contact"]
        return {
            **{name: vehicle[name] for name in ("vehicle_no", "vehicle_weight")},
            "applicant_contact": contact,
        }

    async def _take_out(self, track: Track) -> None:
        """Both bills on one truck."""
        bills = [self._of(name).document_id for name in _BATCHES]
        path = f"/v1/{KINDS[track.part.kind].url}/from-{KINDS['stock_bill'].url}"
        await self._make(track, path, {"ids": bills, "head": self._truck()})
        await self._declare(track)

    async def _bring_in(self, track: Track) -> None:
        path = f"{self._of('import').path}/{KINDS[track.part.kind].url}"
        await self._make(track, path, {"head": self._truck()})
        await self._declare(track)

    async def _be_counted(self, track: Track) -> None:
        await self._reach(track, track.part.goal, track.content["version"])
        self.book.expect("in", track.content["document"]["goods"])

    async def _gather(self, track: Track) -> None:
        """The 集报清单 of both bills; who is behind it is typed as the sample has it."""
        bills = [self._of(name).document_id for name in _BATCHES]
        path = f"/v1/{KINDS[track.part.kind].url}/from-{KINDS['stock_bill'].url}"
        typed = sample(track.part.kind, track.part.sample)["head"]
        order = {"ids": bills, "head": {"supervision_mode": typed["supervision_mode"]}}
        made = await self._make(track, path, order)
        made["head"] = {**typed, **made["head"]}
        await self._desk.rewrite(self._of(track.part.name), made)
        await self._declare(track)

    async def _change(self, track: Track) -> None:
        """变更: more of the first row. What the bills hold of it they go on holding."""
        assert track.document is not None
        asked = {"reason": "客户追加出区数量"}
        opened = await self._desk.order(track.document, "change-requests", asked)
        working_copy = opened["document"]
        row = working_copy["goods"][0]
        for name in ("quantity", "total_price"):
            row[name] = str((Decimal(row[name]) * _MORE).quantize(Decimal("0.01")))
        await self._desk.rewrite(track.document, working_copy)
        ordered = await self._desk.order(track.document, "declare")
        await self._reach(track, "approved", ordered["version"])
        path = f"{track.document.path}/remaining"
        (by_bills,) = (await self._desk.get(path))["by_kind"]
        self.book.shares = [Share.of(row) for row in by_bills["rows"]]

    async def _conclude(self, track: Track) -> None:
        """结案."""
        assert track.document is not None
        ordered = await self._desk.order(track.document, "closure-requests", {"reason": "业务已办结"})
        await self._reach(track, track.part.goal, ordered["version"])

    async def _reach(self, track: Track, goal: str, version: int) -> None:
        """Follow the document from its `version` on until it is in the state and no round is open. Raises DemoFailed."""
        assert track.document is not None
        deadline = time.monotonic() + _SECONDS
        while True:
            track.timeline = await self._desk.timeline(track.document)
            last: Any = track.timeline[-1] if track.timeline else {"version": 0}
            if last["version"] >= version:
                reached = last["state"] == goal and not last.get("open_round")
                if reached or is_stuck(track.part, last):
                    track.content = await self._desk.get(track.document.path)
                    if reached:
                        return
                    raise DemoFailed(why(track.timeline))
            if time.monotonic() > deadline:
                wanted = track.part.state(goal).label
                raise DemoFailed(f"not {wanted} after {_SECONDS:.0f} s: {why(track.timeline)}")
            await asyncio.sleep(_LOOK_SECONDS)


async def _noting(track: Track, work: Callable[[Track], Awaitable[None]]) -> None:
    try:
        await work(track)
    except (DemoFailed, httpx.HTTPError) as failed:
        track.trouble = str(failed) or type(failed).__name__


def _completed(row: Json, typed: Json) -> Json:
    """A row with what was typed for as many goods, in proportion."""
    ratio = Decimal(row["quantity"]) / Decimal(typed["quantity"])
    shares = {name: plain(Decimal(typed[name]) * ratio) for name in _IN_PROPORTION if name in typed}
    return {**typed, **shares, **row}
