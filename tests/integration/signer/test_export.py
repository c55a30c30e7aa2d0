"""An export proves itself offline with the same command, shows only what was asked for, and shows every alteration."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from backbone.refusals import NotFound
from cli.app import app
from services.signer import reads
from services.signer.evidence import Statement
from tests.support.signer_bench import TENANT, Bench

pytestmark = pytest.mark.anyio
_CHAIN = f"chains/{TENANT}.jsonl"


def _verify(path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["evidence", "verify", str(path)])
    return result.exit_code, result.output


def _alter(folder: Path, number: int, **changes: Any) -> Path:
    """A copy in which one line says something else; a change to None takes the whole line out."""
    copy = folder.with_name(f"altered-{uuid4().hex}")
    shutil.copytree(folder, copy)
    lines = (copy / _CHAIN).read_text(encoding="utf-8").splitlines()
    if changes:
        lines[number - 1] = json.dumps({**json.loads(lines[number - 1]), **changes})
    else:
        del lines[number - 1]
    (copy / _CHAIN).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return copy


async def test_an_export_proves_itself_and_shows_every_alteration(bench: Bench, tmp_path: Path) -> None:
    for signing in ("none", "xmldsig-rsa-sha256", "none"):
        await bench.signing().do(await bench.declare(signing=signing))
    folder, packed = tmp_path / "evidence", tmp_path / "evidence.zip"
    assert await reads.exported(bench.pool, folder, UUID(TENANT)) == 3
    assert await reads.exported(bench.pool, packed, UUID(TENANT)) == 3
    for path in (folder, packed):
        status, told = _verify(path)
        assert (status, "3 links" in told) == (0, True)
    # Only the owner of the account may read what is in it.
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (packed, *folder.rglob("*")) if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        await reads.exported(bench.pool, folder, UUID(TENANT))
    with pytest.raises(NotFound):
        await reads.exported(bench.pool, tmp_path / "other", uuid4())

    second = json.loads((folder / _CHAIN).read_text(encoding="utf-8").splitlines()[1])
    for changes, fault in (
        ({"statement_base64": second["statement_base64"][4:]}, "statement_changed"),
        ({"signature_base64": second["signature_base64"][::-1]}, "signature_wrong"),
        ({"chain_hash": "1" * 64}, "statement_changed"),
        ({"beside": {**second["beside"], "mailbox": "card-9"}}, "mailbox_changed"),
        ({"certificate": "1" * 64}, "certificate_changed"),
        ({"message_certificate": None}, "message_certificate_changed"),
        ({"attempt_id": str(uuid4())}, "attempt_id_changed"),
    ):
        status, told = _verify(_alter(folder, 2, **changes))
        assert status == 1
        assert "link 2" in told
        assert fault in told
    status, told = _verify(_alter(folder, 2))
    assert (status, "position_broken" in told) == (1, True)
    status, told = _verify(_alter(folder, 3))
    assert (status, "links_missing" in told) == (1, True)
    for message in sorted((folder / "messages").iterdir()):
        copy = _alter(folder, 1, attempt_id=json.loads((folder / _CHAIN).open().readline())["attempt_id"])
        (copy / "messages" / message.name).write_bytes(message.read_bytes().replace(b"<", b" <", 1))
        status, told = _verify(copy)
        assert status == 1
        assert "released_changed" in told or "unsigned_changed" in told
    assert _verify(tmp_path)[0] == 1


async def test_only_what_is_asked_for_is_shown(bench: Bench, tmp_path: Path) -> None:
    jobs = [await bench.declare(document_id=str(uuid4()), internal_no=f"SECRET-{n}") for n in range(3)]
    for job in jobs:
        await bench.signing().do(job)
    attempt = jobs[1].dedupe_key

    def wanted(stated: Statement) -> bool:
        return stated["attempt_id"] == attempt

    packed = tmp_path / "one.zip"
    assert await reads.exported(bench.pool, packed, UUID(TENANT), wanted=wanted) == 1
    with zipfile.ZipFile(packed) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
        messages = [name for name in archive.namelist() if name.startswith("messages/")]
        links = [json.loads(line) for line in archive.read(_CHAIN).splitlines()]
    assert len(messages) == 1
    assert ["statement_base64" in link for link in links] == [False, True, False]
    assert b"SECRET-0" not in text
    assert b"SECRET-2" not in text
    status, told = _verify(packed)
    assert status == 0
    assert "3 links, 2 of them without their message" in told
