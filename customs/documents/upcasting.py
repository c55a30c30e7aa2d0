"""A document that was stored under an older catalogue, as the catalogue of today has it.

A kind whose fields were renamed, moved or split raises its `catalogue_version` and says in `upcasts` how a document of each
older version becomes one of the next. Nothing stored is rewritten: whoever reads asks here.
"""

from __future__ import annotations

from typing import cast

import orjson

from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject


def upcast(kind: Kind, document: JsonObject, version: int) -> JsonObject:
    """The document of catalogue `version` in the form of today's. One that is newer than ours is left as it is."""
    for older in range(version, kind.catalogue_version):
        document = kind.upcasts[older](document)
    return document


def upcast_text(kind: Kind, content: bytes, version: int) -> bytes:
    """The same of its JSON; of today's version the very bytes."""
    if version >= kind.catalogue_version:
        return content
    return orjson.dumps(upcast(kind, cast(JsonObject, orjson.loads(content)), version))
