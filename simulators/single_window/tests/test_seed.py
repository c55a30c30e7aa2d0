"""The same seed gives the same answers, whatever the order of arrival."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from simulators.single_window import numbers
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import form, gate_pass, two_step_pass, vehicle
from simulators.single_window.tests.uploads import Paper

NUMBERS = ("OK-1", "DUP-1", "SPLIT-1", "GARBAGE-1", "ORDER-1", "RET-1", "DOOR-1")


def contents(
    root: Path, seed: int, numbers: tuple[str, ...] = NUMBERS, speed: float = 1.0
) -> dict[str, bytes]:
    office = Office(root, seed=seed, speed=speed)
    for number in numbers:
        office.drop(Paper(number, goods=[{}] * 4))
    # One turn for the take: every upload meets the same moment.
    office.client.turn()
    office.work(40)
    return {entry.name: entry.read_bytes() for entry in (office.sas / "InBox").iterdir()}


def test_same_seed_same_files(tmp_path: Path) -> None:
    first = contents(tmp_path / "a", 7)
    assert len(first) > 30
    assert contents(tmp_path / "b", 7, tuple(reversed(NUMBERS))) == first


def test_same_seed_same_files_for_every_kind(tmp_path: Path) -> None:
    def made(root: Path, turned: bool) -> dict[str, bytes]:
        office = Office(root, seed=7, speed=1.0)
        papers = [
            form("OK-1"),
            gate_pass("OK-1"),
            gate_pass("GATE2-1"),
            vehicle("DUP-1"),
            two_step_pass("OK-1"),
        ]
        for number, paper in reversed([*enumerate(papers)]) if turned else enumerate(papers):
            office.drop(paper, f"s{number}")
        office.client.turn()
        office.work(30)
        return {entry.name: entry.read_bytes() for entry in (office.sas / "InBox").iterdir()}

    first = made(tmp_path / "a", False)
    assert len(first) == 2 + 3 + 4 + 4 + 3
    assert made(tmp_path / "b", True) == first


def test_another_seed_gives_other_numbers(tmp_path: Path) -> None:
    assert set(contents(tmp_path / "a", 7)).isdisjoint(contents(tmp_path / "b", 8))


def test_the_speed_changes_times_and_nothing_else(tmp_path: Path) -> None:
    def given(root: Path, speed: float) -> set[str | None]:
        office = Office(root, speed=speed)
        came = office.send(Paper("OK-1"), seconds=20)
        return {office.value(came[3], n) for n in ("invPreentNo", "businessId", "entrySeqNo")}

    assert given(tmp_path / "a", 0.0) == given(tmp_path / "b", 2.0)


def test_a_number_in_use_is_stepped_over_even_at_the_end() -> None:
    used = {"8", "9", "0"}
    assert numbers.free_number(8, 10, str, used.__contains__) == "1"
    with pytest.raises(RuntimeError):
        numbers.free_number(0, 3, str, lambda _: True)


def test_the_authoritys_numbers_have_their_form() -> None:
    def fresh() -> Random:
        return numbers.stream(1, "x")

    first = numbers.seq_no(fresh(), 2026, lambda _: False)
    second = numbers.seq_no(fresh(), 2026, {first}.__contains__)
    assert int(second) == int(first) + 1
    assert re.fullmatch(r"2026\d{14}", first)
    assert re.fullmatch(r"QD310526E\d{9}", numbers.numbered(fresh(), "QD310526E", 9, lambda _: False))
    assert re.fullmatch(
        r"Z3105I260105T\d{11}", numbers.numbered(fresh(), "Z3105I260105T", 11, lambda _: False)
    )
    assert re.fullmatch(r"I2026\d{13}", numbers.entry_seq_no(fresh(), 2026, "I"))
