"""The page in Firefox, where the machine has one. Where it has none, the skip says how to install it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from local import portal
from tests.support.desk import PASSWORD, Desk

pytestmark = pytest.mark.flow


@pytest.fixture
def firefox() -> Path:
    for name in ("firefox-esr", "firefox"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("Firefox is missing; this installs it: apt-get install --no-install-recommends firefox-esr")


def test_log_in_list_entry_save_and_declare(desk: Desk, firefox: Path, fonts: dict[str, str]) -> None:
    saved = desk.save()
    asked = {
        "PAGE": desk.platform.edge_url,
        "TENANT": desk.slug,
        "LOGIN": "clerk",
        "PASSWORD": PASSWORD,
        "DOCUMENT": saved.document_id,
        "NUMBER": saved.internal_no,
    }
    found = portal.in_firefox(firefox, asked | fonts)
    told = json.loads(found)
    assert (told["state"], told["wrong"]) == ("已核扣", []), told
    assert told["unseen"] == [], "who tabs does not see where they are"
    assert desk.get(saved.path)["document"]["head"]["remark"] == "火狐里写的"
