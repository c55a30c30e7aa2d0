"""Making one document from others: a saved draft with what they tell, of the rows and quantities chosen or of all that is left.

A draft holds nothing: what it takes is held when it is declared, under the lock of `leaning`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest, NotFound
from contracts.permissions import DOCUMENT_READ
from contracts.problems import Problem, problem
from customs import clock
from customs.documents import KINDS, JsonObject, Kind, Profile
from customs.documents.amounts import plain
from customs.documents.balances import Balance, balances
from customs.documents.making import GOODS, Key, Made, Making, MakingRefusedError, Origin, Taken
from services.entry.document import beginning, opening
from services.entry.document.checking import checked
from services.entry.document.ownership import Owner
from services.entry.document.refusals import SourceNotUsable
from services.entry.document.store import Document
from services.entry.document.versions import approved_document
from services.entry.drafts import drafting
from services.entry.drafts.told_elsewhere import told_elsewhere
from services.entry.relations.remaining import Using, users

MAX_SOURCES = 500
MAX_ROWS = 10_000


class RowChoice(BaseModel):
    """A row of the source, and how much of it; without a quantity what is left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    line_no: int = Field(ge=1, title="商品序号")
    material_mark: str | None = Field(default=None, max_length=1, title="料件成品标志")
    quantity: str | None = Field(
        default=None, pattern=r"^(0|[1-9][0-9]{0,13})(\.[0-9]{1,5})?$", title="申报数量"
    )


