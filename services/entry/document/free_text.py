"""What a person writes to explain something: kept in the database and told in events, so it must be carriable there."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

# What neither PostgreSQL nor XML 1.0 can keep.
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _carriable(text: str) -> str:
    if found := _UNCARRIABLE.search(text):
        raise PydanticCustomError("invalid_character", "control", {"codepoint": f"{ord(found[0]):04X}"})
    return text


FreeText = Annotated[str, AfterValidator(_carriable)]
"""For fields of small bodies."""
