"""`./bondgate`: which environment it uses, when it makes one, and that it passes everything through."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import environment

TREE = Path(__file__).resolve().parents[3]
ECHO = '#!/bin/sh\necho "$@"\necho "in $PWD"\ncat\nexit 7\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with a blank in its name whose environment is complete; its Python tells how it was called."""
    root = tmp_path / "a tree"
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / "local").mkdir()
    shutil.copy(TREE / "bondgate", root)
    (root / "requirements.lock").write_text("one==1\n")
    (root / ".venv" / environment.STAMP).write_text("one==1\n")
    python = root / ".venv" / "bin" / "python"
    python.write_text(ECHO)
    python.chmod(0o755)
    return root


def launch(command: Path, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        input="from stdin",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_arguments_streams_status_and_folder_pass_through(tree: Path, tmp_path: Path) -> None:
    done = launch(tree / "bondgate", "message", "read", "a file.xml", cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout == f"-P -m cli message read a file.xml\nin {tmp_path}\nfrom stdin"
    assert done.stderr == ""


def test_it_works_through_links(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "absolute").symlink_to(tree / "bondgate")
    (tmp_path / "relative").symlink_to("absolute")
    assert launch(tmp_path / "relative", "up", cwd=tmp_path).stdout.startswith("-P -m cli up\n")


def test_a_changed_lock_file_makes_the_environment_anew(tree: Path, tmp_path: Path) -> None:
    (tree / "requirements.lock").write_text("one==2\n")
    (tree / "local" / "environment.py").write_text("import sys; print('making', sys.argv[1:]); sys.exit(3)")
    done = launch(tree / "bondgate", "up", cwd=tmp_path, BONDGATE_PYTHON=sys.executable)
    assert done.returncode == 3
    assert done.stderr == f"making ['{tree}']\n"
    assert done.stdout == "", "what a command prints must stay apart"


def test_without_python_one_line_says_so(tree: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tree / "requirements.lock").write_text("one==2\n")
    done = launch(tree / "bondgate", "up", cwd=tmp_path, PATH=str(tools), BONDGATE_PYTHON="")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11" in done.stderr


def test_a_lock_file_without_the_installer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("one==1\n")
    with pytest.raises(environment.CannotMake, match="uv"):
        environment._install_uv(tmp_path / ".venv", "one==1\n")


def test_the_installer_can_take_its_own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv locks `.venv/.lock`; a guard of ours on that file stalled the first start for five minutes."""
    (tmp_path / "requirements.lock").write_text("uv==1\n")
    taken: list[bool] = []

    def install(folder: Path, _what: object) -> None:
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken.append(True)

    monkeypatch.setattr(environment, "_create", lambda _folder: None)
    monkeypatch.setattr(environment, "_install_uv", install)
    monkeypatch.setattr(environment, "_synchronise", install)
    environment.make(tmp_path)
    assert taken == [True, True]
    assert (tmp_path / ".venv" / environment.STAMP).read_text() == "uv==1\n"
