"""Writing receipts, in the customs form: for scenario files, and to show that reading loses nothing.

Namespace and order: receipts of production (H). What was absent is left out; elements nobody knows are not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from customs.singlewindow.acknowledgement import ACKNOWLEDGEMENT_ELEMENTS, OLD_ELEMENTS, OLD_ROOT, is_old
from customs.singlewindow.dialect import XMLDSIG
from customs.singlewindow.forms import FORMS, kind_told
from customs.singlewindow.messages import ACKNOWLEDGEMENT, Receipt
from customs.singlewindow.receipt_forms import EXTRA_PARTS, ExtraRow, ReceiptForm
from customs.singlewindow.writing import (
    DECLARATION,
    UncomposableError,
    envelope_elements,
    leaf,
    packet_element,
    section_elements,
)


def write_receipt(receipt: Receipt) -> bytes:
    """The XML of an answer out of its body, reasons, envelope and packet. Raises UncomposableError."""
    result = _texts(receipt.body.get("result"))
    if receipt.message_type == ACKNOWLEDGEMENT:
        return _acknowledgement(result)
    form = FORMS[receipt.message_type]
    # The receipts of 核注清单 have a default namespace, those of the other documents none.
    namespace = f' xmlns="{XMLDSIG}"' if form.message_type.startswith("INV") else ""
    parts = [
        DECLARATION,
        f"<Package{namespace}>\n<EnvelopInfo>",
        envelope_elements(receipt.envelope),
        "</EnvelopInfo>\n<DataInfo>",
        packet_element(receipt.packet),
        f"<BussinessData>\n<{form.message_type}>\n",
        *_inner(form, receipt, result),
        f"</{form.message_type}>\n</BussinessData></DataInfo>\n</Package>\n",
    ]
    return "".join(parts).encode()


def _acknowledgement(result: Mapping[str, str]) -> bytes:
    old = is_old(result)
    root, elements = (OLD_ROOT, OLD_ELEMENTS) if old else (ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_ELEMENTS)
    return f"{DECLARATION}<{root}>\n{_leaves(elements, result)}</{root}>\n".encode()


def _inner(form: ReceiptForm, receipt: Receipt, result: Mapping[str, str]) -> Iterator[str]:
    if form.result_element and result:
        yield f"<{form.result_element}>{_leaves(form.result, result)}</{form.result_element}>\n"
    in_result = {result[name] for name in form.reason_fields if name in result}
    for reason in receipt.reasons:
        if reason not in in_result:
            yield f"<CheckInfo>{leaf('note', reason)}</CheckInfo>\n"
    document = receipt.body.get("document")
    if isinstance(document, dict):
        kind = kind_told(form.message_type, result)
        if kind is None:
            raise UncomposableError(f"{form.message_type} carries no document")
        yield from section_elements(kind, "down", document)
    for part in EXTRA_PARTS:
        rows = receipt.body.get(part)
        for row in rows if isinstance(rows, list) else []:
            texts = _texts(row)
            element = next((e for e, kind in form.extra_rows.items() if _fits(kind, part, texts)), None)
            if element is None:
                raise UncomposableError(f"{', '.join(sorted(texts))}: no row of {form.message_type}")
            yield f"<{element}>{_leaves(form.extra_rows[element].names, texts)}</{element}>\n"


def _fits(kind: ExtraRow, part: str, texts: Mapping[str, str]) -> bool:
    return kind.into == part and texts.keys() <= {*kind.names.values()}


def _leaves(elements: Mapping[str, str], values: Mapping[str, str]) -> str:
    if strange := values.keys() - {*elements.values()}:
        raise UncomposableError(f"{', '.join(sorted(strange))}: not told in this message")
    return "".join(leaf(element, values.get(name, "")) for element, name in elements.items())


def _texts(part: Any) -> dict[str, str]:
    return {name: str(value) for name, value in part.items()} if isinstance(part, dict) else {}
