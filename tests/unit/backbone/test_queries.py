"""Queries as models: what is wrong is told all at once, in the words of parameters that are read by hand."""

from __future__ import annotations

from typing import Annotated

import httpx
import pytest
from fastapi import Query, Request, Response

from backbone import parameters
from backbone.http import answer, create_app
from backbone.parameters import Asked

pytestmark = pytest.mark.anyio


class Wish(Asked):
    """A page of what is in some states."""

    state: Annotated[list[str] | None, parameters.choice("state", "状态", ["a", "b"], many=True)] = None
    limit: Annotated[int, parameters.limit(200)] = 50
    since: Annotated[str | None, parameters.day("since", "起始日期")] = None


class Page(Asked):
    """A page of one list."""

    state: Annotated[str | None, parameters.choice("state", "状态", ["a", "b"])] = None
    limit: Annotated[int, parameters.limit(200)] = 50
    cursor: Annotated[tuple[str, int] | None, parameters.cursor(lambda text: (text, len(text)))] = None


async def get(query: str, path: str = "/things") -> httpx.Response:
    app = create_app("test", title="test")

    @app.get("/pages")
    @app.get("/other-pages")
    async def pages(request: Request, asked: Annotated[Page, Query()]) -> Response:
        following = parameters.following(request, Page, "place")
        return answer(200, {"cursor": asked.cursor, "next_cursor": following}).response()

    @app.get("/things")
    async def things(asked: Annotated[Wish, Query()]) -> Response:
        return answer(200, asked.model_dump()).response()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        return await client.get(f"{path}?{query}")


async def test_what_is_asked_is_read() -> None:
    assert (await get("")).json() == {"state": None, "limit": 50, "since": None}
    read = await get("state=a&state=b&limit=7&since=2026-01-31")
    assert read.json() == {"state": ["a", "b"], "limit": 7, "since": "20260131"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("limit=0&since=soon", {("/limit", "invalid_parameter"), ("/since", "invalid_parameter")}),
        ("state=c&what=1", {("/state", "invalid_parameter"), ("/what", "unknown_parameter")}),
        (
            "limit=1&limit=2&since=x",
            {("/limit", "repeated_parameter"), ("/since", "invalid_parameter")},
        ),
        ("since=%00", {("/since", "invalid_parameter")}),
    ],
)
async def test_everything_that_is_wrong_is_told_at_once(query: str, found: set[tuple[str, str]]) -> None:
    refused = await get(query)
    assert refused.status_code == 422
    assert {(each["pointer"], each["code"]) for each in refused.json()["errors"]} == found


async def test_the_words_are_those_of_parameters() -> None:
    [error] = (await get("limit=999")).json()["errors"]
    assert error["message"] == "查询条件「每页条数」的值[999]不正确，应为1至200的整数"


async def test_a_cursor_goes_on_in_its_own_list_under_its_own_conditions() -> None:
    cursor = (await get("state=a", "/pages")).json()["next_cursor"]
    went_on = await get(f"cursor={cursor}&limit=7&state=a", "/pages")
    assert went_on.json() == {"cursor": ["place", 5], "next_cursor": cursor}
    for query, path in ((f"state=b&cursor={cursor}", "/pages"), (f"state=a&cursor={cursor}", "/other-pages")):
        refused = await get(query, path)
        assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
            ("/cursor", "cursor_of_another_list")
        ]
    made_up = await get("cursor=made-up&limit=0", "/pages")
    assert {(e["pointer"], e["code"]) for e in made_up.json()["errors"]} == {
        ("/cursor", "invalid_parameter"),
        ("/limit", "invalid_parameter"),
    }
