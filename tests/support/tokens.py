"""SoftHSM2, where the machine has it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def softhsm_or_skip() -> tuple[Path, str]:
    """The module and its tool; skips with the line that would install them."""
    module = next((Path(path) for path in _MODULES if Path(path).exists()), None)
    tool = shutil.which("softhsm2-util")
    if module is None or tool is None:
        pytest.skip("no SoftHSM2 here; as root: apt-get install -y softhsm2")
    return module, tool
