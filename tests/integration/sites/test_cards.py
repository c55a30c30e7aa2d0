"""Cards at a site sign what the platform asks, under a lease, whoever is killed or cut off; and never for another firm."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from customs import singlewindow
from services.signer.media import certificates
from tests.integration.sites.test_boxes import all_taken, name_of
from tests.support.certificates import certificate
from tests.support.import_client import ImportClient
from tests.support.site import Agent, Platform, Site, eventually, site_of
from tests.support.site_link import Faults

_PIN = "example-1"
_SIGNING = "xmldsig-rsa-sha256"
_STEPS = ("order_noted", "order_signed", "order_answered")


@dataclass(frozen=True)
class SiteCard:
    """A key in a file that plays a card: what is tried here is the way to it."""

    number: str
    key: rsa.RSAPrivateKey
    pem: bytes

    def media(self, folder: Path) -> str:
        """Files of the medium in a folder; the lines of `agent.toml` that name them."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "card.pem").write_bytes(private + self.pem)
        (folder / "media.toml").write_text(
            f'[[medium]]\nkind = "key_file"\npath = "{folder / "card.pem"}"\npassphrase = "{_PIN}"\n'
            f'card_no = "{self.number}"\n'
        )
        pins = folder / "pins.toml"
        pins.touch(mode=0o600)
        pins.write_text(f'"{self.number}" = "{_PIN}"\n')
        return f'media = "{folder / "media.toml"}"\npins = "{pins}"\nsandbox = true\n'


