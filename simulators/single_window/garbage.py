"""Files that have no business in an InBox: what a careful reader must survive."""

from __future__ import annotations

import zipfile
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from random import Random

from simulators.single_window import numbers, receipts
from simulators.single_window.clock import stamp14, stamp20
from simulators.single_window.documents import Document

BOMB_BYTES = 256 * 1024 * 1024


def junk(chance: Random, at: datetime) -> list[tuple[str, str, bytes]]:
    """Kind, file name and content of one of each: text, DOCTYPE, truncated, empty, zip bomb, for nobody."""
    foreign = Document(
        seq_no=f"{at.year:04d}{99_999_900_000_000 + chance.randrange(99_999):014d}",
        owner="",
        internal_no="",
        mailbox="",
        status="approved",
        customs_no=f"QD0000{at.year % 100:02d}I{numbers.digits(chance, 9)}",
    )
    told = receipts.Telling("4", at)
    write = receipts.Writer()
    made: list[tuple[str, str, bytes]] = []
    for kind in ("text", "doctype", "truncated", "empty", "bomb", "foreign"):
        message_id = numbers.customs_message_id(chance, stamp14(at))
        name = f"Receipt_{message_id}_{stamp20(at)}{numbers.digits(chance, 2)}"
        whole = write.package(
            receipts.Envelope(
                message_id,
                "INV201",
                at,
                packet=(f"{foreign.customs_no}-{0:032x}", 1, 1),
                namespace=receipts.XMLDSIG,
            ),
            receipts.result_block(write, foreign, told),
        )
        content = {
            "text": "这不是回执\x00\x01".encode("gbk"),
            "doctype": (
                b'<?xml version="1.0"?>\n<!DOCTYPE Package [<!ENTITY a "aaaaaaaaaa">'
                b'<!ENTITY b SYSTEM "file:///etc/hostname">]>\n<Package>&a;&b;</Package>\n'
            ),
            "truncated": whole[: len(whole) // 2],
            "empty": b"",
            "foreign": whole,
        }
        if kind == "bomb":
            made.append((kind, name + ".zip", bomb()))
        else:
            made.append((kind, name + ".INV", content[kind]))
    chance.shuffle(made)
    return made


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """A small ZIP whose only entry unpacks to BOMB_BYTES zero bytes."""
    packed = BytesIO()
    zeros = bytes(1024 * 1024)
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("bomb.xml", "w") as entry,
    ):
        for _ in range(BOMB_BYTES // len(zeros)):
            entry.write(zeros)
    return packed.getvalue()
