"""What a document leans on: other documents that must be approved, agree with it, and have something left for it.

A kind that leans says by which numbers and what must hold; whoever knows the other documents asks. A document that is not
known here (declared elsewhere, by another firm) cannot be looked at and is only named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.documents.findings import Findings

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lean:
    """One document leaned on, by its kind and the number customs gave it, and where that number stands."""

    kind: str
    customs_no: str
    section: str
    row: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Known:
    """A document leaned on as it is known here; `others` lean on it too and are under way or approved."""

    lean: Lean
    state: str
    state_label: str
    approved: Document
    """The version customs agreed to, in normal form."""
    others: Sequence[Document]


@dataclass(frozen=True, slots=True)
class Leaning:
    """How documents of a kind lean on others."""

    leans: Callable[[Document], Sequence[Lean]]
    check: Callable[[Document, Sequence[Known], Findings], None]
    """Reports what does not hold, as problems or warnings at places of the document that leans."""
