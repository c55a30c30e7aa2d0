"""Drafts of the page, as their owner gets them back."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer


class KeptDraft(Answer):
    """That there is one."""

    key: str
    kept_at: AwareDatetime


class KeptDrafts(Answer):
    """All of the caller, the newest first."""

    items: list[KeptDraft]


class PageDraft(KeptDraft):
    """With what was typed; nothing in it was checked."""

    content: Any = Field(description="As it was put")
