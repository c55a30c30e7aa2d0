"""保税核注清单 (INV101): field catalogue and rules."""

from __future__ import annotations

from customs.documents.inventory.document import INVENTORY, Inventory

__all__ = ["INVENTORY", "Inventory"]
