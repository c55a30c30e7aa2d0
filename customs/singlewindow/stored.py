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
ARCHIVES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "INV200": {"4": "INV101"},
        "SAS200": {"7": "SAS101", "8": "SAS111", "9": "SAS121", "10": "SAS131"},
    }
)
"""入库回执 → archive → the upload whose packet was stored."""
_UPLOADS = {archive: upload for told in ARCHIVES.values() for archive, upload in told.items()}


def storage(result: Texts, _: Texts) -> tuple[str, Outcome]:
    """Whether customs stored the packet."""
    code = result.get("result", "")
    return code, STORAGE.get(code, "other")


def _form(message_type: str, label: str) -> ReceiptForm:
    return ReceiptForm(
        message_type, label, storage, "MsgReceResult", STORED_PACKET, reason_fields=("remark",)
    )


STORED_FORMS: tuple[ReceiptForm, ...] = (_form("INV200", "核注清单入库回执"), _form("SAS200", "入库回执"))


def stored_types(kind: Kind) -> tuple[str, ...]:
    """The 入库回执 that can speak of this kind."""
    return tuple(name for name, told in ARCHIVES.items() if kind.upload_type in told.values())


def kind_stored(message_type: str, result: Texts) -> Kind | None:
    """The kind a 入库回执 speaks of; None where its archive is untold and not the only one, or none of ours."""
    archive = result.get("archive")
    if archive is None and len(ARCHIVES[message_type]) == 1:
        (archive,) = ARCHIVES[message_type]
    upload = _UPLOADS.get(archive or "")
    return next((kind for kind in KINDS.values() if kind.upload_type == upload), None)
