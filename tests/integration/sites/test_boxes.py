"""Boxes of a site served by its agent: over a good link, after kills at every step, and what happens to whom."""

from __future__ import annotations

from typing import Any

from tests.support.import_client import ImportClient
from tests.support.site import Site, eventually

STEPS = ("fetched", "staged", "noted", "released", "release_noted", "told", "receipt_stored", "receipt_kept")


def name_of(attempt: Any) -> str:
    return f"INV101_{attempt.hex.upper()}_1.zip"


def kept(site: Site) -> list[dict[str, Any]]:
    """Receipts as the platform has them."""
    url = site.platform.receipts.url
    answer = site.tenant.admin.send("GET", "/v1/receipts?limit=200", at=url)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def all_taken(client: ImportClient, attempts: list[Any]) -> bool:
    return {name_of(each) for each in attempts} <= client.taken.keys()


def all_matched(site: Site, count: int) -> bool:
    return len([each for each in kept(site) if each["state"] == "matched"]) >= count


def require_exactly_once(site: Site, client: ImportClient, attempts: list[Any]) -> None:
    """Each file came into OutBox once, as it was signed; each receipt was stored once, and the InBox is empty."""
    assert dict(client.taken) == {name_of(each): 1 for each in attempts}
    for each in kept(site):
        assert each["state"] == "matched", each
    assert len({each["file_name"] for each in kept(site)}) == len(kept(site)) == len(attempts)
    assert not list(client.box("InBox").iterdir())
    received = site.folder / ".bondgate-received"
    assert len([path for path in received.rglob("*") if path.is_file()]) == len(attempts)


def test_files_go_down_and_receipts_come_up(site: Site, client: ImportClient) -> None:
    agent = site.agent()
    agent.start()
    attempts = site.declare(3)
    eventually(lambda: all_taken(client, attempts), site.said)
    eventually(lambda: all_matched(site, 3), site.said)
    require_exactly_once(site, client, attempts)
    shown = eventually(lambda: (found := site.shown(agent))["state"] and found, site.said)
    assert shown["state"]["mailboxes"][0]["mailbox"] == site.mailbox
    assert not shown["silent"]
    status = eventually(lambda: (done := agent.status()).returncode == 0 and done, site.said)
    assert f"mailbox {site.mailbox}: ready" in status.stdout
    assert agent.stop() == 0
    assert agent.status().returncode == 1


def test_an_agent_that_is_killed_at_every_step(site: Site, client: ImportClient) -> None:
    agent = site.agent()
    attempts: list[Any] = []
    for step in STEPS:
        agent.start(killing=step)
        attempts += site.declare(1)
        eventually(lambda: agent.ended() is not None, site.said)
        assert agent.ended() == -9, site.said()
    agent.start()
    eventually(lambda: all_taken(client, attempts), site.said)
    eventually(lambda: all_matched(site, len(attempts)), site.said)
    require_exactly_once(site, client, attempts)
