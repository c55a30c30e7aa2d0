"""The renderer as a process: within its memory, replaced when it dies, killed when its work is no longer wanted."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import orjson
import pytest
from pypdf import PdfReader

from services.print.renderer import Order, Renderer, RenderFailed
from tests.unit.print.test_document import HEAD, goods

MOST_MEMORY_BYTES = 500 * 1024**2


@pytest.fixture(scope="module")
def fonts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@asynccontextmanager
async def renderer_of(folder: Path) -> AsyncIterator[Renderer]:
    renderer = Renderer(folder)
    try:
        yield renderer
    finally:
        await renderer.stop()


def order(path: Path, lines: int) -> Order:
    subject = orjson.dumps({"document": {"head": HEAD, "goods": goods(lines)}})
    return Order("inventory", "draft", date(2026, 1, 5), subject, path)


async def heed_not(_: int) -> None:
    pass


def peak_bytes(renderer: Renderer) -> int:
    assert renderer.process_id is not None
    status = Path(f"/proc/{renderer.process_id}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        await scenario()

    asyncio.run(all_of_it())


def test_three_thousand_lines_in_less_than_half_a_gigabyte(fonts_folder: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        told: list[int] = []

        async def hear(percent: int) -> None:
            told.append(percent)

        async with renderer_of(fonts_folder) as renderer:
            path = tmp_path / "big.pdf"
            pages = await renderer.render(order(path, 3000), hear)
            assert peak_bytes(renderer) < MOST_MEMORY_BYTES
        reader = PdfReader(path)
        assert len(reader.pages) == pages
        assert "MAT-03000" in reader.pages[pages - 1].extract_text() + reader.pages[pages - 2].extract_text()
        assert told == sorted(told)

    run(scenario)


def test_a_process_that_dies_fails_its_document_and_no_other(fonts_folder: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with renderer_of(fonts_folder) as renderer:
            await renderer.start()
            assert renderer.process_id is not None
            rendering = asyncio.create_task(renderer.render(order(tmp_path / "a.pdf", 3000), heed_not))
            await asyncio.sleep(0.3)
            os.kill(renderer.process_id, signal.SIGKILL)
            with pytest.raises(RenderFailed, match="renderer_ended"):
                await rendering
            assert await renderer.render(order(tmp_path / "b.pdf", 1), heed_not) == 1

    run(scenario)


def test_what_cannot_be_rendered_is_said_and_the_process_goes(fonts_folder: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with renderer_of(fonts_folder) as renderer:
            with pytest.raises(RenderFailed, match="FileNotFoundError"):
                await renderer.render(order(tmp_path / "no folder" / "a.pdf", 1), heed_not)
            assert await renderer.render(order(tmp_path / "a.pdf", 1), heed_not) == 1

    run(scenario)


def test_stopping_by_the_listener_ends_the_process_at_once(fonts_folder: Path, tmp_path: Path) -> None:
    class NoLongerWanted(Exception):
        pass

    async def refuse(_: int) -> None:
        raise NoLongerWanted

    async def scenario() -> None:
        async with renderer_of(fonts_folder) as renderer:
            await renderer.start()
            process_id = renderer.process_id
            with pytest.raises(NoLongerWanted):
                await renderer.render(order(tmp_path / "a.pdf", 3000), refuse)
            assert process_id is not None
            with pytest.raises(ProcessLookupError):
                os.kill(process_id, 0)
            assert not (tmp_path / "a.pdf").exists()

    run(scenario)


def test_a_process_is_replaced_after_its_share(fonts_folder: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with renderer_of(fonts_folder) as renderer:
            renderer.documents_a_process = 2
            seen = set()
            for _ in range(4):
                await renderer.start()
                seen.add(renderer.process_id)
                await renderer.render(order(tmp_path / "a.pdf", 1), heed_not)
            assert len(seen) == 2

    run(scenario)


def test_the_process_is_given_no_secrets(fonts_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONDGATE_DATABASE_URL", "postgresql://print_app:secret@127.0.0.1/print")

    async def scenario() -> None:
        async with renderer_of(fonts_folder) as renderer:
            await renderer.start()
            environment = Path(f"/proc/{renderer.process_id}/environ").read_bytes()
            assert b"PATH=" in environment
            assert b"secret" not in environment

    run(scenario)
