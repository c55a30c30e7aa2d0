"""A simulator on real folders, turned by hand under a clock turned by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
import structlog
import structlog.testing
from lxml import etree

from simulators.single_window.client import FolderClient
from simulators.single_window.control import Control
from simulators.single_window.documents import Document
from simulators.single_window.intake import Intake, OutcomeChoice
from simulators.single_window.ledger import Ledger
from simulators.single_window.scenario import Scenario
from simulators.single_window.tests.uploads import drop

START = datetime(2026, 1, 5, 1, 0, 0, 123456, tzinfo=UTC)


class Sheet(Protocol):
    """Anything that can be written and dropped."""

    internal_no: str

    def xml(self) -> bytes: ...


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def pass_(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Office:
    """One simulator and one mailbox. `reopen` forgets everything in memory, as a kill does."""

    def __init__(
        self,
        root: Path,
        *,
        seed: int = 1,
        speed: float = 0.0,
        prefixed: bool = False,
        strict_vehicles: bool = False,
        filled_signatures: bool = False,
        scenarios: tuple[Scenario, ...] = (),
    ) -> None:
        self.exchange = root / "exchange"
        self.sas = self.exchange / "card-1" / "Sas"
        self.sas.parent.mkdir(parents=True)
        self.state = root / "state"
        self.clock = HandClock()
        self.seed, self.speed, self.prefixed = seed, speed, prefixed
        self.strict_vehicles, self.scenarios = strict_vehicles, scenarios
        self.filled_signatures = filled_signatures
        self.arrived: list[str] = []
        self.ledger: Ledger | None = None
        self.reopen()
        self.client.turn()

    def reopen(self) -> None:
        if self.ledger is not None:
            self.ledger.close()
        self.ledger = Ledger(self.state)
        self.choice = OutcomeChoice(scenarios=self.scenarios)
        self.intake = Intake(
            self.ledger,
            self.choice,
            seed=self.seed,
            speed=self.speed,
            prefixed=self.prefixed,
            strict_vehicles=self.strict_vehicles,
            filled_signatures=self.filled_signatures,
        )
        self.client = FolderClient(self.exchange, self.ledger, self.intake, self.clock, speed=self.speed)
        self.control = Control(self.client, self.ledger, self.intake, self.choice, self.clock)

    def box(self, name: str) -> list[str]:
        return sorted(entry.name for entry in (self.sas / name).iterdir())

    def drop(self, paper: Sheet, stem: str | None = None) -> str:
        stem = stem or paper.internal_no
        drop(self.sas / "OutBox", stem, paper.xml())
        return stem

    def work(self, seconds: float = 1.0) -> list[str]:
        """Turns while `seconds` pass; the files that came into InBox meanwhile, in order."""
        before = len(self.arrived)
        for _ in range(max(1, round(seconds / 0.05))):
            # The log tells the order for certain; times of files are too coarse.
            with structlog.testing.capture_logs() as lines:
                self.client.turn()
            self.arrived += [line["file"] for line in lines if line["event"] == "answered"]
            self.clock.pass_(0.05)
        return self.arrived[before:]

    def send(self, paper: Sheet, stem: str | None = None, seconds: float = 1.0) -> list[str]:
        self.drop(paper, stem)
        return self.work(seconds)

    def text(self, name: str) -> str:
        return (self.sas / "InBox" / name).read_text("utf-8")

    def root(self, name: str) -> etree._Element:
        return etree.fromstring((self.sas / "InBox" / name).read_bytes())

    def value(self, name: str, local: str) -> str | None:
        """Text of the first element of that local name."""
        found = self.root(name).xpath(f"//*[local-name()='{local}']/text()")
        assert isinstance(found, list)
        return str(found[0]) if found else None

    def kinds(self, names: list[str]) -> list[str]:
        """What each file is: acknowledgement, or message type and result."""
        said = []
        for name in names:
            if not name.startswith("Receipt_"):
                said.append(name.split("_")[0])
                continue
            kind = self.value(name, "message_type") or ""
            result = self.value(name, "manageResult")
            said.append(kind + (f"={result}" if result else ""))
        return said

    def document(self, internal_no: str) -> Document:
        assert self.ledger is not None
        return self.ledger.documents_named(internal_no)[0]

    def seq_no(self, internal_no: str) -> str:
        return self.document(internal_no).seq_no

    def customs_no(self, internal_no: str) -> str:
        return self.document(internal_no).customs_no

    def status(self, internal_no: str) -> str:
        return self.document(internal_no).status

    def reasons(self, name: str) -> list[str]:
        """The CheckInfo notes of a receipt."""
        return [str(e.text) for e in self.root(name).iter("{*}note")]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    assert office.ledger is not None
    office.ledger.close()
