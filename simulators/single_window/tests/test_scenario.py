"""The script file: what it decides, and what it says when it is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from simulators.single_window.scenario import ScriptError, read_script
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import form, gate_pass
from simulators.single_window.tests.test_rounds import later
from simulators.single_window.tests.uploads import Paper

SCRIPT = """
[[scenario]]
internal_no = "CASE-1"
kind = "gate_pass"
steps = [
    {receipt = "ACK", after_ms = 100},
    {receipt = "SAS221", result = "2"},
    {receipt = "SAS221", full = true, after_ms = 200},
    {receipt = "SAS223", at_gate = "first", twice = true},
    {receipt = "SAS224", result = "2", later_days = 2},
    {receipt = "SAS223", at_gate = "second"},
]

[[scenario]]
pattern = "AGAIN-\\\\d+"
times = 1
steps = [{receipt = "ACK"}, {receipt = "SAS201", result = "3", reasons = ["第1项数量不符"]}]

[[scenario]]
pattern = "AGAIN-.*"
round = "2"
outcome = "SILENT"

[[scenario]]
internal_no = "RET-7"
outcome = "OK"

[[opening]]
book_no = "T2389W000123"
line_no = 7
in = "1000"
out = 20
unit = "007"
"""


@pytest.fixture
def scripted(tmp_path: Path) -> Office:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, "utf-8")
    return Office(tmp_path, scenarios=read_script(path).scenarios)


def test_steps_come_as_they_stand(scripted: Office) -> None:
    came = scripted.send(gate_pass("CASE-1"))
    assert scripted.kinds(came) == [
        "Successed", "SAS221=2", "SAS221=1", "SAS223=1", "SAS223=1", "SAS224=2", "SAS223=1",
    ]  # fmt: skip
    assert [scripted.value(name, "stucd") for name in came[2:]] == ["1", "3", "3", "3", "4"]
    assert scripted.value(came[3], "message_id") == scripted.value(came[4], "message_id")
    assert (scripted.value(came[5], "manageDate") or "").startswith("2026-01-07")
    assert (scripted.value(came[6], "manageDate") or "").startswith("2026-01-07")


def test_another_kind_of_that_number_is_not_meant(scripted: Office) -> None:
    assert scripted.kinds(scripted.send(form("CASE-1"))) == ["Successed", "SAS201=1"]


def test_times_rounds_and_named_outcomes(scripted: Office) -> None:
    came = scripted.send(form("AGAIN-1"))
    assert scripted.reasons(came[1]) == ["第1项数量不符"]
    assert scripted.status("AGAIN-1") == "returned"
    again = form("AGAIN-1", SeqNo=scripted.seq_no("AGAIN-1"))
    assert scripted.kinds(scripted.send(again, "second")) == ["Successed", "SAS201=1"]
    change = later(scripted, form("AGAIN-1", {"ModfMarkcd": "1"}), "2", "SasDclNo")
    assert scripted.kinds(scripted.send(change, "third")) == ["Successed"]
    assert len(scripted.send(Paper("RET-7"))) == 5


def test_what_a_book_begins_with(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, "utf-8")
    (opening,) = read_script(path).openings
    assert (opening.line.book_no, opening.line.mark, opening.line.line_no) == ("T2389W000123", "I", 7)
    assert (opening.came, opening.went, opening.unit) == (Decimal(1000), Decimal(20), "007")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = ", "not TOML"),
        ("", "no [[scenario]]"),
        ("other = 1", "unknown key 'other'"),
        ('[[scenario]]\ninternal_no = "a"', "scenario 1: give either steps or outcome"),
        ('[[scenario]]\noutcome = "OK"', "scenario 1: give either internal_no or pattern"),
        ('[[scenario]]\ninternal_no = "a"\noutcome = "NO"', "scenario 1: no outcome 'NO'"),
        ("[[opening]]\nline_no = 7", "opening 1: a line has a book"),
        ('[[opening]]\nbook_no = "T1"\nline_no = 7\nincome = 1', "opening 1: line 7: unknown key 'income'"),
        (
            '[[opening]]\nbook_no = "T1"\nline_no = 7\nin = "x"',
            "opening 1: line 7: in and out must be numbers",
        ),
        ('[[scenario]]\npattern = "("\noutcome = "OK"', "scenario 1: pattern:"),
        ('[[scenario]]\ninternal_no = "a"\nkind = "boat"\nsteps = []', "scenario 1: no kind 'boat'"),
        ('[[scenario]]\ninternal_no = "a"\nround = "7"\nsteps = []', "round must be 1, 2 or 3"),
        ('[[scenario]]\ninternal_no = "a"\ntimes = 0\nsteps = []', "times must be"),
        ('[[scenario]]\ninternal_no = "a"\nsteps = [{}]', "step 1: no receipt ''"),
        ('[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "INV999"}]', "no receipt 'INV999'"),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS221", result = "9"}]',
            "SAS221 has no result '9'",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS223", at_gate = "third"}]',
            "SAS223 has no form 'third'",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS221", after_ms = -1}]',
            "after_ms must be a whole number",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS221", full = 1}]',
            "full must be true or false",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS221", after = 1}]',
            "step 1: unknown key 'after'",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nsteps = [{receipt = "SAS221"}, {receipt = "SAS201"}]',
            "no kind has all these receipts",
        ),
        (
            '[[scenario]]\ninternal_no = "a"\nkind = "vehicle"\nsteps = [{receipt = "SAS221"}]',
            "no receipt 'SAS221' here",
        ),
    ],
)
def test_a_wrong_script_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "script.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScriptError) as error:
        read_script(path)
    assert says in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot be read"):
        read_script(tmp_path / "none.toml")
