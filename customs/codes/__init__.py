"""Code tables (units, currencies, countries, modes …) as data, with edition and source."""

from __future__ import annotations

from customs.codes.loader import TABLES, Code, Table, table

__all__ = ["TABLES", "Code", "Table", "table"]
