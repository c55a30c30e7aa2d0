"""The folder of objects: whole files or none, and nothing left of what was not wanted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path
from uuid import UUID

import pytest

from backbone.objects import (
    S3,
    Folder,
    Incoming,
    Intake,
    ObjectMissing,
    intake_of,
    key_of,
    store_of,
)
from backbone.refusals import Unavailable
from tests.support.files import object_settings

pytestmark = pytest.mark.anyio
TENANT = UUID("019bc3a0-0000-7000-8000-000000000001")


async def _read(store: Folder, key: str) -> bytes:
    return b"".join([piece async for piece in await store.open(key)])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_what_is_kept_is_read_back_under_its_hash(tmp_path: Path) -> None:
    settings = object_settings(data_dir=tmp_path)
    store, intake = store_of(settings), intake_of(settings)
    assert isinstance(store, Folder)
    async with intake.receive() as incoming:
        for _ in range(3):
            await incoming.write(b"x" * 100_000)
        content = b"x" * 300_000
        assert (incoming.size, incoming.sha256) == (300_000, hashlib.sha256(content).hexdigest())
        key = key_of(TENANT, incoming.sha256)
        await store.keep(key, incoming.path)
        await store.keep(key, incoming.path)
    assert await _read(store, key) == content
    assert _files(tmp_path) == [tmp_path / "objects" / str(TENANT) / incoming.sha256[:2] / incoming.sha256]


async def test_a_damaged_object_is_mended_by_the_same_file(tmp_path: Path) -> None:
    store, source = Folder(tmp_path / "objects"), tmp_path / "source"
    source.write_bytes(b"whole")
    await store.keep("t/aa/aa", source)
    (tmp_path / "objects/t/aa/aa").write_bytes(b"hole")
    await store.keep("t/aa/aa", source)
    assert await _read(store, "t/aa/aa") == b"whole"


async def test_many_at_once_keep_one(tmp_path: Path) -> None:
    store, source = Folder(tmp_path / "objects"), tmp_path / "source"
    source.write_bytes(b"z" * 1_000_000)
    await asyncio.gather(*(store.keep("t/bb/bb", source) for _ in range(8)))
    assert _files(tmp_path / "objects") == [tmp_path / "objects/t/bb/bb"]
    assert await _read(store, "t/bb/bb") == source.read_bytes()


async def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        await Folder(tmp_path).open("t/cc/cc")


async def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    intake = Intake(tmp_path)
    with pytest.raises(ConnectionError):
        async with intake.receive() as incoming:
            await incoming.write(b"half")
            raise ConnectionError
    assert _files(tmp_path) == []


async def test_what_a_killed_process_left_is_swept_and_the_rest_is_not(tmp_path: Path) -> None:
    old, young = tmp_path / "old", tmp_path / "young"
    for path in (old, young):
        path.write_bytes(b"half")
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    async with Intake(tmp_path).receive():
        assert not old.exists()
        assert young.exists()


async def test_a_disk_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Folder(tmp_path / "file")
    with pytest.raises(Unavailable):
        await store.keep("t/dd/dd", tmp_path / "file")
    with pytest.raises(Unavailable):
        async with Intake(tmp_path / "file").receive():
            pytest.fail("there is no folder")
    if Path("/dev/full").exists():
        with Path("/dev/full").open("wb", buffering=0) as full:
            incoming = Incoming(tmp_path / "f", full, hashlib.sha256())
            with pytest.raises(Unavailable):
                await incoming.write(b"x")


def test_settings_name_the_store_and_tell_no_secret(tmp_path: Path) -> None:
    settings = object_settings(
        data_dir=tmp_path,
        object_store_url="s3://bucket/prefix",
        object_store_endpoint="http://127.0.0.1:1",
        object_store_access_key_id="AKIDEXAMPLE",
        object_store_secret_access_key="hush-hush",
    )
    store = store_of(settings)
    assert isinstance(store, S3)
    for secret in ("AKIDEXAMPLE", "hush-hush"):
        assert secret not in repr(settings) + repr(store)


@pytest.mark.parametrize("url", ["file:///x", "bucket", "s3://", "s3://key:secret@bucket", "https://b/c"])
def test_other_addresses_are_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        object_settings(object_store_url=url)
