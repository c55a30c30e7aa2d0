"""The small business the demo plays: goods leave the area under a 业务申报表, and beside it an import is declared.

业务申报表 通过 → 出入库单 通过 → 核放单 已过卡, with a vehicle of its own; meanwhile the form is changed, at last concluded.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Task
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from contracts.documents import KINDS
from contracts.documents.states import State
from local.demo.broker_desk import BrokerDesk, DemoFailed, Document, Json, sample
from local.demo.hops import Entry

_SECONDS = 120.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """A document of the business: its sample and the state in which it must end."""

    kind: str
    sample: str
    goal: str
    prefix: str = "DEMO"
    """Of the 企业内部编号: the simulator answers by it (docs/simulator.md)."""

    @property
    def label(self) -> str:
        return KINDS[self.kind].label

    def state(self, code: str) -> State:
        return KINDS[self.kind].life.states[code]


PARTS = (
    Part("inventory", "import", "deducted"),
    Part("business_form", "gathered-out", "concluded"),
    Part("stock_bill", "out", "approved"),
    Part("vehicle", "truck", "approved"),
    Part("gate_pass", "stock-bill", "passed"),
)


@dataclass
class Track:
    """How far a document has come. Written by the business, read by whoever shows it."""

    part: Part
    document: Document | None = None
    timeline: Sequence[Entry] = ()
    content: Json = field(default_factory=dict)
    """The last answer of entry, once a stage was reached or given up."""
    trouble: str | None = None
    pages: int = 0

    @property
    def state(self) -> State | None:
        return self.part.state(self.timeline[-1]["state"]) if self.timeline else None

    @property
    def number(self) -> str:
        """清单编号, 申报表编号 …; "" while customs gave none."""
        return str(self.content.get("numbers", {}).get("customs_no") or "")

    @property
    def is_right(self) -> bool:
        """It ended where it had to, and its PDF was written."""
        reached = self.state is not None and self.state.code == self.part.goal
        return reached and self.trouble is None and self.pages > 0


class Business:
    """Plays the parts side by side where they do not depend on each other."""

    def __init__(self, desk: BrokerDesk, folder: Path, parts: Sequence[Part] = PARTS) -> None:
        self._desk = desk
        self._run = f"{datetime.now().astimezone():%Y%m%d%H%M%S}-{uuid4().hex[:4].upper()}"
        self.folder = folder / self._run
        """Where the PDFs of this run go."""
        self.tracks = {part.kind: Track(part) for part in parts}

    async def play(self) -> None:
        """Until every document is at its end; what fails stands in its track."""
        async with asyncio.TaskGroup() as crew:
            imported = self._step(crew, "inventory", self._file)
            form = self._step(crew, "business_form", lambda track: self._file(track, until="approved"))
            vehicle = self._step(crew, "vehicle", self._register)
            bill = self._step(crew, "stock_bill", self._release, form)
            gate_pass = self._step(crew, "gate_pass", self._pass, bill, vehicle)
            changed = self._step(crew, "business_form", self._change, form, bill)
            concluded = self._step(crew, "business_form", self._conclude, changed, gate_pass)
            for last in (imported, vehicle, bill, gate_pass, concluded):
                crew.create_task(self._print(last))

    def _step(
        self,
        crew: asyncio.TaskGroup,
        kind: str,
        work: Callable[[Track], Awaitable[None]],
        *before: Task[Track],
    ) -> Task[Track]:
        """One stage of a document, when everything before it went well."""

        async def step() -> Track:
            track = self.tracks[kind]
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
        track.pages = await self._desk.print(track.document, self.folder / f"{track.part.kind}.pdf")

    async def _file(self, track: Track, *, until: str | None = None, **head: str) -> None:
        body = sample(track.part.kind, track.part.sample)
        await self._declare(track, {**body, "head": {**body["head"], **head}}, until=until)

    async def _register(self, track: Track) -> None:
        await self._file(track, vehicle_no=f"浙B{uuid4().hex[:5].upper()}")

    async def _release(self, track: Track) -> None:
        await self._file(track, business_form_no=self.tracks["business_form"].number)

    async def _pass(self, track: Track) -> None:
        bill, vehicle = (self.tracks[kind].content["document"]["head"] for kind in ("stock_bill", "vehicle"))
        number = self.tracks["stock_bill"].number
        weights = {name: bill[name] for name in ("gross_weight", "net_weight")}
        total = Decimal(vehicle["vehicle_weight"]) + Decimal(bill["gross_weight"])
        body = sample(track.part.kind, track.part.sample)
        body["head"] |= {"vehicle_no": vehicle["vehicle_no"], "linked_nos": number, **weights}
        body["head"]["total_weight"] = str(total)
        body["linked_documents"][0]["bill_no"] = number
        await self._declare(track, body)

    async def _declare(self, track: Track, body: Json, *, until: str | None = None) -> None:
        internal_no = f"{track.part.prefix}-{self._run}-{KINDS[track.part.kind].upload_type}"
        track.document = await self._desk.save(track.part.kind, body, internal_no)
        ordered = await self._desk.order(track.document, "declare")
        await self._reach(track, until or track.part.goal, ordered["version"])

    async def _change(self, track: Track) -> None:
        """变更: a tenth more of the first row."""
        assert track.document is not None
        asked = {"reason": "客户追加出区数量"}
        opened = await self._desk.order(track.document, "change-requests", asked)
        working_copy = opened["document"]
        row = working_copy["goods"][0]
        for name in ("quantity", "total_price"):
            row[name] = str((Decimal(row[name]) * Decimal("1.1")).quantize(Decimal("0.01")))
        await self._desk.rewrite(track.document, working_copy)
        ordered = await self._desk.order(track.document, "declare")
        await self._reach(track, "approved", ordered["version"])

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


def is_stuck(part: Part, last: Entry) -> bool:
    """Whether nothing more will come by itself after this line of the timeline."""
    under_way = last.get("open_round")
    state = part.state(under_way["state"] if under_way else last["state"])
    return state.editable or state.terminal


def why(timeline: Sequence[Entry]) -> str:
    """What the authority, or whoever spoke last, said."""
    told = [entry for entry in timeline if entry.get("fact")]
    if not told:
        return "nobody answered"
    fact = told[-1]["fact"]
    return "; ".join([fact["text"], *fact["reasons"]])
