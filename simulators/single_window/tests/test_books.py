"""The books customs keeps, and how INV211 tells them."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.single_window.control import RefusedError
from simulators.single_window.ledger import Ledger
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import gate_pass
from simulators.single_window.tests.test_rounds import later
from simulators.single_window.tests.uploads import HEAD, Paper

BOOK = HEAD["PutrecNo"]
PROCESSING = "E23890000123"
OUT = {"ImpexpMarkcd": "E"}


def row(line: str = "7", quantity: str = "100") -> dict[str, str]:
    return {"PutrecSeqno": line, "DclQty": quantity}


def lines(office: Office, book_no: str = BOOK) -> dict[int, dict[str, Any]]:
    return {line["line_no"]: line for line in office.control.get(f"/books/{book_no}", {})["lines"]}


def figures(office: Office, line_no: int = 7, book_no: str = BOOK) -> tuple[str, ...]:
    """实增, 实减, 预增, 预减."""
    line = lines(office, book_no)[line_no]
    return tuple(line[name] for name in ("real_in", "real_out", "pre_in", "pre_out"))


def told(office: Office, name: str, element: str = "BwsDt") -> list[tuple[str | None, ...]]:
    """Line and figures of each row of an INV211."""
    wanted = ("gdsSeqno", "actlIncQty", "actlRedcQty", "prevdIncQty", "prevdRedcQty")
    found = office.root(name).iter(f"{{*}}{element}")
    return [tuple(one.findtext(f"{{*}}{leaf}") for leaf in wanted) for one in found]


def opened(office: Office, came: str, went: str = "0", line_no: int = 7, book_no: str = BOOK) -> None:
    office.control.post(
        f"/books/{book_no}/openings", {"lines": [{"line_no": line_no, "in": came, "out": went}]}
    )


def test_expected_with_the_approval_and_real_with_the_posting(office: Office) -> None:
    office.send(Paper("HOLD-1", OUT, [row(quantity="40"), row(quantity="2.5")]))
    assert figures(office) == ("0", "0", "0", "42.5")
    office.control.post("/advance", {"internal_no": "HOLD-1", "receipt": "INV211"})
    [posted] = office.work()
    assert told(office, posted) == [("7", "0", "42.5", "0", "0")] * 2
    assert figures(office) == ("0", "42.5", "0", "0")
    assert (lines(office)[7]["material_no"], lines(office)[7]["unit"]) == ("PART-001", "007")


def test_figures_are_those_of_the_line_and_begin_with_the_opening(office: Office) -> None:
    opened(office, "1000", "10")
    first = office.send(Paper("OK-1", goods=[row()]))
    office.send(Paper("HOLD-2", OUT, [row(quantity="30")]))
    last = office.send(Paper("OK-3", OUT, [row(quantity="5")]))
    assert told(office, first[-1]) == [("7", "1100", "10", "0", "0")]
    assert told(office, last[-1]) == [("7", "1100", "15", "0", "30")]
    opened(office, "2000")
    assert figures(office) == ("2100", "5", "0", "30")


def test_a_processing_book_is_told_with_its_own_rows(office: Office) -> None:
    name = office.send(Paper("OK-1", {"PutrecNo": PROCESSING, "MtpckEndprdMarkcd": "E"} | OUT))[-1]
    assert told(office, name) == []
    assert told(office, name, "EmsPutrecDt") == [("7", None, None, None, None)]
    assert (office.value(name, "emsNo"), office.value(name, "mtpckEndprdTypecd")) == (PROCESSING, "E")
    assert office.value(name, "dclQty") == "100"
    assert lines(office, PROCESSING)[7]["mark"] == "E"


def test_goods_that_come_in_without_a_line_are_given_one(office: Office) -> None:
    opened(office, "5", line_no=12)
    nothing = ("",) * 4
    came = office.send(Paper("RET1-1", goods=[row(""), row("12"), row("", "3")]))
    assert lines(office).keys() == {12}, "what was returned is in no book"
    seq_no = office.seq_no("RET1-1")
    came = office.send(Paper("RET1-1", {"SeqNo": seq_no}, [row(""), row("12"), row("", "3")]), "again")
    full = [[e.text for e in office.root(name).iter("{*}putrecSeqno")] for name in came[1:3]]
    assert full == [[], ["13", "12", "14"]]
    assert told(office, came[-1]) == [
        ("13", *nothing),
        ("12", "105", "0", "0", "0"),
        ("14", *nothing),
    ]
    rows = office.root(came[-1]).iter("{*}BwsDt")
    assert [(row.findtext("{*}inQty"), row.findtext("{*}modfMarkcd")) for row in rows][::2] == [
        ("100", "3"),
        ("3", "3"),
    ]
    assert office.value(came[-1], "invtNo") == office.customs_no("RET1-1")


@pytest.mark.parametrize("head", [OUT, {"PutrecNo": PROCESSING}])
def test_elsewhere_a_row_without_a_line_moves_nothing(office: Office, head: dict[str, str]) -> None:
    name = office.send(Paper("OK-1", head, [row(""), row("8")]))[-1]
    book_no = head.get("PutrecNo", BOOK)
    assert lines(office, book_no).keys() == {8}
    assert len(told(office, name) or told(office, name, "EmsPutrecDt")) == 1


def test_a_difference(office: Office) -> None:
    name = office.send(Paper("DIFF-1", OUT, [row(), row("8", "0.5")]))[-1]
    assert [one[:3] for one in told(office, name)] == [("7", "0", "101"), ("8", "0", "0.5")]
    assert figures(office) == ("0", "101", "0", "0")


def test_goods_are_real_when_all_trucks_are_through(office: Office) -> None:
    office.send(Paper("HOLD-1", goods=[row()]))
    linked = office.customs_no("HOLD-1")
    assert figures(office) == ("0", "0", "100", "0")
    for number, quantity in enumerate(("60", "40")):
        part = [{"DclQty": quantity}]
        terms = {"BindTypecd": "3", "PassportTypecd": "3", "RltTbTypecd": "1", "IoTypecd": "I"}
        office.send(gate_pass(f"OK-{number}", linked, goods=part, **terms))
        real = ("0", "0", "100", "0") if number == 0 else ("100", "0", "0", "0")
        assert figures(office) == real


def test_a_change_moves_the_difference_and_a_deletion_everything_back(office: Office) -> None:
    office.send(Paper("OK-1", OUT))
    for stem, quantity, real in (("refused", "70", "100"), ("granted", "60", "60")):
        changed = later(office, Paper("OK-1", {**OUT}, [row(quantity=quantity)]), "2", "BondInvtNo")
        office.choice.set_for("OK-1", "CHGRET" if stem == "refused" else "OK")
        office.send(changed, stem)
        assert figures(office) == ("0", real, "0", "0")
    office.send(later(office, Paper("OK-1", {**OUT}), "3", "BondInvtNo"), "gone")
    assert figures(office) == ("0", "0", "0", "0")


def test_whatever_order_receipts_go_out_in_figures_follow_the_authoritys_clock(office: Office) -> None:
    office.intake.conditions.speed = 1.0
    office.drop(Paper("ORDER-1", OUT, [row(quantity="1")]))
    office.drop(Paper("SLOW-1", OUT, [row(quantity="10")]))
    office.drop(Paper("DUP-1", OUT, [row(quantity="100")]))
    came = [name for name in office.work(60) if office.kinds([name]) == ["INV211"]]
    assert len(came) == 4
    by_time = sorted(came, key=lambda name: office.value(name, "formalVrfdedTime") or "")
    assert [told(office, name)[0][2] for name in by_time] == sorted(
        (str(told(office, name)[0][2]) for name in came), key=int
    )
    assert figures(office) == ("0", "111", "0", "0")


@pytest.mark.parametrize("moment", ["counted", "delivered"])
def test_a_kill_counts_nothing_twice(office: Office, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    real = getattr(Ledger, moment)

    def dying(ledger: Ledger, *args: Any) -> None:
        real(ledger, *args)
        if "INV211" in (args[0].kind,):
            raise KeyboardInterrupt

    office.drop(Paper("OK-1", OUT))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, moment, dying)
        with pytest.raises(KeyboardInterrupt):
            office.work()
    office.reopen()
    came = office.work()
    assert told(office, came[-1]) == [("7", "0", "100", "0", "0")]
    assert figures(office) == ("0", "100", "0", "0")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lines": ["7"]},
        {"lines": [{"in": "1"}]},
        {"lines": [{"line_no": 0}]},
        {"lines": [{"line_no": 7, "in": "many"}]},
        {"lines": [{"line_no": 7, "mark": "X"}]},
    ],
)
def test_an_opening_that_says_nothing(office: Office, body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        office.control.post(f"/books/{BOOK}/openings", body)
    assert lines(office) == {}
