"""One read model a file: which events it takes and the rows it makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.query.projections import documents, messages, timeline
from services.query.projections.view import View

VIEWS: Mapping[str, View] = MappingProxyType(
    {view.name: view for view in (documents.VIEW, timeline.VIEW, messages.VIEW)}
)
"""Every view by name; the table has the same name."""

__all__ = ["VIEWS", "View"]
