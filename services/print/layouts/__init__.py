"""The layouts. A new document kind is a file here and a line in LAYOUTS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.print.layouts.checking import checked
from services.print.layouts.inventory import INVENTORY
from services.print.layouts.parts import Layout

LAYOUTS: Mapping[str, Layout] = MappingProxyType({layout.kind: checked(layout) for layout in (INVENTORY,)})
"""Every layout by the code name of its kind."""
