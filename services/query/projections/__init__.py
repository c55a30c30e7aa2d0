"""One read model a file: which events it takes and the rows it makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.query.projections import (
    code_editions,
    contents,
    documents,
    messages,
    relations,
    searchable,
    timeline,
)
from services.query.projections.view import View

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        each.VIEW.name: each.VIEW
        for each in (documents, timeline, messages, searchable, relations, contents, code_editions)
    }
)
"""Every view by name; the table has the same name."""

__all__ = ["VIEWS", "View"]
