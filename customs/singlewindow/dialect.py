"""Names of the envelope in both dialects, and which element of a message is which field of the catalogue.

Misspellings are the authority's own and are reproduced exactly (H).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal

from customs.documents.kinds import Kind
from customs.documents.sections import Section
from customs.documents.spellings import usual

Dialect = Literal["up", "down"]

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"

# Element order of EnvelopInfo: customs schema and uploads of three senders (H).
ENVELOPE_ELEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "version": "version",
        "business_id": "business_id",
        "message_id": "message_id",
        "file_name": "file_name",
        "message_type": "message_type",
        "sender_id": "sender_id",
        "receiver_id": "receiver_id",
        "send_time": "send_time",
        "Ic_Card": "card_no",
    }
)
"""Element → attribute of Envelope."""

ATTACHMENTS = "SasAcmpRLMessage"
"""Business element of the 随附单证 relation: how it travels is not known (L)."""

NOT_READ: Mapping[str, str] = MappingProxyType({ATTACHMENTS: "随附单证"})
"""Message types known to exist that are not read, with what they are called when one comes."""


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """The local name of an lxml tag: namespaces and prefixes vary between receipts (H)."""
    return tag.rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class SectionElements:
    """How one section is written: its element, and per element of a row the field and whether it is an integer."""

    section: Section
    element: str
    also: tuple[str, ...]
    """Other spellings of the section's element."""
    fields: Mapping[str, tuple[str, bool]]
    read_as: Mapping[str, tuple[str, bool]]
    """The same with every other spelling that reading takes."""
    order: tuple[str, ...]


@cache
def sections_by_element(kind: Kind, dialect: Dialect) -> Mapping[str, SectionElements]:
    """The sections of a kind that exist in this dialect, by element name, in the authority's order."""
    found: dict[str, SectionElements] = {}
    for section in kind.sections:
        element = section.up if dialect == "up" else section.down
        if element is None:
            continue
        specs = section.by_up if dialect == "up" else section.by_down
        fields = {name: (spec.name, spec.type == "integer") for name, spec in specs.items()}
        usually = usual(kind.upload_type) if dialect == "up" else {}
        others = {
            name: (spec.name, spec.type == "integer")
            for spec in section.fields.values()
            for name in spec.also
        }
        others |= {usually[name]: fields[name] for name in usually.keys() & fields.keys()}
        found[element] = SectionElements(
            section,
            element,
            (usually[element],) if element in usually else (),
            MappingProxyType(fields),
            MappingProxyType({**others, **fields}),
            tuple(section.fields),
        )
    return MappingProxyType(found)
