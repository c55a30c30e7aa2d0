"""HTTP of code tables: which there are, search in one, one code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backbone import parameters
from backbone.auth import Caller
from backbone.http import answer
from backbone.operations import operation
from backbone.parameters import Asked
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.master import CodeFound, CodesFound, CodeTables
from customs import clock
from customs.codes.editions import is_old, note_of
from services.reference.code_book import HS_CODES, CodeBook, Searchable, unit_label
from services.reference.search import Entry

MAX_LIMIT = 2_000
DEFAULT_LIMIT = 20


class CodesAsked(Asked):
    """Which rows of a table."""

    q: Annotated[str | None, parameters.text("q", "代码、名称或拼音首字母", 100)] = None
    after: Annotated[str, parameters.text("after", "上一页的最后一个代码", 40)] = ""
    on: Annotated[str | None, parameters.day("on", "日期")] = None
    ended: Annotated[bool, parameters.flag("ended", "含已失效的代码")] = False
    limit: Annotated[int, parameters.limit(MAX_LIMIT)] = DEFAULT_LIMIT


@dataclass(frozen=True)
class Books:
    """What the routes need. `worker_pool` writes the tables that are no tenant's."""

    book: CodeBook
    worker_pool: Pool


def routes(books: Books | None) -> APIRouter:
    """`books` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/codes", tags=["codes"])

    def there() -> Books:
        assert books is not None
        return books

    @router.get("", **operation("listCodeTables", CodeTables))
    async def tables(caller: Caller) -> Response:
        """Every table with its edition, and whether that is older than this year."""
        del caller
        return answer(200, {"items": [_table(each, clock.today()) for each in there().book]}).response()

    @router.get("/{table}", **operation("searchCodes", CodesFound))
    async def search(table: str, caller: Caller, asked: Annotated[CodesAsked, Query()]) -> Response:
        """Rows that hold on a day (today), best first: by code, letters, name, pinyin initials. Without `q` by code."""
        del caller
        found = _found(there().book, table)
        day = None if asked.ended else day_of(asked.on)
        if asked.q is not None:
            entries = found.index.search(asked.q, asked.limit, day)
        else:
            entries = found.index.after(asked.after, asked.limit, day)
        items = [_entry(found, each) for each in entries]
        return answer(200, {"table": _table(found, clock.today()), "items": items}).response()

    @router.get("/{table}/{code}", **operation("readCode", CodeFound))
    async def one(table: str, code: str, caller: Caller) -> Response:
        """One code, whether it still holds or not."""
        del caller
        found = _found(there().book, table)
        entry = found.index.get(code)
        if entry is None:
            raise NotFound(f"{found.label}中没有代码 {code[:40]}")
        return answer(200, {"table": _table(found, clock.today()), **_entry(found, entry)}).response()

    return router


def _found(book: CodeBook, name: str) -> Searchable:
    found = book.get(name)
    if found is None:
        raise NotFound(f"没有代码表 {name[:40]}")
    return found


def day_of(text: str | None) -> date:
    return clock.today() if text is None else date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _table(found: Searchable, day: date) -> dict[str, object]:
    edition = found.edition
    return {
        "name": found.name,
        "label": found.label,
        "edition": edition,
        "source": found.source,
        "open": found.open,
        "rows": len(found.index),
        "valid_from": found.valid_from,
        "published": found.published,
        "older": edition is not None and is_old(edition, day),
        "note": "尚未导入" if edition is None else note_of(found.label, edition, day),
    }


def _entry(found: Searchable, entry: Entry) -> dict[str, object]:
    shown: dict[str, object] = {
        "code": entry.code,
        "name": entry.name,
        "initials": entry.initials,
        "alpha": entry.alpha,
        "full_name": entry.full_name,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        **entry.more,
    }
    if found.name == HS_CODES:
        labels = [unit_label(entry.more["unit"]), unit_label(entry.more["second_unit"])]
        shown |= {"unit_label": labels[0], "second_unit_label": labels[1], "prompts": _prompts(labels)}
    return shown


def _prompts(labels: list[str | None]) -> list[dict[str, str]]:
    """Quantities that a row with this goods code must have."""
    names = (("statutory_quantity", "法定数量"), ("second_statutory_quantity", "法定第二数量"))
    return [
        {"field": field, "message": f"请填写{label}，单位为{unit}"}
        for (field, label), unit in zip(names, labels, strict=True)
        if unit is not None
    ]
