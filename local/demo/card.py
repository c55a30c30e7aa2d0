"""The project's virtual card in a virtual reader of a real pcscd, for as long as the demo plays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import pcsc_daemon
from local.demo.broker_desk import SigningCard, firm
from local.pcsc_daemon import CannotStart, PcscDaemon, VirtualReader
from simulators.card.issuing import Person, issue
from simulators.card.machine import Card
from simulators.card.reader_link import Slot

_NUMBER, _PIN = "2100000000002", "88888888"
SIMULATOR_ARGUMENTS = ("--filled-signatures",)
"""The import client takes no filled signature; the demo's does, and checks it."""


@dataclass(frozen=True)
class CardInReader:
    """`environment` adds settings to programs of the platform, by name."""

    card: SigningCard
    environment: Mapping[str, Mapping[str, str]]


@contextmanager
def virtual_card_in_reader() -> Iterator[CardInReader]:
    """The card of the demo's firm, with a key of this run. Raises CannotStart, with what to install."""
    if (reason := pcsc_daemon.missing()) is not None:
        raise CannotStart(reason)
    declaring = firm()
    person = Person(
        card_no=_NUMBER,
        holder="示例操作员",
        firm_name=declaring["declaring_name"],
        firm_code=declaring["declaring_code"],
        firm_credit_code=declaring["declaring_uscc"],
    )
    # A socket's name must be short: the installation's folder may have a long one.
    with tempfile.TemporaryDirectory(prefix="bondgate-card-") as folder:
        daemon = PcscDaemon(Path(folder), watched=True)
        reader = VirtualReader("Bondgate demo")
        daemon.set_readers([reader])
        media = Path(folder) / "readers.toml"
        media.write_text(_media(daemon), encoding="utf-8")
        try:
            daemon.start()
            slot = Slot(reader.port, daemon.process_id)
            slot.insert(Card(issue(person, "rsa-sha256"), _PIN))
            try:
                yield CardInReader(SigningCard(_NUMBER, _PIN), {"signer": {"BONDGATE_READERS": str(media)}})
            finally:
                slot.pull()
        finally:
            daemon.stop()


def _media(daemon: PcscDaemon) -> str:
    """The first slot of the reader; there is no card in the other."""
    socket = json.dumps(str(daemon.socket))
    return (
        f'[[medium]]\nkind = "pcsc"\nreaders = "00 00$"\nenvironment = {{ PCSCLITE_CSOCK_NAME = {socket} }}\n'
    )
