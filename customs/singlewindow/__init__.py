"""The authority's messages: compose and sign uploads, read uploads and receipts. Pure functions, no IO.

compose(kind, document, *, route, declare_flag, message_id, send_time, file_name, seq_no=, customs_no=,
        change_count=, business_id=) -> bytes          upload XML out of a declared document
write(message) -> bytes                                 the same from an Upload or ResendRequest (envelope as it stands)
compose_resend(*, seq_no, customs_no=, route, message_id, send_time, file_name) -> bytes      INV141
write_receipt(receipt) -> bytes                         an answer in the customs form, for scenario files
sign(message, *, algorithm, key_name, signer, certificate=) -> bytes      fills the skeleton: real enveloping XMLDSig
verify(message, key) -> Signed                          raises SignatureInvalidError
web_entry_text(kind, document) -> str                   what the web entry signs; raises WebEntryUnknown
read(data, *, keep_empty=False) -> Upload | ResendRequest | Receipt     any message; raises UnreadableError (code, text)
read_upload(data) / read_receipt(data)                  the same, refusing the other direction
join_packets(receipts) -> Receipt                       parts of a split receipt, in any order
pack(stem, xml) -> bytes / unpack(data, stem=) -> Unpacked      the ZIP around an upload, with bounds
as_json(message) -> JsonObject / from_json(value) -> Message     the stable JSON of `message read` and `message write`
"""

from __future__ import annotations

from contracts.events.receipts import Outcome
from customs.singlewindow.compose import compose, write
from customs.singlewindow.faults import FAULT_TEXTS, UnreadableError
from customs.singlewindow.messages import (
    ACKNOWLEDGEMENT,
    RESEND_REQUEST,
    DeclareFlag,
    Envelope,
    Message,
    Packet,
    Receipt,
    ResendRequest,
    UnknownElement,
    Upload,
)
from customs.singlewindow.normal_json import as_json, from_json
from customs.singlewindow.packets import join_packets
from customs.singlewindow.parcel import MAX_ZIP_BYTES, Unpacked, is_zip, pack, unpack
from customs.singlewindow.reading import read, read_receipt, read_upload
from customs.singlewindow.resend import compose_resend
from customs.singlewindow.safe_xml import MAX_XML_BYTES, readable
from customs.singlewindow.signature import Algorithm, SignatureInvalidError, Signed, sign, verify
from customs.singlewindow.web_entry import WebEntryUnknown, web_entry_text
from customs.singlewindow.write_receipt import write_receipt
from customs.singlewindow.writing import UncomposableError

__all__ = [
    "ACKNOWLEDGEMENT",
    "FAULT_TEXTS",
    "MAX_XML_BYTES",
    "MAX_ZIP_BYTES",
    "RESEND_REQUEST",
    "Algorithm",
    "DeclareFlag",
    "Envelope",
    "Message",
    "Outcome",
    "Packet",
    "Receipt",
    "ResendRequest",
    "SignatureInvalidError",
    "Signed",
    "UncomposableError",
    "UnknownElement",
    "Unpacked",
    "UnreadableError",
    "Upload",
    "WebEntryUnknown",
    "as_json",
    "compose",
    "compose_resend",
    "from_json",
    "is_zip",
    "join_packets",
    "pack",
    "read",
    "read_receipt",
    "read_upload",
    "readable",
    "sign",
    "unpack",
    "verify",
    "web_entry_text",
    "write",
    "write_receipt",
]
