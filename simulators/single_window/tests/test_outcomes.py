"""Every outcome of the table, as it shows in the folders."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from simulators.single_window.outcomes import OUTCOMES
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import Paper

EXPECTED = {
    "OK": ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "DOOR": ["Failed"],
    "RET": ["Successed", "INV201=3"],
    "MAN": ["Successed", "INV201=2", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "SILENT": ["Successed"],
    **{name: ["Successed", "INV201=4", "INV201=4"] for name in ("HOLD", "CHGRET", "VOIDRET")},
    "MUTE": [],
    "NOACK": ["INV201=4", "INV201=4", "INV202=1", "INV211"],
    "ORDER": ["INV211", "INV201=4", "Successed", "INV202=1", "INV201=4"],
    "SPLIT": ["Successed", "INV201=4", "INV201=4", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "SLOW": ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "FAIL": [],
    "STORE": ["Successed", "INV201=Y", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "STOREFAIL": ["Successed", "INV201=Z"],
    "REGFAIL": ["Successed", "INV201=4", "INV201=4", "INV202=2"],
    "NODECL": ["Successed", "INV201=4", "INV201=4", "INV211"],
    "UNPOSTED": ["Successed", "INV201=5", "INV201=5", "INV202=1", "INV211"],
    "DIFF": ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "POSTED": ["Successed", "INV201=1", "INV201=1"],
    "NS": ["Successed", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "ROOT": ["Failed"],
    "PACK": ["Successed", "INV200=1", "INV201=4", "INV201=4", "INV202=1", "INV211"],
    "PACKFAIL": ["Successed", "INV200=2"],
    "DUP": ["Successed"] * 2 + ["INV201=4"] * 4 + ["INV202=1"] * 2 + ["INV211"] * 2,
}
STATUS = {
    "RET": "returned",
    "SILENT": "declared",
    "MUTE": "declared",
    **dict.fromkeys(("HOLD", "CHGRET", "VOIDRET"), "approved"),
    "STOREFAIL": "store_failed",
    "PACKFAIL": "store_failed",
    "REGFAIL": "approved",
}


OF_OTHER_KINDS = (
    "PAUSE", "RESUME", "SYNC", "AMEND", "GATE2", "NOGATE", "GATEREF", "INSPECT", "NOPASS",
)  # fmt: skip
"""Those do nothing to the filing of a 核注清单."""
EXPECTED |= dict.fromkeys(OF_OTHER_KINDS, EXPECTED["OK"])


def test_every_outcome_has_an_expectation() -> None:
    assert set(OUTCOMES) == set(EXPECTED) | {"GARBAGE"}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_the_files_come_in_the_order_of_the_table(tmp_path: Path, name: str, speed: float) -> None:
    office = Office(tmp_path, speed=speed)
    paper = Paper(f"{name}-001", goods=[{}] * 7)
    came = office.send(paper, seconds=2 + 30 * speed)
    assert office.kinds(came) == EXPECTED[name]
    assert office.box("OutBox") == []
    assert office.box("FailBox" if name == "FAIL" else "SentBox") == [f"{name}-001.zip"]
    if name not in ("DOOR", "ROOT", "FAIL"):
        assert office.status(f"{name}-001") == STATUS.get(name, "posted")


def test_no_prefix_and_an_unknown_prefix_are_accepted(office: Office) -> None:
    assert office.kinds(office.send(Paper("20260105001"))) == EXPECTED["OK"]
    assert office.kinds(office.send(Paper("EXP-7"))) == EXPECTED["OK"]
    assert office.kinds(office.send(Paper("YZ-7"))) == EXPECTED["STORE"]


def test_a_number_after_the_prefix_limits_it(office: Office) -> None:
    assert office.send(Paper("FAIL2-1"), "FAIL2-1_1") == []
    assert office.send(Paper("FAIL2-1"), "FAIL2-1_2") == []
    assert office.kinds(office.send(Paper("FAIL2-1"), "FAIL2-1_3")) == EXPECTED["OK"]
    assert office.box("FailBox") == ["FAIL2-1_1.zip", "FAIL2-1_2.zip"]
    assert office.kinds(office.send(Paper("DOOR1-1"), "a")) == ["Failed"]
    assert office.kinds(office.send(Paper("DOOR1-1"), "b")) == EXPECTED["OK"]


def test_returned_then_declared_again(office: Office) -> None:
    office.send(Paper("RET1-1"), "first")
    seq_no = office.seq_no("RET1-1")
    again = Paper("RET1-1", head={"SeqNo": seq_no}, envelope={"message_id": "M2"})
    assert office.kinds(office.send(again, "second")) == EXPECTED["OK"]
    assert office.seq_no("RET1-1") == seq_no


def test_a_return_gives_two_reasons_and_no_customs_number(office: Office) -> None:
    receipt = office.send(Paper("RET-1"))[1]
    assert len(office.root(receipt).findall(".//{*}CheckInfo/{*}note")) == 2
    assert office.value(receipt, "businessId") is None
    assert office.value(receipt, "etpsPreentNo") == office.seq_no("RET-1")


def test_a_failed_declaration_gives_a_reason(office: Office) -> None:
    receipt = office.send(Paper("REGFAIL-1"))[-1]
    assert office.value(receipt, "reason")
    assert office.value(receipt, "entrySeqNo") is None


def test_no_declaration_receipt_where_none_is_made(office: Office) -> None:
    not_declared = {"DclcusFlag": "2", "DclcusTypecd": "", "GenDecFlag": "2", "DecType": ""}
    assert "INV202=1" not in office.kinds(office.send(Paper("OK-1", head=not_declared)))
    assert "INV202=1" not in office.kinds(office.send(Paper("OK-2", head={"GenDecFlag": "2"})))


def test_duplicates_repeat_the_same_and_a_new_message_id(office: Office) -> None:
    came = office.send(Paper("DUP-1"))
    ids = [office.value(name, "message_id") for name in came[2:]]
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    assert {a == b for a, b in pairs} == {True, False}
    assert len(set(came)) == 10
    assert all(office.seq_no("DUP-1") in office.text(name) for name in came)


def test_out_of_order_keeps_the_authoritys_own_times(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    came = office.send(Paper("ORDER-1"), seconds=30)
    stamps = {
        kind: re.findall(r"_(\d{20,})", name)[0] for kind, name in zip(office.kinds(came), came, strict=True)
    }
    assert stamps["Successed"] < stamps["INV202=1"] < stamps["INV211"]
    assert office.status("ORDER-1") == "posted"


def test_packets_share_an_id_and_hold_every_row_once(office: Office) -> None:
    paper = Paper("SPLIT-1", goods=[{"GdsMtno": f"PART-{n}"} for n in range(1, 12)])
    parts = office.send(paper)[2:5]
    assert len({office.value(name, "pocket_id") for name in parts}) == 1
    assert {office.value(name, "total_pocket_qty") for name in parts} == {"3"}
    numbers = [office.value(name, "cur_pocket_no") for name in parts]
    assert sorted(map(str, numbers)) == ["1", "2", "3"] != numbers
    by_number = [name for _, name in sorted(zip(map(str, numbers), parts, strict=True))]
    rows = [e.text for name in by_number for e in office.root(name).iterfind(".//{*}BondInvtDt/{*}gdsSeqno")]
    assert rows == [str(n) for n in range(1, 12)]
    assert [office.root(name).find(".//{*}BondInvtBsc") is not None for name in by_number] == [
        True,
        False,
        False,
    ]


def test_one_row_splits_too(office: Office) -> None:
    assert len(office.send(Paper("SPLIT-2"))) == 7


def test_slow_files_grow_under_their_final_name(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    office.drop(Paper("SLOW-1"))
    sizes: dict[str, list[int]] = {}
    for _ in range(900):
        office.work(0.05)
        for entry in (office.sas / "InBox").iterdir():
            sizes.setdefault(entry.name, []).append(entry.stat().st_size)
    assert len(sizes) == 5
    assert all(len(set(seen)) >= 4 and sorted(seen) == seen for seen in sizes.values())
    assert all(etree.fromstring((office.sas / "InBox" / name).read_bytes()) is not None for name in sizes)


def test_other_files_are_never_seen_half_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = Path.write_bytes

    def spy(self: Path, data: bytes) -> int:
        written.append(self.name)
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", spy)
    came = office.send(Paper("OK-1"))
    assert [name for name in written if name.endswith(".tmp")] == [name + ".tmp" for name in came]


def test_garbage_lies_between_the_good_ones(office: Office) -> None:
    def content(name: str) -> bytes:
        return (office.sas / "InBox" / name).read_bytes()

    came = office.send(Paper("GARBAGE-1"))
    seq_no = office.seq_no("GARBAGE-1").encode()
    good = [name for name in came if seq_no in content(name) and content(name).rstrip().endswith(b">")]
    bad = [name for name in came if name not in good]
    assert office.kinds(good) == EXPECTED["OK"]
    assert len(bad) == 6
    assert any(content(name) == b"" for name in bad)
    assert any(b"<!DOCTYPE" in content(name) for name in bad)
    assert any(b"INV201" in content(name) and content(name).rstrip().endswith(b"Package>") for name in bad)
    assert any(name.endswith(".zip") for name in bad)
    assert any(a in bad and b in good for a, b in pairwise(came))
    assert office.status("GARBAGE-1") == "posted"
