"""入库回执, the same for every kind: INV200 and SAS200 say whether customs stored a packet, and of which archive."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.events.receipts import Outcome
from customs.documents import KINDS
from customs.documents.kinds import Kind
from customs.singlewindow.receipt_forms import STORED_PACKET, ReceiptForm, Texts

STORAGE: Mapping[str, Outcome] = MappingProxyType({"1": "stored", "2": "store_failed"})
# resutType of the schema of 2017 (M). Books, write-offs and consumption lists (1, 2, 3, 5, 6) are no documents here.
ARCHIVES: Mapping[str, str] = MappingProxyType(
    {"4": "INV101", "7": "SAS101", "8": "SAS111", "9": "SAS121", "10": "SAS131"}
)
"""Archive → the upload whose packet was stored."""
_ARCHIVE_IF_UNTOLD: Mapping[str, str] = MappingProxyType({"INV200": "4"})


def storage(result: Texts, _: Texts) -> tuple[str, Outcome]:
    """Whether customs stored the packet."""
    code = result.get("result", "")
    return code, STORAGE.get(code, "other")


STORED_FORMS: tuple[ReceiptForm, ...] = tuple(
    ReceiptForm(name, storage, "MsgReceResult", STORED_PACKET, reason_fields=("remark",))
    for name in ("INV200", "SAS200")
)


def kind_stored(message_type: str, result: Texts) -> Kind | None:
    """The kind a 入库回执 speaks of; None where its archive is none of ours."""
    archive = result.get("archive", _ARCHIVE_IF_UNTOLD.get(message_type, ""))
    upload = ARCHIVES.get(archive)
    return next((kind for kind in KINDS.values() if kind.upload_type == upload), None)
