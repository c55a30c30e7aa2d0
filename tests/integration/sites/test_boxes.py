"""Boxes of a site served by its agent: over a good link, after kills at every step, and what happens to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.journal import Journal
from tests.support.import_client import ImportClient
from tests.support.site import Agent, Site, eventually

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


def test_what_the_client_refuses_is_tried_under_new_names(site: Site, client: ImportClient) -> None:
    client.fails = True
    agent = site.agent()
    agent.start()
    (attempt,) = site.declare(1)
    stem = f"INV101_{attempt.hex.upper()}"
    eventually(lambda: len(client.taken) == 3, site.said)
    assert dict(client.taken) == {f"{stem}_{number}.zip": 1 for number in (1, 2, 3)}
    eventually(lambda: not list(client.box("FailBox").iterdir()), site.said)


def test_the_spool_is_bounded_and_says_so(site: Site, client: ImportClient) -> None:
    client.pauses = True
    agent = site.agent(more="most_files = 2\n")
    agent.start()
    attempts = site.declare(5)
    eventually(lambda: len(list(client.box("OutBox").iterdir())) == 2, site.said)
    full = eventually(lambda: "FULL" in (told := agent.status().stdout) and told, site.said)
    assert "holds 2 of 2 files" in full
    client.pauses = False
    eventually(lambda: all_taken(client, attempts), site.said)
    assert client.most_waiting <= 2


def test_who_is_revoked_gets_nothing_and_its_files_are_missed(
    site: Site, client: ImportClient, tmp_path: Path
) -> None:
    client.pauses = True
    agent = site.agent()
    agent.start()
    (held,) = site.declare(1)
    eventually(lambda: (client.box("OutBox") / name_of(held)).exists(), site.said)
    site.revoke(agent)
    eventually(lambda: "NOT ADMITTED" in agent.status().stdout, site.said)
    (after,) = site.declare(1)
    successor = site.agent("新机", folder=site.folder)
    agent.kill()
    successor.start()
    eventually(lambda: (client.box("OutBox") / name_of(after)).exists(), site.said)
    client.pauses = False
    eventually(lambda: all_taken(client, [held, after]), site.said)
    assert dict(client.taken) == {name_of(held): 1, name_of(after): 1}
    # The answer of the authority tells in the end what became of the file that was with the revoked agent.
    eventually(lambda: all_matched(site, 2), site.said)


def test_two_agents_with_one_mailbox_do_not_both_serve_it(
    site: Site, client: ImportClient, tmp_path: Path
) -> None:
    first, second = site.agent("甲"), site.agent("乙", folder=tmp_path / "other")
    other = ImportClient(tmp_path / "other")
    first.start()
    eventually(lambda: "ready; " in first.status().stdout, site.said)
    second.start()
    eventually(lambda: "served by another" in second.status().stdout, site.said)
    attempts = site.declare(6)
    eventually(lambda: all_taken(client, attempts), site.said)
    assert not list(other.box("OutBox").iterdir())


def test_a_new_machine_knows_from_the_platform_what_it_has(site: Site, client: ImportClient) -> None:
    client.pauses = True
    agent = site.agent()
    agent.start()
    attempts = site.declare(2)
    eventually(lambda: len(list(client.box("OutBox").iterdir())) == 2, site.said)
    eventually(lambda: _told(agent) == ["OutBox", "OutBox"], site.said)
    agent.kill()
    for path in agent.home.glob("journal.sqlite*"):
        path.unlink()
    client.pauses = False
    eventually(lambda: all_taken(client, attempts), site.said)
    agent.start()
    eventually(lambda: all_matched(site, 2), site.said)
    eventually(lambda: len(list((site.platform.exchange / site.mailbox / "Sas" / "SentBox").iterdir())) == 2)
    assert dict(client.taken) == {name_of(each): 1 for each in attempts}


def _told(agent: Agent) -> list[str]:
    journal = Journal(agent.home / "journal.sqlite")
    try:
        return [taken.told for taken in journal.open_files()]
    finally:
        journal.close()
