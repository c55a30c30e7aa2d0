"""A PC/SC daemon of our own with virtual readers (vsmartcard's vpcd), beside any that the machine has.

It runs in namespaces of its own (`local.pcsc_namespace`): its socket stands in a folder of ours, to which PCSCLITE_CSOCK_NAME
sends a client, and the ports of its readers are reached only by a card that enters its network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
INSTALL = "apt-get install -y pcscd vsmartcard-vpcd libpcsclite-dev swig gcc pkg-config && make cards"
"""What a machine lacks, in one line."""
_SECONDS = 60.0
_UNSHARE = ("unshare", "--mount", "--propagation", "private", "--net")


class CannotStart(Exception):
    """The daemon cannot run here; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class VirtualReader:
    """Two slots; the driver waits for the card of the first at `port`, of the second at the port after it."""

    name: str
    port: int = 0x8C7B


def missing() -> str | None:
    """Why no virtual card can be used on this machine, with the line that would change it; None when one can."""
    if not sys.platform.startswith("linux"):
        return "virtual readers need Linux"
    lacking = [name for name in ("pcscd", "unshare") if shutil.which(name, path=_PATH) is None]
    if not DRIVER.exists():
        lacking.append("vsmartcard-vpcd")
    try:
        import smartcard.scard  # noqa: F401 - only whether it is there
    except ImportError:
        lacking.append("pyscard")
    if lacking:
        return f"no {', '.join(lacking)} here; as root: {INSTALL}"
    done = subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False)
    return None if done.returncode == 0 else "unshare is refused here; it needs root"


_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


class PcscDaemon:
    """Owns one pcscd. `home` is a folder of its own with a short path: a socket's name has at most 107 bytes.

    With `watched` it ends when the thread that started it ends, however.
    """

    def __init__(self, home: Path, *, watched: bool = False) -> None:
        self._home = home
        self._watched = watched
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """For PCSCLITE_CSOCK_NAME."""
        return self._home / "run" / "pcscd.comm"

    @property
    def process_id(self) -> int:
        """Of the daemon, whose network a card must enter."""
        assert self._process is not None
        return self._process.pid

    def set_readers(self, readers: Sequence[VirtualReader]) -> None:
        """What the next start finds; the daemon takes none away while it runs."""
        folder = self._home / "readers"
        folder.mkdir(parents=True, exist_ok=True)
        entries = []
        for number, one in enumerate(readers):
            # The driver keeps its slots in variables of the library: each reader gets a copy of it.
            driver = self._home / f"driver-{number}.so"
            if not driver.exists():
                shutil.copy(DRIVER, driver)
            entries.append(
                f'FRIENDLYNAME "{one.name}"\nDEVICENAME /dev/null:{one.port}\nLIBPATH {driver}\nCHANNELID {one.port}\n'
            )
        draft = self._home / "readers.draft"
        draft.write_text("\n".join(entries), encoding="ascii")
        draft.replace(folder / "virtual")

    def start(self) -> None:
        """Raises CannotStart."""
        run = self._home / "run"
        run.mkdir(parents=True, exist_ok=True)
        for left in run.iterdir():
            left.unlink()
        with (self._home / "pcscd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_UNSHARE, sys.executable, "-P", "-m", "local.pcsc_namespace", *self._arguments(run)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": _PATH, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
                start_new_session=True,
            )
        until = time.monotonic() + _SECONDS
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                said = (self._home / "pcscd.log").read_text(encoding="utf-8", errors="replace").strip()
                raise CannotStart(f"pcscd does not start: {said[-300:]}")
            time.sleep(0.05)

    def _arguments(self, run: Path) -> tuple[str | Path, ...]:
        return run, self._home / "readers", *(("--watched",) if self._watched else ())

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
