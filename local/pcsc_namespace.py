"""Becomes pcscd in namespaces of its own: `unshare --mount --net python -m local.pcsc_namespace RUN READERS [--watched]`.

RUN takes the place of /run/pcscd, so that the socket is found there and no other pcscd is disturbed. The virtual readers'
ports, which their driver opens on every address, are reached from this network alone. With --watched it ends with its parent.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

_SET_FLAGS, _UP = 0x8914, 0x1
_WHEN_THE_PARENT_DIES = 1


def main() -> None:
    """Does not return."""
    run, readers, *options = sys.argv[1:]
    if "--watched" in options:
        ctypes.CDLL(None).prctl(_WHEN_THE_PARENT_DIES, signal.SIGTERM)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
    Path("/run/pcscd").mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", run, "/run/pcscd"], check=True)
    os.execvp("pcscd", ["pcscd", "--foreground", "--config", readers])  # noqa: S606 - no shell on purpose


if __name__ == "__main__":
    main()
