"""What the kernel tells of SentBox and FailBox is enough: nothing here is looked for by the clock."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.integration.submission import delivering_process
from tests.integration.submission.delivering_process import Order
from tests.integration.submission.scene import Scene
from tests.support.infrastructure import Servers


@pytest.mark.parametrize("at_once", [True, False])
def test_a_file_that_is_taken_is_told_of(servers: Servers, tmp_path: Path, at_once: bool) -> None:
    """Also by a client that takes it before its delivery is noted."""
    scene = Scene(servers.database("submission"), tmp_path)
    for _ in range(3):
        scene.sign()
    gone = threading.Event()

    def take() -> None:
        taken = 0
        while taken < 3 and not gone.is_set():
            for file in scene.box("OutBox").glob("*.zip"):
                if not at_once:
                    time.sleep(0.3)
                file.rename(scene.box("SentBox") / file.name)
                taken += 1
            time.sleep(0.001)

    client = threading.Thread(target=take)
    client.start()
    try:
        order = Order(scene.database.worker_dsn, tmp_path, files=3, grace_seconds=3600, told=True)
        assert delivering_process.run(order) == 0
    finally:
        gone.set()
        client.join()