class MakeOrder(BaseModel):
    """What the new document is to be. `head`: fields typed by the clerk, which stand before what the sources tell."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rows: list[RowChoice] = Field(default_factory=list, max_length=MAX_ROWS, title="商品行")
    internal_no: str | None = Field(default=None, max_length=64, title="企业内部编号")
    head: dict[str, JsonValue] = Field(default_factory=dict, max_length=200, title="表头")


class GatherOrder(MakeOrder):
    """The same of several sources, which are taken whole."""

    ids: list[UUID] = Field(min_length=1, max_length=MAX_SOURCES, strict=False, title="单证")


@dataclass(frozen=True, slots=True)
class MadeDraft:
    """The saved draft, what to look at, what a declaration still asks, and where its rows came from."""

    document: Document
    warnings: tuple[Problem, ...]
    to_complete: tuple[Problem, ...]
    sources: Sequence[dict[str, object]]
    fed: Sequence[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Source:
    pointer: str
    row: Document
    number: str
    approved: JsonObject


async def make(
    connection: Connection,
    caller: Principal,
    target: Kind,
    making: Making,
    ids: Sequence[UUID],
    order: MakeOrder,
) -> MadeDraft:
    """A new draft of `target`. Raises NotFound, SourceNotUsable, InvalidRequest, Forbidden, InternalNumberTaken."""
    if order.rows and not (making.by_rows and len(ids) == 1):
        why = f"由{KINDS[making.source].label}合并生成时不能选择商品行"
        raise InvalidRequest(problems=[problem("must_be_empty", "/rows", field="「商品行」", why=why)])
    sources = [await _source(connection, caller, making, place, one, ids) for place, one in enumerate(ids)]
    _agree(making, sources)
    using = await users(connection, target, making, {source.number: source.approved for source in sources})
    elsewhere = {
        source.number: await told_elsewhere(
            connection, KINDS[making.source], source.approved, using[source.number]
        )
        for source in sources
        if making.by_rows
    }
    size = sum(len(source.row.content) for source in sources)
    now = datetime.now(UTC)
    made, body = await beside_loop(size, _composed, making, sources, using, elsewhere, order, now)
    first = sources[0].row
    owner = Owner(first.enterprise_id, first.team_id, first.client_id)
    saved = await drafting.create(connection, caller, target, owner, body, system=first.system)
    row = saved.document
    origin = [
        {"id": source.row.document_id, "kind": making.source, "customs_no": source.number}
        for source in sources
    ]
    fed = await beside_loop(size, _fed, made)
    await _remember(connection, caller, row, making, sources, origin, fed, now)
    complete = await checked(target, row.content, Profile.DECLARE, len(row.content))
    warnings = (*saved.warnings, *_drafted(target, sources, using))
    return MadeDraft(row, warnings, complete.problems, origin, fed)


def _composed(
    making: Making,
    sources: Sequence[_Source],
    using: Mapping[str, Sequence[Using]],
    elsewhere: Mapping[str, Mapping[Key, Sequence[Mapping[str, Any]]]],
    order: MakeOrder,
    now: datetime,
) -> tuple[Made, bytes]:
    """The new document, and the same as it is saved. Raises InvalidRequest, SourceNotUsable."""
    origins = [
        replace(
            _origin(making, source, using[source.number], order, len(sources)),
            elsewhere=elsewhere.get(source.number, {}),
        )
        for source in sources
    ]
    try:
        made = making.make(origins)
    except MakingRefusedError as refused:
        raise InvalidRequest(problems=list(refused.problems)) from None
    told = made.document["head"]
    assert isinstance(told, dict)
    number = order.internal_no or beginning.made_up_number(now)
    head: JsonObject = {"internal_no": number, **told, **order.head}
    return made, orjson.dumps({**made.document, "head": head})


async def made_from(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID
) -> dict[str, object]:
    """What a document was made from. Raises NotFound, also for one that was typed."""
    await opening.load(connection, caller, kind, document_id, DOCUMENT_READ)
    found = await connection.fetchrow(
        "SELECT sources, fed, made_by, made_at FROM made_from WHERE document_id = $1", document_id
    )
    if found is None:
        raise NotFound(f"这份{kind.label}不是由其他单证生成的")
    return dict(found)


async def _source(
    connection: Connection,
    caller: Principal,
    making: Making,
    place: int,
    document_id: UUID,
    ids: Sequence[UUID],
) -> _Source:
    kind = KINDS[making.source]
    pointer = f"/ids/{place}" if len(ids) > 1 else ""
    if document_id in ids[:place]:
        raise InvalidRequest(
            problems=[
                problem(
                    "number_repeated",
                    pointer,
                    field="「单证」",
                    value=document_id,
                    first=ids.index(document_id) + 1,
                )
            ]
        )
    row = await opening.load(connection, caller, kind, document_id, DOCUMENT_READ)
    why = None
    if row.state not in making.usable or row.approved_attempt_no is None:
        why = f"单证{kind.life.states[row.state].label}，不能据以生成"
    elif row.customs_no is None:
        why = "尚未取得海关编号"
    if why is not None:
        raise _unusable(row, pointer, why)
    approved = await approved_document(connection, row)
    if making.why_not is not None:
        today = f"{clock.today():%Y%m%d}"
        why = making.why_not(approved, row.authority, today)
    if why is not None:
        raise _unusable(row, pointer, why)
    assert row.customs_no is not None
    return _Source(pointer, row, row.customs_no, approved)


def _unusable(row: Document, pointer: str, why: str) -> SourceNotUsable:
    named = f"{row.of_kind.label}{row.customs_no or row.internal_no}"
    return SourceNotUsable(
        f"{named}：{why}",
        problems=[problem("unfit_value", pointer, field=f"「{named}」", why=why)],
        extra={"document_id": str(row.document_id)},
    )


def _agree(making: Making, sources: Sequence[_Source]) -> None:
    """Raises InvalidRequest where sources belong to different firms or differ in what they must have in common."""
    first = sources[0]
    fields = KINDS[making.source].section("head").fields
    wrong = []
    for source in sources[1:]:
        differs = [
            fields[name].label for name in making.common if _head(source).get(name) != _head(first).get(name)
        ]
        for name, label in (("enterprise_id", "申报企业"), ("team_id", "班组"), ("client_id", "客户")):
            if getattr(source.row, name) != getattr(first.row, name):
                differs.append(label)
        if differs:
            why = f"与{first.number}的{'、'.join(differs)}不同，不能合并生成"
            wrong.append(problem("unfit_value", source.pointer, field=f"「{source.number}」", why=why))
    if wrong:
        raise InvalidRequest(problems=wrong)


def _head(source: _Source) -> dict[str, Any]:
    head = source.approved["head"]
    assert isinstance(head, dict)
    return head


def _origin(making: Making, source: _Source, using: Sequence[Using], order: MakeOrder, count: int) -> Origin:
    kind = KINDS[making.source]
    goods: Any = source.approved.get(GOODS) or []
    holders = [each for each in using if each.user.standing != "draft"]
    counted = balances(kind, source.approved, [each.user for each in using])
    if order.rows:
        return Origin(source.number, source.approved, _chosen(kind, goods, counted, order.rows), False)
    if not holders:
        everything = [Taken(goods[each.place], each.quantity) for each in counted if each.quantity]
        return Origin(source.number, source.approved, everything, True)
    left = [Taken(goods[each.place], each.remaining) for each in counted if each.remaining]
    if count > 1 or not making.by_rows or not left:
        named = "、".join(_named(each) for each in holders[:5]) + ("等" if len(holders) > 5 else "")
        raise _unusable(source.row, source.pointer, f"已用于{named}")
    return Origin(source.number, source.approved, left, False)


def _named(each: Using) -> str:
    return f"{each.row.of_kind.label}{each.row.customs_no or each.row.internal_no}"


def _chosen(
    kind: Kind, goods: Sequence[dict[str, Any]], counted: Sequence[Balance], choices: Sequence[RowChoice]
) -> list[Taken]:
    """The chosen rows with their quantities. Raises InvalidRequest with everything that is wrong."""
    by_line: dict[int, list[Balance]] = {}
    for balance in counted:
        by_line.setdefault(goods[balance.place].get("line_no", 0), []).append(balance)
    taken: list[Taken] = []
    wrong: list[Problem] = []
    seen: dict[int, int] = {}
    for number, choice in enumerate(choices):
        pointer, field_name = f"/rows/{number}/line_no", f"「第{choice.line_no}项」"
        fitting = [
            each
            for each in by_line.get(choice.line_no, ())
            if choice.material_mark in (None, goods[each.place].get("material_mark"))
        ]
        if not fitting:
            wrong.append(
                problem("unknown_reference", pointer, field=f"「{kind.label}的序号」", value=choice.line_no)
            )
        elif len(fitting) > 1:
            mark = pointer.replace("line_no", "material_mark")
            wrong.append(problem("required", mark, field="「料件成品标志」", purpose="序号重复"))
        elif seen.setdefault(fitting[0].place, number) != number:
            first = seen[fitting[0].place] + 1
            wrong.append(
                problem("number_repeated", pointer, field=field_name, value=choice.line_no, first=first)
            )
        else:
            (balance,) = fitting
            quantity = balance.remaining if choice.quantity is None else Decimal(choice.quantity)
            if (why := _too_much(balance, quantity)) is not None:
                pointer = f"/rows/{number}/quantity"
                wrong.append(problem("unfit_value", pointer, field=f"{field_name}数量", why=why))
            elif quantity is not None:
                taken.append(Taken(goods[balance.place], quantity))
    if wrong:
        raise InvalidRequest(f"共有{len(wrong)}处需要改正", problems=wrong)
    return taken


def _too_much(balance: Balance, quantity: Decimal | None) -> str | None:
    left = balance.remaining
    if left is None or quantity is None:
        return "来源单证没有该项的数量"
    if left == 0:
        return f"已无余量（数量{plain(balance.quantity or Decimal(0))}，已占用{plain(balance.held)}）"
    if quantity <= 0:
        return "应大于0"
    return f"超过余量{plain(left)}" if quantity > left else None


def _fed(made: Made) -> list[dict[str, object]]:
    return [
        {
            "line_no": each.line_no,
            "from": [
                {"source": place, "line_no": line, "quantity": plain(quantity)}
                for place, line, quantity in each.parts
            ],
        }
        for each in made.fed
    ]


def _drafted(target: Kind, sources: Sequence[_Source], using: dict[str, list[Using]]) -> list[Problem]:
    """Told when other drafts want the same: who declares first, has it."""
    found = []
    for source in sources:
        drafts = [each for each in using[source.number] if each.user.standing == "draft"]
        if drafts:
            why = f"另有{len(drafts)}份{target.label}草稿由其生成，先申报者占用余量"
            found.append(problem("unusual", "", field=f"「{source.number}」", why=why))
    return found


async def _remember(
    connection: Connection,
    caller: Principal,
    row: Document,
    making: Making,
    sources: Sequence[_Source],
    origin: Sequence[dict[str, object]],
    fed: Sequence[dict[str, object]],
    now: datetime,
) -> None:
    """Its origin, and that it leans on its sources: so a draft is seen beside those that hold something."""
    await connection.executemany(
        "INSERT INTO leanings (document_id, tenant_id, on_kind, on_no) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(row.document_id, row.tenant_id, making.source, source.number) for source in sources],
    )
    await connection.execute(
        "INSERT INTO made_from (document_id, tenant_id, sources, fed, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        row.document_id,
        row.tenant_id,
        [{**each, "id": str(each["id"])} for each in origin],
        list(fed),
        opening.actor(caller).model_dump(),
        now,
    )
