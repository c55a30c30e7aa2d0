"""The 账册 the demo's business moves: its opening, its lines as they move, and whether they end as they have to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import SystemRandom
from typing import Literal

import httpx

from customs import clock
from customs.documents.amounts import plain
from local.demo.broker_desk import BrokerDesk, DemoFailed, Json

MARK = "I"
_LOOK_SECONDS = 0.25
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Opening:
    """What a line began with."""

    line_no: int
    material_no: str
    unit: str
    came: Decimal
    went: Decimal


OPENINGS = (
    Opening(11, "HDD-2T-35", "001", Decimal(10_000), Decimal(500)),
    Opening(12, "SKIN-0050", "011", Decimal(60_000), _NOTHING),
)


@dataclass(frozen=True)
class Stand:
    """How a line stands, as the ledger or customs tells it. Quantities are None where nothing is known."""

    key: str
    material_no: str
    came: Decimal | None
    """实增 from the opening on."""
    went: Decimal | None
    pre_in: Decimal
    pre_out: Decimal
    seen: tuple[Decimal, Decimal] = field(default=(_NOTHING, _NOTHING), compare=False)
    """What became real since what is known of the line, or ever: 实增 and 实减."""

    @property
    def left(self) -> Decimal | None:
        return None if self.came is None or self.went is None else self.came - self.went

    def __str__(self) -> str:
        real = [
            f"?+{plain(seen)}" if known is None else plain(known)
            for known, seen in zip((self.came, self.went), self.seen, strict=True)
        ]
        left = "?" if self.left is None else plain(self.left)
        figures = (
            f"实增 {real[0]} 实减 {real[1]} 预增 {plain(self.pre_in)} 预减 {plain(self.pre_out)} 余 {left}"
        )
        return f"{self.key} {self.material_no}  {figures}"


@dataclass(frozen=True)
class Share:
    """A row of the form and what is left of it."""

    line_no: int
    quantity: Decimal
    held: Decimal
    left: Decimal

    @classmethod
    def of(cls, row: Json) -> Share:
        """From what entry says of the remaining quantities."""
        return cls(row["line_no"], *(Decimal(row[name]) for name in ("quantity", "held", "remaining")))


@dataclass
class Moved:
    """What the documents of the business declared, by 料号 and, where a row names it, 备案序号."""

    material_no: str
    came: Decimal = _NOTHING
    went: Decimal = _NOTHING


@dataclass
class Figures:
    """What was declared and what became of it; `wrong` compares them."""

    openings: Sequence[Opening] = OPENINGS
    moved: dict[str, Moved] = field(default_factory=dict)
    """By 备案序号; by 料号 for goods that are given one."""
    lines: Mapping[str, Stand] = field(default_factory=dict)
    """Ours, by 备案序号."""
    customs: Mapping[str, Stand] = field(default_factory=dict)
    """Those of customs."""
    differences: Sequence[str] = ()
    shares: Sequence[Share] = ()
    held: dict[int, Decimal] = field(default_factory=dict)
    """What the bills took of each row of the form."""
    postings: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """Sums of the movements: 备案序号 → account."""

    def expect(self, direction: Literal["in", "out"], goods: Iterable[Json]) -> None:
        """Those rows were declared and have to show in the book."""
        for row in goods:
            key = str(row.get("book_line_no") or row["material_no"])
            moved = self.moved.setdefault(key, Moved(row["material_no"]))
            if direction == "in":
                moved.came += Decimal(row["quantity"])
            else:
                moved.went += Decimal(row["quantity"])
                self.held[row["form_line_no"]] = self.held.get(row["form_line_no"], _NOTHING) + Decimal(
                    row["quantity"]
                )

    def expected(self) -> list[Stand]:
        """How each line has to stand at the end: 期初 + 实增 − 实减, and nothing expected any more."""
        opened = {str(o.line_no): o for o in self.openings}
        given = {
            line.material_no: key for key, line in self.lines.items() if key not in opened and key.isdigit()
        }
        found: dict[str, Stand] = {}
        for key in [*opened, *(key for key in self.moved if key not in opened)]:
            moved, opening = self.moved.get(key), opened.get(key)
            material_no = opening.material_no if opening else moved.material_no if moved else ""
            came = (opening.came if opening else _NOTHING) + (moved.came if moved else _NOTHING)
            went = (opening.went if opening else _NOTHING) + (moved.went if moved else _NOTHING)
            # A row without 备案序号 stands on the line customs gave it.
            own = key if key.isdigit() else given.get(key, key)
            found[own] = Stand(own, material_no, came, went, _NOTHING, _NOTHING)
        return list(found.values())

    def wrong(self) -> list[str]:
        """Every figure that is not as it has to be, a line each."""
        found = []
        for wanted in self.expected():
            for whose, stands in (("底账", self.lines), ("海关账册", self.customs)):
                stand = stands.get(wanted.key)
                if stand != wanted:
                    found.append(f"{whose} 应为 {wanted}; 实为 {stand or '–'}")
            moved = {"real_in": _NOTHING, "real_out": _NOTHING, "pre_in": _NOTHING, "pre_out": _NOTHING}
            moved |= self.postings.get(wanted.key, {})
            opened = any(str(opening.line_no) == wanted.key for opening in self.openings)
            ours = self.moved.get(wanted.key if opened else wanted.material_no) or Moved("")
            declared = {"real_in": ours.came, "real_out": ours.went, "pre_in": _NOTHING, "pre_out": _NOTHING}
            found += [
                f"{wanted.key} 的流水 {account} 合计应为 {plain(quantity)}; 实为 {plain(moved[account])}"
                for account, quantity in declared.items()
                if moved[account] != quantity
            ]
        keys = {wanted.key for wanted in self.expected()}
        found += [f"底账多出 {stand}" for key, stand in self.lines.items() if key not in keys]
        found += [f"差异: {difference}" for difference in self.differences]
        return found + self._wrong_shares()

    def _wrong_shares(self) -> list[str]:
        found = [
            f"申报表第{share.line_no}项 {plain(share.quantity)} 已用 {plain(share.held)} 应余 {plain(left)}; 实余 {plain(share.left)}"
            for share in self.shares
            if share.left != (left := share.quantity - self.held.get(share.line_no, _NOTHING))
        ]
        if {share.line_no for share in self.shares} != self.held.keys():
            found.append("申报表的余量没有查到")
        return found


class AccountBook(Figures):
    """A book of its own for every run, so that its figures are those of this run alone."""

    def __init__(self, desk: BrokerDesk, simulator_url: str) -> None:
        super().__init__()
        self.number = f"T3105W{SystemRandom().randrange(10**6):06d}"
        self._desk = desk
        self._customs_url = simulator_url

    async def open(self) -> None:
        """期初: customs' own book has it, and it is imported as the opening of ours. Raises DemoFailed."""
        customs = [
            {"line_no": o.line_no, "mark": MARK, "in": plain(o.came), "out": plain(o.went)}
            | {"material_no": o.material_no, "unit": o.unit}
            for o in self.openings
        ]
        await self._ask_customs("POST", "/openings", {"lines": customs})
        rows = [
            {"mark": MARK, "line_no": o.line_no, "material_no": o.material_no, "unit": o.unit}
            | {"quantity_in": plain(o.came), "quantity_out": plain(o.went)}
            for o in self.openings
        ]
        await self._desk.put_new(f"/v1/ledgers/{self.number}", {"name": "示例账册", "check_mode": "refuse"})
        cut_over = f"{clock.today():%Y%m%d}"
        await self._desk.post(
            f"/v1/ledgers/{self.number}/openings", {"cut_over": cut_over, "rows": rows}, 201
        )

    async def watch(self) -> None:
        """Keep looking, for whoever shows the lines. Goes on until it is cancelled."""
        while True:
            with contextlib.suppress(DemoFailed, httpx.HTTPError):
                self.lines = await self._lines()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Read everything that `wrong` compares. Raises DemoFailed."""
        self.lines = await self._lines()
        self.customs = {
            str(row["line_no"]): _stand(str(row["line_no"]), row)
            for row in (await self._ask_customs("GET"))["lines"]
        }
        path = f"/v1/ledgers/{self.number}"
        told = (await self._desk.get(f"{path}/differences"))["items"]
        self.differences = [text for row in told if (text := self._difference(row))]
        self.postings = {key: await self._posted(key) for key in self.lines}

    def _difference(self, row: Json) -> str:
        """What is said of it; "" for the first word of customs about a line it has just made, which has no opening."""
        codes = {cause["code"] for cause in row["causes"]}
        if codes == {"no_opening"} and row["line_key"] not in {str(o.line_no) for o in self.openings}:
            return ""
        return f"{row['line_key']} {'；'.join(cause['message'] for cause in row['causes'])}"

    async def _lines(self) -> dict[str, Stand]:
        rows = (await self._desk.get(f"/v1/ledgers/{self.number}"))["lines"]
        return {row["line_key"]: _stand(row["line_key"], row) for row in rows}

    async def _posted(self, key: str) -> dict[str, Decimal]:
        path = f"/v1/ledgers/{self.number}/lines/{MARK}/{key}/movements"
        sums: dict[str, Decimal] = {}
        for row in (await self._desk.get(path))["items"]:
            sums[row["account"]] = sums.get(row["account"], _NOTHING) + Decimal(row["quantity"])
        return sums

    async def _ask_customs(self, method: str, path: str = "", body: Json | None = None) -> Json:
        async with httpx.AsyncClient(base_url=self._customs_url, timeout=10, trust_env=False) as client:
            answer = await client.request(method, f"/books/{self.number}{path}", json=body)
        if answer.status_code != 200:
            raise DemoFailed(f"the simulator's book answered {answer.status_code}: {answer.text[:200]}")
        content: Json = answer.json()
        return content


def _stand(key: str, row: Json) -> Stand:
    known = [None if row[name] is None else Decimal(row[name]) for name in ("real_in", "real_out")]
    seen = (Decimal(row.get("since_in", 0)), Decimal(row.get("since_out", 0)))
    pre = (Decimal(row["pre_in"]), Decimal(row["pre_out"]))
    return Stand(key, row.get("material_no") or "", known[0], known[1], *pre, seen)
