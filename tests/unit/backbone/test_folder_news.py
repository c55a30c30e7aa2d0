"""The kernel's own word on real folders: what comes, whether it came whole, and what happens to the folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backbone import folder_news
from backbone.folder_news import FolderNews
from tests.support.patience import SECONDS as PATIENCE

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running(news: FolderNews) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(news.run(stop))
    await news.ready.wait()
    yield
    stop.set()
    await task


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str | None, bool]] = []
        self._came = asyncio.Event()

    def __call__(self, name: str | None, whole: bool) -> None:
        self.heard.append((name, whole))
        self._came.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._came.clear()
                await self._came.wait()


async def test_what_is_renamed_into_a_folder_is_whole_and_what_is_written_there_is_not(
    tmp_path: Path,
) -> None:
    news, ear = FolderNews(), Ear()
    folder = tmp_path / "box"
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    async with running(news):
        followed = news.follow(handle, ear, None)
        assert followed is not None
        assert news.follow(handle, ear, followed) is followed
        (folder / "written").write_bytes(b"x")
        (tmp_path / "elsewhere").write_bytes(b"y")
        (tmp_path / "elsewhere").rename(folder / "renamed")
        await ear.until(lambda: len(ear.heard) == 2)
        assert ear.heard == [("written", False), ("renamed", True)]
        news.leave(followed)
    os.close(handle)


async def test_another_folder_in_the_place_of_one_is_followed_instead(tmp_path: Path) -> None:
    news, ear = FolderNews(), Ear()
    folder = tmp_path / "box"
    folder.mkdir()
    first = os.open(folder, os.O_RDONLY)
    async with running(news):
        followed = news.follow(first, ear, None)
        folder.rename(tmp_path / "old")
        folder.mkdir()
        second = os.open(folder, os.O_RDONLY)
        instead = news.follow(second, ear, followed)
        assert instead is not None
        assert instead != followed
        (tmp_path / "old" / "a").write_bytes(b"x")
        (folder / "b").write_bytes(b"x")
        await ear.until(lambda: ("b", False) in ear.heard)
        assert ("a", False) not in ear.heard
    os.close(first)
    os.close(second)


async def test_a_folder_that_goes_is_told_and_no_longer_followed(tmp_path: Path) -> None:
    news, ear = FolderNews(), Ear()
    folder = tmp_path / "box"
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    async with running(news):
        followed = news.follow(handle, ear, None)
        os.close(handle)
        folder.rmdir()
        await ear.until(lambda: bool(ear.heard))
        assert ear.heard == [(None, False)]
        folder.mkdir()
        handle = os.open(folder, os.O_RDONLY)
        assert news.follow(handle, ear, followed) != followed
    os.close(handle)


@pytest.mark.parametrize(
    ("kind", "surely"),
    [("ext4", True), ("tmpfs", True), ("nfs4", False), ("cifs", False), ("fuse.sshfs", False)],
)
def test_only_local_file_systems_are_trusted_to_tell_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, surely: bool
) -> None:
    device = os.makedev(0, 99)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"36 21 0:99 / /exchange rw,noatime shared:1 master:2 - {kind} server:/share rw\n"
    )
    monkeypatch.setattr(folder_news, "_MOUNTS", mounts)
    assert folder_news._is_local(device) is surely
    assert folder_news._is_local(os.makedev(0, 98)) is False
