"""委托 and what is learnt, on the whole platform: a firm and its 委托 are entered, documents declared, the 委托 withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.desk import Desk, example, until

pytestmark = pytest.mark.flow
DAY = timedelta(days=1)


def test_a_firm_authorises_the_broker_and_withdraws(desk: Desk) -> None:
    head = example()["head"]
    firm = desk.post("/v1/clients", {"name": head["operating_name"], "customs_code": head["operating_code"]})
    assert firm.status_code == 201, firm.text
    client_id = firm.json()["id"]
    until(lambda: _taken(desk, client_id), "entry does not know the client firm")
    today = datetime.now(UTC).date()
    body = {
        "client_id": client_id,
        "valid_from": (today - 2 * DAY).isoformat(),
        "valid_until": (today + 90 * DAY).isoformat(),
    }
    made = desk.post("/v1/authorisations", body)
    assert made.status_code == 201, made.text
    until(lambda: _in_force(desk, "refuse"), "entry does not know the 委托")
    sent = desk.send("OK")
    desk.until(sent, "pre_deducted")
    gone = desk.client.delete(
        f"/v1/authorisations/{made.json()['id']}", headers={"if-match": made.headers["etag"]}
    )
    assert gone.status_code == 204, gone.text
    late = desk.save("OK")
    until(lambda: _refused(desk, late.path), "entry does not know the withdrawal")
    until(lambda: _offered(desk), "reference learnt nothing of the declared document")
    unknown = desk.post(f"/v1/inventories?client_id={made.json()['id']}", example(internal_no="X-1"))
    assert unknown.json()["errors"][0]["pointer"] == "/client_id"


def _taken(desk: Desk, client_id: str) -> bool | None:
    """A client that is known lets a document in and an unknown one out."""
    other = desk.enterprise["id"]
    probe = desk.post(f"/v1/inventories?client_id={other}", example(internal_no=f"PROBE-{client_id[-8:]}"))
    if probe.status_code == 422:
        return True
    desk.client.delete(f"/v1/inventories/{probe.json()['id']}", headers={"if-match": probe.headers["etag"]})
    return None


def _in_force(desk: Desk, mode: str) -> bool | None:
    return True if desk.get("/v1/authorisation-rule")["in_force"] == mode else None


def _refused(desk: Desk, path: str) -> bool | None:
    checked = desk.client.post(f"{path}/validate")
    codes = {each["code"] for each in checked.json()["errors"]}
    if "not_authorised" not in codes:
        return None
    version = desk.client.get(path).headers["etag"]
    answer = desk.post(f"{path}/declare", if_match=version)
    assert answer.status_code == 422
    (found,) = answer.json()["errors"]
    assert "撤销" in found["message"], found
    return True


def _offered(desk: Desk) -> dict[str, Any] | None:
    document = example()
    (row, *_) = document["goods"]
    asked = {
        "kind": "inventory",
        "document": {"head": document["head"], "goods": [{"material_no": row["material_no"]}]},
    }
    filled = desk.client.post("/v1/fill", json=asked).json()
    offered: dict[str, Any] = filled["document"]["goods"][0]
    if offered.get("specification") != row["specification"]:
        return None
    (told,) = [each for each in filled["filled"] if each["pointer"] == "/goods/0/specification"]
    assert told["source"]["type"] == "learnt"
    return offered
