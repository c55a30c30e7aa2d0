"""The folders of an import client, and how a file that comes in is seen to be whole. Pure; who touches them is elsewhere."""

from __future__ import annotations

import re

BUSINESS_FOLDER = "Sas"
BOXES = ("OutBox", "SentBox", "FailBox", "InBox")
TAIL_BYTES = 256

_UNFINISHED = re.compile(r"(^[.~])|(\.(tmp|temp|part|partial|writing|filepart|crdownload)$)", re.IGNORECASE)
_LAST_TAG = re.compile(rb"</(?:[\w.-]+:)?(?:Package|Signature|CommonResponeMessage|Root)\s*>\s*\Z")


def is_unfinished(name: str) -> bool:
    """Whether the client is still writing it, by its name."""
    return _UNFINISHED.search(name) is not None


def ends_well(begin: bytes, tail: bytes) -> bool:
    """Whether a file ends like a message or a ZIP; what breaks off may still be growing.

    `begin` are its first bytes, `tail` its last TAIL_BYTES.
    """
    whole = _LAST_TAG.search(tail.replace(b"\x00", b"")) is not None
    return whole or (begin[:2] == b"PK" and b"PK\x05\x06" in tail)
