"""Make `.venv` hold exactly what requirements.lock pins. Run by the launcher with a bare Python, so only its standard library.

python local/environment.py TREE [--cards]
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

STAMP = "requirements.lock"
"""Copy of the lock file inside the environment, written last: equal means complete."""


class CannotMake(Exception):
    """The environment cannot be made; the text says what to do."""


def make(tree: Path) -> None:
    """Create or bring up to date. Several callers at once wait for one another. Raises CannotMake."""
    lock_file, folder = tree / "requirements.lock", tree / ".venv"
    try:
        folder.mkdir(exist_ok=True)
        guard = (folder / ".making").open("w")  # `.lock` is the name uv itself locks
    except OSError as error:
        raise CannotMake(f"cannot write to {folder}: {error.strerror}") from error
    with guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        wanted = lock_file.read_bytes()
        stamp = folder / STAMP
        if stamp.exists() and stamp.read_bytes() == wanted and _works(folder):
            return
        stamp.unlink(missing_ok=True)
        started = time.monotonic()
        _say("making the Python environment from requirements.lock (once; later starts skip this)")
        if not _works(folder):
            _create(folder)
        _install_uv(folder, wanted.decode())
        _synchronise(folder, lock_file)
        draft = folder / f".{STAMP}"
        draft.write_bytes(wanted)
        draft.replace(stamp)
        _say(f"environment ready after {time.monotonic() - started:.0f} s")


def what_cards_lack() -> str | None:
    """What building the library of PC/SC readers takes and this machine has not; None when it has all."""
    if sys.platform != "linux":
        return None  # wheels, or the system's own PC/SC
    headers = any(
        Path(folder, "PCSC", "winscard.h").exists() for folder in ("/usr/include", "/usr/local/include")
    )
    lacking = [name for name in ("swig", "gcc", "pkg-config") if shutil.which(name) is None]
    lacking += [] if headers else ["libpcsclite-dev"]
    return None if not lacking else f"no {', '.join(lacking)}; as root: apt-get install -y {_CARD_PACKAGES}"


_CARD_PACKAGES = "pcscd vsmartcard-vpcd libpcsclite-dev swig gcc pkg-config softhsm2"


def add_cards(tree: Path) -> None:
    """Beside what requirements.lock pins. Raises CannotMake."""
    uv, python = (tree / ".venv" / "bin" / name for name in ("uv", "python"))
    command: list[str | Path] = [uv, "pip", "install", "--require-hashes", "--python", python]
    _run([*command, "-r", tree / "requirements-cards.lock"], "the library of PC/SC readers (pyscard)")


def _works(folder: Path) -> bool:
    """A moved tree or an upgraded Python leaves an environment whose interpreter no longer starts."""
    python = folder / "bin" / "python"
    check = "import sys; sys.exit(sys.prefix != sys.argv[1])"
    try:
        return subprocess.run([python, "-c", check, folder], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _create(folder: Path) -> None:
    for name in ("bin", "lib", "lib64", "include", "pyvenv.cfg"):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        text = done.stdout + done.stderr
        if "ensurepip" in text:
            raise CannotMake(
                f"{sys.executable} comes without its venv module; on Debian and Ubuntu: "
                f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv"
            )
        raise CannotMake(f"python -m venv failed: {text.strip()[-300:]}")


def _install_uv(folder: Path, lock: str) -> None:
    """The installer itself comes by the lock file's hashes too."""
    lines = lock.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("uv==")), None)
    if start is None:
        raise CannotMake("requirements.lock pins no uv")
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines[start:end]) + "\n")
        file.flush()
        arguments = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        _run([folder / "bin" / "python", "-m", "pip", *arguments, "-r", file.name], "the installer (uv)")


def _synchronise(folder: Path, lock_file: Path) -> None:
    python = folder / "bin" / "python"
    _run(
        [folder / "bin" / "uv", "pip", "sync", "--require-hashes", "--python", python, lock_file],
        "the packages of requirements.lock",
    )
    if what_cards_lack() is None:
        try:
            add_cards(folder.parent)
        except CannotMake as refusal:
            _say(f"without PC/SC readers: {refusal}")


def _run(command: Sequence[str | Path], what: str) -> None:
    """Progress goes to the terminal when there is one; otherwise only a failure shows its last words."""
    quiet = not sys.stderr.isatty()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=quiet, text=True, check=False
    )
    if done.returncode != 0:
        words = (done.stderr or done.stdout or "").strip() if quiet else ""
        last = f" ({words.splitlines()[-1][:200]})" if words else ""
        raise CannotMake(
            f"cannot install {what}{last}: the first start needs the package index once; run the same command again"
        )


def _say(text: str) -> None:
    print(f"bondgate: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    try:
        if "--cards" in arguments[1:]:
            if (lacking := what_cards_lack()) is not None:
                raise CannotMake(lacking)
            add_cards(Path(arguments[0]))
        else:
            make(Path(arguments[0]))
    except CannotMake as refusal:
        _say(str(refusal))
        return 1
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            _say("stopped; the next start goes on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
