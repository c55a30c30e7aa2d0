"""The platform's own folder of a site's mailbox, moved as an import client would: what is told of the site is done here.

Blocking calls, made in threads. Everything goes through handles, so that no name leads out of the mailbox.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from backbone.folder import Handles, is_file
from customs.singlewindow.folders import BOXES, BUSINESS_FOLDER
from services.submission.domain import Place

_MAILBOX = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MODE = 0o775


def make(exchange: Path, mailbox: str) -> None:
    """The folders of a mailbox that no import client makes. Raises OSError, ValueError."""
    with Handles() as handles:
        _boxes(handles, exchange, mailbox)


def put(exchange: Path, mailbox: str, file_name: str, place: Place) -> None:
    """The file stands there from now on; again it changes nothing. Raises OSError, ValueError.

    Where it is in no box any more an empty one takes its place: its bytes are kept elsewhere, its place is what counts.
    """
    with Handles() as handles:
        boxes = _boxes(handles, exchange, mailbox)
        target = boxes[place]
        if is_file(target, file_name):
            return
        try:
            os.rename(file_name, file_name, src_dir_fd=boxes[Place.OUTBOX], dst_dir_fd=target)
        except FileNotFoundError:
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            os.close(os.open(file_name, flags, 0o664, dir_fd=target))
        os.fsync(boxes[Place.OUTBOX])
        os.fsync(target)


def take_away(exchange: Path, mailbox: str, file_name: str) -> None:
    """The file is in no box: nobody knows where it is. Raises OSError, ValueError."""
    with Handles() as handles:
        outbox = _boxes(handles, exchange, mailbox)[Place.OUTBOX]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file_name, dir_fd=outbox)
        os.fsync(outbox)


def _boxes(handles: Handles, exchange: Path, mailbox: str) -> dict[str, int]:
    if not _MAILBOX.fullmatch(mailbox):
        raise ValueError("not a mailbox name")
    business = handles.made(handles.made(handles.root(exchange), mailbox, _MODE), BUSINESS_FOLDER, _MODE)
    return {name: handles.made(business, name, _MODE) for name in BOXES}
