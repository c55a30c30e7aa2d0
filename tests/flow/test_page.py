"""A browser on the whole platform: its cookie opens every service, and logging out closes them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.support.browser import Browser
from tests.support.desk import PASSWORD, Desk, example

pytestmark = pytest.mark.flow


def test_a_clerk_works_on_the_page_from_login_to_logout(desk: Desk) -> None:
    with Browser(desk.platform.edge_url) as browser:
        who = browser.log_in(desk.slug, "clerk", PASSWORD).json()
        assert who["tenant"]["slug"] == desk.slug
        for path in ("me", "review-rules", "inventories", "companies", "print-jobs", "receipts"):
            assert browser.get(f"/v1/{path}").status_code == 200, path
        saved = browser.post("/v1/inventories", example(internal_no=f"PAGE-{uuid4().hex[:8]}"))
        assert saved.status_code == 201, saved.text
        with browser.client.stream("GET", "/v1/live", headers={"accept": "text/event-stream"}) as stream:
            assert stream.status_code == 200
        assert browser.delete("/v1/session").status_code == 204
        assert browser.get("/v1/inventories").status_code == 401