def _new_card(site: Site) -> SiteCard:
    """With the number that the enterprise's route names; its certificate names the enterprise."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = certificate(key, firm_code=_told(site, "customs_code"), uscc=_told(site, "uscc"))
    route = site.enterprise["route"]
    assert isinstance(route, dict)
    return SiteCard(str(route["card_no"]), key, made.public_bytes(serialization.Encoding.PEM))


def _told(site: Site, name: str) -> str:
    return str(site.enterprise[name])


@pytest.fixture
def card(site: Site) -> SiteCard:
    """Registered by the tenant for the enterprise of the site."""
    made = _new_card(site)
    body = {
        "number": made.number,
        "holder": "示例持卡人",
        "firm_name": _told(site, "name"),
        "firm_code": _told(site, "customs_code"),
        "firm_uscc": _told(site, "uscc"),
        "certificate": made.pem.decode(),
        "enterprises": [site.enterprise["id"]],
    }
    headers = {"idempotency-key": made.number}
    answer = site.tenant.admin.send(
        "POST", "/v1/cards", at=site.platform.signer.url, json=body, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return made


def _with_card(site: Site, card: SiteCard, tmp_path: Path, name: str = "港区办公室") -> Agent:
    folder = tmp_path / f"media-{name}"
    folder.mkdir()
    return site.agent(name, more=card.media(folder))


def _holds(agent: Agent) -> bool:
    return '"held": true' in agent.status_json()


def _require_signed_once(site: Site, client: ImportClient, card: SiteCard, attempts: Sequence[UUID]) -> None:
    """Each document came once, as the platform released it, under a signature of the card, and the chain has no other release before them."""
    assert dict(client.taken) == {name_of(each): 1 for each in attempts}
    verifies = certificates.read(card.pem).verifies
    positions: list[int] = []
    for each in attempts:
        name = name_of(each).removesuffix(".zip")
        xml = singlewindow.unpack((client.box("SentBox") / f"{name}.zip").read_bytes(), name).xml
        singlewindow.verify(xml, verifies)
        evidence = _read(site, f"/v1/evidence/{each}")
        assert evidence["holds"], evidence
        assert evidence["statement"]["released_sha256"] == hashlib.sha256(xml).hexdigest()
        positions.append(evidence["statement"]["position"])
    assert sorted(positions) == list(range(1, len(attempts) + 1))


def _read(site: Site, path: str) -> dict[str, Any]:
    answer = site.tenant.admin.send("GET", path, at=site.platform.signer.url)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_card_at_a_site_signs(site: Site, client: ImportClient, card: SiteCard, tmp_path: Path) -> None:
    agent = _with_card(site, card, tmp_path)
    agent.start()
    eventually(lambda: _holds(agent), site.said)
    attempts = site.declare(3, signing=_SIGNING)
    eventually(lambda: all_taken(client, attempts), site.said)
    _require_signed_once(site, client, card, attempts)
    assert agent.orders() == 3
    shown = eventually(lambda: (found := site.shown(agent)["state"]) and found["cards"], site.said)
    assert [each["card_no"] for each in shown] == [card.number]


def test_an_agent_that_is_killed_at_every_step(
    site: Site, client: ImportClient, card: SiteCard, tmp_path: Path
) -> None:
    agent = _with_card(site, card, tmp_path)
    attempts: list[UUID] = []
    for step in _STEPS:
        agent.start(killing=step)
        attempts += site.declare(1, signing=_SIGNING)
        eventually(lambda: agent.ended() is not None, site.said)
        assert agent.ended() == -9, site.said()
    agent.start()
    eventually(lambda: all_taken(client, attempts), site.said)
    _require_signed_once(site, client, card, attempts)


def test_a_line_that_is_cut_and_doubled(
    site: Site, client: ImportClient, card: SiteCard, tmp_path: Path
) -> None:
    """Orders that the agent never hears of, and signatures that the platform hears of twice or not at all."""
    agent = _with_card(site, card, tmp_path)
    faults = Faults(secrets.randbits(32), lost_before=0.08, lost_after=0.12, cut_within=0.08, doubled=0.15)
    print(f"seed {faults.seed}")
    site.link.harm(faults)
    agent.start()
    attempts = site.declare(8, signing=_SIGNING)
    eventually(lambda: len(client.taken) >= 3, site.said)
    heard = site.link.done["lost before"]
    faults.down = True
    eventually(lambda: site.link.done["lost before"] > heard + 5, site.said)
    faults.down = False
    eventually(lambda: all_taken(client, attempts), site.said)
    _require_signed_once(site, client, card, attempts)
    assert site.link.done.total() > site.link.done["passed"], "nothing came to harm"


def test_two_agents_with_one_card_do_not_both_work_and_the_revoked_gets_nothing(
    site: Site, client: ImportClient, card: SiteCard, tmp_path: Path
) -> None:
    first, second = (_with_card(site, card, tmp_path, name) for name in ("甲", "乙"))
    first.start()
    eventually(lambda: _holds(first), site.said)
    second.start()
    eventually(lambda: second.status_json(), site.said)
    attempts = site.declare(4, signing=_SIGNING)
    eventually(lambda: all_taken(client, attempts), site.said)
    assert (first.orders(), second.orders()) == (4, 0)
    site.revoke(first)
    eventually(lambda: "NOT ADMITTED" in first.status().stdout, site.said)
    # The card stays bound to the revoked one until its lease is over; then the second has it.
    attempts += site.declare(2, signing=_SIGNING)
    eventually(lambda: second.orders() == 2, site.said)
    assert first.orders() == 4
    # The revoked one still runs and has the boxes of the site under its lock.
    first.kill()
    eventually(lambda: all_taken(client, attempts), site.said)
    _require_signed_once(site, client, card, attempts)


def test_never_another_firms_card(
    site: Site, client: ImportClient, card: SiteCard, tmp_path: Path, platform: Platform
) -> None:
    """An agent of another tenant that shows the very card, and one that shows its number with another certificate, sign nothing."""
    with site_of(platform, tmp_path / "others") as other:
        stranger = _with_card(other, card, tmp_path, "他")
        stranger.start()
        forger = _with_card(site, _new_card(site), tmp_path, "伪")
        forger.start()
        site.declare(1, signing=_SIGNING)
        eventually(lambda: "证书与登记的不同" in _why(site, card), site.said)
        eventually(lambda: stranger.status_json(), site.said)
        assert (stranger.orders(), forger.orders(), dict(client.taken)) == (0, 0, {})
        assert not _holds(stranger)


def _why(site: Site, card: SiteCard) -> str:
    """What a person reads about the card."""
    items = _read(site, "/v1/cards")["items"]
    return next((each["last_error"] or "" for each in items if each["number"] == card.number), "")
