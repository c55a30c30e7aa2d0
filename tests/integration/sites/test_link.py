"""The link of a site is cut, slow, doubled and down: nothing is lost, nothing is delivered or stored twice."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.integration.sites.test_boxes import all_matched, all_taken, require_exactly_once
from tests.support.import_client import working_client
from tests.support.site import Platform, eventually, site_of
from tests.support.site_link import Faults

_COUNT = 12


def _bad_link() -> Faults:
    """Of ten requests about three come to harm, in every way there is."""
    return Faults(
        seed=secrets.randbits(32),
        lost_before=0.08,
        lost_after=0.12,
        cut_within=0.08,
        doubled=0.15,
        slow_seconds=0.3,
    )


def test_nothing_is_lost_and_nothing_comes_twice(platform: Platform, tmp_path: Path) -> None:
    faults = _bad_link()
    print(f"seed {faults.seed}")
    with site_of(platform, tmp_path) as site, working_client(site.folder) as client:
        agent = site.agent()
        # It enrolled over a good line; what follows does not.
        site.link.harm(faults)
        client.clears = True
        agent.start()
        attempts = site.declare(_COUNT)
        eventually(lambda: len(client.taken) > _COUNT // 3, site.said)
        agent.kill()
        faults.down = True
        agent.start()
        eventually(
            lambda: "receipts_wait" in agent.output() or not list(client.box("InBox").iterdir()), site.said
        )
        faults.down = False
        eventually(lambda: all_taken(client, attempts), site.said)
        eventually(lambda: all_matched(site, _COUNT), site.said)
        eventually(lambda: not list(client.box("InBox").iterdir()), site.said)
        require_exactly_once(site, client, attempts)
        assert site.link.done.total() > site.link.done["passed"], "nothing came to harm"


def test_enrolling_over_a_line_that_loses_answers(platform: Platform, tmp_path: Path) -> None:
    """The code counts once; the agent whose answer was lost asks again with the key that it kept."""
    with site_of(platform, tmp_path) as site:
        made = site.named()
        site.link.harm(Faults(lost_after=1.0))
        lost = site.enrol(tmp_path / "home", made["code"])
        assert lost.returncode == 2
        assert "not enrolled" in lost.stderr
        site.link.harm(Faults(doubled=1.0))
        again = site.enrol(tmp_path / "home", made["code"])
        assert again.returncode == 0, again.stderr
        stranger = site.enrol(tmp_path / "another", made["code"])
        assert "enrolment_refused" in stranger.stderr
