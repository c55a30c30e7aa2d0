"""What the services write down: traces that can be followed, and nothing of the documents or of secrets."""

from __future__ import annotations

import json

import pytest

from local.plan import services_in_tree
from local.platform import Platform
from tests.support.desk import PASSWORD, Desk, example

pytestmark = pytest.mark.flow


@pytest.fixture
def lines(platform: Platform, desk: Desk) -> dict[str, list[str]]:
    """Every line of every service's log after a document has gone all the way and one was refused."""
    sent = desk.send()
    desk.until(sent, "deducted")
    refused = desk.post("/v1/inventories", example(book_no="SHORT"))
    assert refused.status_code == 422
    text = {name: platform.home.log(name).read_text(encoding="utf-8") for name in services_in_tree()}
    # The supervisor notes starts and ends of a program in the same file, in brackets.
    return {name: [line for line in each.splitlines() if line[:1] != "["] for name, each in text.items()}


def test_no_payload_password_or_token(lines: dict[str, list[str]], desk: Desk) -> None:
    document = example()
    token = desk.client.headers["authorization"].removeprefix("Bearer ")
    secrets = {
        PASSWORD,
        token,
        token.split(".")[1],
        document["head"]["operating_name"],
        document["head"]["remark"],
        document["goods"][0]["name"],
        document["goods"][0]["specification"],
        desk.platform.operator_secret,
    }
    for name, text in lines.items():
        for secret in secrets:
            assert not [line for line in text if secret in line], f"{name} logs {secret[:12]}…"


def test_every_line_is_json_and_names_its_service(lines: dict[str, list[str]]) -> None:
    for name, text in lines.items():
        for line in text:
            assert json.loads(line)["service"] == name


def test_one_trace_runs_through_the_services(lines: dict[str, list[str]]) -> None:
    """From the request that declared to the file in the folder."""
    traces = {
        name: {trace for line in text if (trace := json.loads(line).get("trace_id"))}
        for name, text in lines.items()
    }
    assert traces["entry"] & traces["signer"] & traces["submission"]
