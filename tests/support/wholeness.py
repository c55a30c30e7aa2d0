"""A platform made whole again, whatever a test stopped, held or paused and then failed over."""

from __future__ import annotations

import contextlib

from local.keeper import hold_path
from local.platform import DidNotStart, NotRunning, Platform

_SERVES_SECONDS = 180
_ANEW_SECONDS = 300


def make_whole(platform: Platform) -> None:
    """Every program serves: all are let go before any is waited for, and where that is not enough all start anew."""
    for program in platform.status(measure=False).programs:
        hold_path(platform.home, program.name).unlink(missing_ok=True)
        with contextlib.suppress(NotRunning):
            platform.resume(program.name)
    try:
        platform.wait_ready(seconds=_SERVES_SECONDS)
    except (DidNotStart, NotRunning) as late:
        print(f"the platform starts anew: {late}")
        platform.stop()
        platform.start(seconds=_ANEW_SECONDS)
