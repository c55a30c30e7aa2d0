"""Every receipt type there is: the forms of the kinds' own folders, and the 入库回执 all kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from customs.documents import KINDS
from customs.documents.kinds import Kind
from customs.singlewindow.dialect import NOT_READ
from customs.singlewindow.messages import RESEND_REQUEST
from customs.singlewindow.receipt_forms import ReceiptForm, Texts
from customs.singlewindow.stored import STORED_FORMS, kind_stored, stored_types


def _collected() -> dict[str, tuple[Kind | None, ReceiptForm]]:
    found: dict[str, tuple[Kind | None, ReceiptForm]] = {
        form.message_type: (None, form) for form in STORED_FORMS
    }
    for kind in KINDS.values():
        own: tuple[ReceiptForm, ...] = import_module(f"customs.singlewindow.{kind.name}").FORMS
        for form in own:
            if form.message_type in found:
                raise TypeError(f"{form.message_type} is described twice")
            found[form.message_type] = (kind, form)
    return found


_COLLECTED = _collected()
FORMS: Mapping[str, ReceiptForm] = MappingProxyType({name: form for name, (_, form) in _COLLECTED.items()})
"""Receipt type → its form."""
MESSAGE_TYPES = frozenset({RESEND_REQUEST, *FORMS, *NOT_READ, *(kind.upload_type for kind in KINDS.values())})
"""Every type that a package is known to carry."""


def receipt_types(kind: Kind) -> tuple[str, ...]:
    """The receipts that speak of this kind: the 入库回执 of its archive, then those of its own folder."""
    own = tuple(name for name, (owned_by, _) in _COLLECTED.items() if owned_by is kind)
    return (*stored_types(kind), *own)


def owner(message_type: str) -> Kind | None:
    """The kind whose folder describes this receipt type; None for a type that several share. Raises KeyError."""
    return _COLLECTED[message_type][0]


def kind_told(message_type: str, result: Texts) -> Kind | None:
    """The kind a receipt speaks of: by its type, or for a shared type by what its result part says."""
    return owner(message_type) or kind_stored(message_type, result)
