"""The 平衡表 of a ledger as a PDF, from what a real entry counts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfReader

from contracts.permissions import DOCUMENT_PRINT, LEDGER_READ
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.print_service import Office, open_office, refused

BOOK = "T3105W000123"
PERIOD = {"from": "20260101", "to": "20260131"}


@pytest.fixture(scope="module")
def office(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(servers, issuer, tmp_path_factory.mktemp("print-data")) as opened:
        rows = [
            {"mark": "I", "line_no": number, "material_no": f"MAT-{number}", "unit": "035", "left": "1000.5"}
            for number in range(1, 61)
        ]
        opened.opening(BOOK, *rows)
        yield opened


def ask(office: Office, book: str = BOOK, period: dict[str, str] = PERIOD, **token: Any) -> httpx.Response:
    path = f"/v1/ledgers/{book}/print-jobs"
    return office.order(path, {}, params=period, headers=office.headers(**token))


def test_the_sheet_says_what_entry_counts_and_what_is_unknown(office: Office) -> None:
    asked = ask(office)
    assert asked.status_code == 202, asked.text
    job = office.ended(asked.headers["location"])
    assert (job["state"], job["subject"], job["rows"]) == ("done", "report", 60)
    assert job["file_name"] == f"账册平衡表_{BOOK}_20260101-20260131.pdf"
    reader = PdfReader(io.BytesIO(office.get(job["file"]).content))
    assert len(reader.pages) == job["pages"] == 2
    said = ["".join(page.extract_text().split()) for page in reader.pages]
    for word in ("账册平衡表", BOOK, "2026-01-01至2026-01-31", "第1页共2页", "打印时间"):
        assert word in said[0]
    # Nothing was known before the cut-over, so the sheet does not begin with zero.
    assert "MAT-1" in said[0]
    assert "未知" in said[0]
    assert "1000.5" in said[0]
    assert "MAT-60" in said[1]


def test_who_may_not_and_what_is_wrong(office: Office) -> None:
    refused(ask(office, permissions=[DOCUMENT_PRINT]), 403, "forbidden")
    refused(ask(office, book="T0000W000000"), 404, "not_found")
    refused(ask(office, tenant_id=uuid4()), 404, "not_found")
    (missing, other) = refused(ask(office, period={}), 422, "invalid_request")["errors"]
    assert {missing["pointer"], other["pointer"]} == {"/from", "/to"}
    for period, pointer in (
        ({"from": "20260201", "to": "20260131"}, "/to"),
        ({"from": "2026-01-01", "to": "20260131"}, "/from"),
        ({**PERIOD, "mark": "X"}, "/mark"),
    ):
        (error,) = refused(ask(office, period=period), 422, "invalid_request")["errors"]
        assert error["pointer"] == pointer


def test_a_sheet_is_of_who_asked_and_may_read_ledgers(office: Office) -> None:
    path = ask(office, permissions=[LEDGER_READ]).headers["location"]
    office.ended(path)
    assert office.get(path, permissions=[LEDGER_READ]).status_code == 200
    refused(office.get(path, permissions=[DOCUMENT_PRINT]), 404, "not_found")
    refused(office.get(path, subject="someone-else"), 404, "not_found")
