"""A cursor opens only for the list and the conditions it was given under."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from backbone import paging, parameters
from backbone.http import create_app

KNOWN = (
    parameters.choice("state", "状态", ("a", "b"), many=True),
    parameters.text("book", "账册"),
    parameters.limit(9),
    parameters.cursor(),
)
PLACE = paging.encode(datetime(2026, 1, 31, tzinfo=UTC), UUID(int=7))


@pytest.fixture(scope="module")
def client() -> TestClient:
    app: FastAPI = create_app("lists", title="lists")

    @app.get("/v1/{name}")
    async def listing(request: Request, name: str) -> dict[str, Any]:
        asked = parameters.read(request, KNOWN)
        return {
            "name": name,
            "cursor": asked.get("cursor"),
            "next": parameters.following(request, KNOWN, PLACE),
        }

    return TestClient(app)


def cursor_of(client: TestClient, address: str) -> str:
    cursor: str = client.get(address).json()["next"]
    return cursor


@pytest.mark.parametrize(
    "same",
    [
        "/v1/goods?state=a&state=b&book=T1",
        "/v1/goods?book=T1&state=b&state=a",
        "/v1/goods?book=T1&state=b&state=a&limit=3",
    ],
)
def test_the_next_page_of_the_same_list(client: TestClient, same: str) -> None:
    cursor = cursor_of(client, "/v1/goods?state=a&state=b&book=T1&limit=1")
    assert client.get(f"{same}&cursor={cursor}").json()["cursor"] == [
        "2026-01-31T00:00:00Z",
        str(UUID(int=7)),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "/v1/goods?state=a&book=T1",
        "/v1/goods?book=T1",
        "/v1/goods?state=b&book=T2",
        "/v1/trucks?state=b&book=T1",
    ],
)
def test_another_list_or_other_conditions(client: TestClient, other: str) -> None:
    cursor = cursor_of(client, "/v1/goods?state=b&book=T1")
    (error,) = client.get(f"{other}&cursor={cursor}").json()["errors"]
    assert (error["pointer"], error["code"]) == ("/cursor", "cursor_of_another_list")


@pytest.mark.parametrize("text", ["", "x", "!!", "A=B", "中", "AAAA", "AAAAAAAAAAAA"])
def test_what_is_no_cursor(client: TestClient, text: str) -> None:
    (error,) = client.get("/v1/goods", params={"cursor": text}).json()["errors"]
    assert error["code"] == "invalid_parameter"


def test_a_place_that_was_forged(client: TestClient) -> None:
    forged = paging.sealed("nowhere", paging.seal_of("/v1/goods", []))
    (error,) = client.get("/v1/goods", params={"cursor": forged}).json()["errors"]
    assert error["code"] == "invalid_parameter"
