"""A document in normal form: an object of sections, a section an object or a list of rows, decimals as strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

Document = Mapping[str, Any]
"""One that is read."""
JsonObject = dict[str, JsonValue]
"""One that is being made, or a part of it."""
