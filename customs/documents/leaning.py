"""What a document leans on: other documents that must be approved, agree with it, and have something left for it.

A kind that leans says by which numbers and what must hold; whoever knows the other documents asks. A document that is not
known here (declared elsewhere, by another firm) cannot be looked at and is only named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from customs.documents.findings import Findings
from customs.documents.normal_form import Document


@dataclass(frozen=True, slots=True)
class Lean:
    """One document leaned on, by its kind and the number customs gave it (or its handle), and where that stands."""

    kind: str
    number: str
    section: str
    row: int | None
    field: str
    by: Literal["customs_no", "handle"] = "customs_no"
    relation: str = dataclasses.field(default="关联", compare=False)
    """What a clerk calls it: 依据, 载运, 集报, 车辆."""


@dataclass(frozen=True, slots=True)
class Known:
    """A document leaned on as it is known here; `others` lean on it too and are under way or approved."""

    lean: Lean
    state: str
    state_label: str
    approved: Document
    """The version customs agreed to, in normal form."""
    others: Sequence[Document]
    ending: str | None = None
    """The end that customs has been asked for (作废, 结案); nothing more may lean on the document, of whatever kind."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Fields of the head that a new document takes, where they were not typed, from an approved one of this handle."""

    kind: str
    by_field: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaning:
    """How documents of a kind lean on others."""

    leans: Callable[[Document], Sequence[Lean]]
    check: Callable[[Document, Sequence[Known], Findings], None]
    """Reports what does not hold, as problems or warnings at places of the document that leans."""
    takes: tuple[Taken, ...] = ()
