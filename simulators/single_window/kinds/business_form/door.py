"""What the door checks in a SAS101 beyond the table."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.single_window.documents import ENDED
from simulators.single_window.form import Upload


def door(upload: Upload, declaring: bool) -> Iterator[str]:
    """申报序号 is unique within the form and within 料件/成品; a close is not looked at (M)."""
    if not declaring or upload.declaration_type == ENDED:
        return
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(upload.goods, 1):
        key = (row.get("MtpckEndprdTypecd", ""), row.get("SasDclSeqno", ""))
        if key in seen:
            yield f"表体第{number}条的申报序号[{key[1]}]重复"
        seen.add(key)
        # A logistics form into the area may bring rows the book does not have yet (M).
        if upload.head.get("DirectionTypecd") == "E" and not row.get("OriactGdsSeqno"):
            yield f"表体第{number}条缺少底账商品序号"
