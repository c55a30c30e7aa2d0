"""底账: what the number of a 手册 or 账册 tells about it."""

from __future__ import annotations

from customs.documents.conditions import Condition, like


def is_logistics_book(book_no: str) -> bool:
    """物流账册: letter T with W or D in place 6, or letter L. Shapes: entry page and production books (H, L book M)."""
    return book_no[:1] == "L" or (book_no[:1] == "T" and book_no[5:6] in ("W", "D"))


def under_logistics_book(field: str) -> Condition:
    """The same as a condition on a field of the document."""
    return like(field, "L|T.{4}[WD]", "是物流账册")
